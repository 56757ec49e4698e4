using System.Buffers.Binary;
using System.Globalization;
using System.Net;

namespace Tcg.Mttcg.Machine.Net.Packets;

/// <summary>An IPv4 address in host byte order: 10.0.2.2 is 0x0a000202.</summary>
public readonly record struct Ipv4Address(uint Value)
{
    public static readonly Ipv4Address Any = new(0), Broadcast = new(uint.MaxValue), Loopback = new(0x7f000001);

    public bool IsLoopback => Value >> 24 == 127;

    /// <summary>Can be the other end of a conversation: not 0/8, 127/8, multicast, reserved or broadcast.</summary>
    public bool IsOrdinary => Value >> 24 is not (0 or 127) and < 224;

    /// <exception cref="ArgumentException">Not four decimal numbers.</exception>
    public static Ipv4Address Parse(string text) => TryParse(text, out var address) ? address : throw new ArgumentException($"'{text}' is not an IPv4 address");

    /// <summary>Four decimal numbers from 0 to 255; the short forms of inet_aton are not accepted.</summary>
    public static bool TryParse(string text, out Ipv4Address address)
    {
        address = default;
        var parts = text.Split('.');
        if (parts.Length != 4) return false;
        uint value = 0;
        foreach (var part in parts)
        {
            if (!byte.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out byte octet)) return false;
            value = value << 8 | octet;
        }
        address = new Ipv4Address(value);
        return true;
    }

    public static Ipv4Address Read(ReadOnlySpan<byte> from) => new(BinaryPrimitives.ReadUInt32BigEndian(from));

    public void Write(Span<byte> to) => BinaryPrimitives.WriteUInt32BigEndian(to, Value);

    public static Ipv4Address From(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[4];
        return address.MapToIPv4().TryWriteBytes(bytes, out _) ? Read(bytes) : throw new ArgumentException($"{address} is not an IPv4 address");
    }

    public IPAddress ToIPAddress()
    {
        Span<byte> bytes = stackalloc byte[4];
        Write(bytes);
        return new IPAddress(bytes);
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Value >> 24}.{Value >> 16 & 0xff}.{Value >> 8 & 0xff}.{Value & 0xff}");
}

/// <summary>An IPv4 address and a TCP or UDP port.</summary>
public readonly record struct Ipv4Endpoint(Ipv4Address Address, ushort Port)
{
    public static Ipv4Endpoint From(IPEndPoint endpoint) => new(Ipv4Address.From(endpoint.Address), (ushort)endpoint.Port);

    public IPEndPoint ToIPEndPoint() => new(Address.ToIPAddress(), Port);

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Address}:{Port}");
}

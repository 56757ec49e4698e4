using System.Buffers.Binary;
using System.Globalization;

namespace Tcg.Mttcg.Machine.Net.Packets;

/// <summary>An Ethernet address; the first byte on the wire is the highest of the low 48 bits.</summary>
public readonly record struct MacAddress(ulong Value)
{
    public const int Bytes = 6;

    public static readonly MacAddress Broadcast = new(0xffff_ffff_ffff);

    /// <summary>The group bit: broadcast or multicast.</summary>
    public bool IsGroup => (Value >> 40 & 1) != 0;

    /// <exception cref="ArgumentException">Not six hexadecimal bytes with colons or dashes between them.</exception>
    public static MacAddress Parse(string text) =>
        TryParse(text, out var address) ? address : throw new ArgumentException($"'{text}' is not an Ethernet address such as 52:54:00:12:34:56");

    public static bool TryParse(string text, out MacAddress address)
    {
        address = default;
        var parts = text.Split(':', '-');
        if (parts.Length != Bytes) return false;
        ulong value = 0;
        foreach (var part in parts)
        {
            if (part.Length is 0 or > 2 || !byte.TryParse(part, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte octet)) return false;
            value = value << 8 | octet;
        }
        address = new MacAddress(value);
        return true;
    }

    public static MacAddress Read(ReadOnlySpan<byte> from) => new((ulong)BinaryPrimitives.ReadUInt16BigEndian(from) << 32 | BinaryPrimitives.ReadUInt32BigEndian(from[2..]));

    public void Write(Span<byte> to)
    {
        BinaryPrimitives.WriteUInt16BigEndian(to, (ushort)(Value >> 32));
        BinaryPrimitives.WriteUInt32BigEndian(to[2..], (uint)Value);
    }

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Value >> 40 & 0xff:x2}:{Value >> 32 & 0xff:x2}:{Value >> 24 & 0xff:x2}:{Value >> 16 & 0xff:x2}:{Value >> 8 & 0xff:x2}:{Value & 0xff:x2}");
}

using System.Buffers.Binary;

namespace Tcg.Mttcg.Machine.Net.Packets;

internal enum IpProtocol : byte { Icmp = 1, Tcp = 6, Udp = 17 }

/// <summary>An IPv4 header (RFC 791). Options are skipped when read and never written.</summary>
/// <param name="FragmentOffset">Bytes.</param>
/// <param name="PayloadBytes">Of this fragment.</param>
internal readonly record struct Ipv4Header(
    Ipv4Address Source, Ipv4Address Destination, IpProtocol Protocol, int PayloadBytes, ushort Identification, bool MoreFragments, int FragmentOffset)
{
    /// <summary>Without options.</summary>
    public const int Bytes = 20;

    public const int LargestPayload = ushort.MaxValue - Bytes;

    private const ushort MoreFragmentsFlag = 0x2000, OffsetMask = 0x1fff;
    private const byte Ttl = 64;

    public bool IsFragment => MoreFragments || FragmentOffset != 0;

    /// <summary>False when the header is cut short, of another version, or its checksum is wrong.</summary>
    /// <param name="payload">What follows the header, without the padding of a short frame.</param>
    public static bool TryRead(ReadOnlySpan<byte> packet, out Ipv4Header header, out ReadOnlySpan<byte> payload)
    {
        header = default;
        payload = default;
        if (packet.Length < Bytes || packet[0] >> 4 != 4) return false;
        int length = (packet[0] & 15) * 4, total = BinaryPrimitives.ReadUInt16BigEndian(packet[2..]);
        if (length < Bytes || total < length || total > packet.Length) return false;
        if (!InternetChecksum.IsValid(InternetChecksum.Add(0, packet[..length]))) return false;
        ushort fragment = BinaryPrimitives.ReadUInt16BigEndian(packet[6..]);
        payload = packet[length..total];
        header = new(Ipv4Address.Read(packet[12..]), Ipv4Address.Read(packet[16..]), (IpProtocol)packet[9], payload.Length,
            BinaryPrimitives.ReadUInt16BigEndian(packet[4..]), (fragment & MoreFragmentsFlag) != 0, (fragment & OffsetMask) * 8);
        return true;
    }

    public void Write(Span<byte> to)
    {
        to[0] = 0x45;
        to[1] = 0;
        BinaryPrimitives.WriteUInt16BigEndian(to[2..], (ushort)(Bytes + PayloadBytes));
        BinaryPrimitives.WriteUInt16BigEndian(to[4..], Identification);
        BinaryPrimitives.WriteUInt16BigEndian(to[6..], (ushort)((MoreFragments ? MoreFragmentsFlag : 0) | FragmentOffset / 8));
        to[8] = Ttl;
        to[9] = (byte)Protocol;
        to[10] = to[11] = 0;
        Source.Write(to[12..]);
        Destination.Write(to[16..]);
        InternetChecksum.Write(InternetChecksum.Add(0, to[..Bytes]), to[10..]);
    }
}

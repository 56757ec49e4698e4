using System.Buffers.Binary;

namespace Tcg.Mttcg.Machine.Net.Packets;

/// <summary>ARP for IPv4 over Ethernet (RFC 826).</summary>
internal readonly record struct ArpPacket(ushort Operation, MacAddress SenderMac, Ipv4Address SenderIp, MacAddress TargetMac, Ipv4Address TargetIp)
{
    public const int Bytes = 28;
    public const ushort Request = 1, Reply = 2;

    // Hardware type Ethernet, protocol IPv4, addresses of 6 and 4 bytes.
    private const ulong Kind = 0x0001_0800_06_04;

    public static bool TryRead(ReadOnlySpan<byte> payload, out ArpPacket packet)
    {
        packet = default;
        if (payload.Length < Bytes || BinaryPrimitives.ReadUInt64BigEndian(payload) >> 16 != Kind) return false;
        packet = new(BinaryPrimitives.ReadUInt16BigEndian(payload[6..]), MacAddress.Read(payload[8..]), Ipv4Address.Read(payload[14..]),
            MacAddress.Read(payload[18..]), Ipv4Address.Read(payload[24..]));
        return true;
    }

    public void Write(Span<byte> to)
    {
        BinaryPrimitives.WriteUInt64BigEndian(to, Kind << 16 | Operation);
        SenderMac.Write(to[8..]);
        SenderIp.Write(to[14..]);
        TargetMac.Write(to[18..]);
        TargetIp.Write(to[24..]);
    }
}

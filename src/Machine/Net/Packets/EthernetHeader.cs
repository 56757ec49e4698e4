using System.Buffers.Binary;

namespace Tcg.Mttcg.Machine.Net.Packets;

internal enum EtherType : ushort { Ipv4 = 0x0800, Arp = 0x0806 }

/// <summary>The 14 bytes before an Ethernet II payload.</summary>
internal readonly record struct EthernetHeader(MacAddress Destination, MacAddress Source, EtherType Type)
{
    public const int Bytes = 14;

    public static bool TryRead(ReadOnlySpan<byte> frame, out EthernetHeader header)
    {
        header = default;
        if (frame.Length < Bytes) return false;
        header = new(MacAddress.Read(frame), MacAddress.Read(frame[6..]), (EtherType)BinaryPrimitives.ReadUInt16BigEndian(frame[12..]));
        return true;
    }

    public void Write(Span<byte> to)
    {
        Destination.Write(to);
        Source.Write(to[6..]);
        BinaryPrimitives.WriteUInt16BigEndian(to[12..], (ushort)Type);
    }
}

using System.Buffers.Binary;

namespace Tcg.Mttcg.Machine.Net.Packets;

/// <summary>The ports of a UDP datagram (RFC 768).</summary>
internal readonly record struct UdpHeader(ushort SourcePort, ushort DestinationPort)
{
    public const int Bytes = 8;

    public const int LargestPayload = Ipv4Header.LargestPayload - Bytes;

    /// <summary>False when the datagram is cut short or its checksum is wrong; a checksum of zero means that there is none.</summary>
    public static bool TryRead(in Ipv4Header ip, ReadOnlySpan<byte> datagram, out UdpHeader header, out ReadOnlySpan<byte> payload)
    {
        header = default;
        payload = default;
        if (datagram.Length < Bytes) return false;
        int length = BinaryPrimitives.ReadUInt16BigEndian(datagram[4..]);
        if (length < Bytes || length > datagram.Length) return false;
        datagram = datagram[..length];
        if ((datagram[6] | datagram[7]) != 0 && !InternetChecksum.IsValid(InternetChecksum.Add(InternetChecksum.Pseudo(ip.Source, ip.Destination, (byte)IpProtocol.Udp, length), datagram)))
            return false;
        header = new(BinaryPrimitives.ReadUInt16BigEndian(datagram), BinaryPrimitives.ReadUInt16BigEndian(datagram[2..]));
        payload = datagram[Bytes..];
        return true;
    }

    /// <param name="datagram">The payload already stands at <see cref="Bytes"/>.</param>
    public void Write(Ipv4Address source, Ipv4Address destination, Span<byte> datagram)
    {
        BinaryPrimitives.WriteUInt16BigEndian(datagram, SourcePort);
        BinaryPrimitives.WriteUInt16BigEndian(datagram[2..], DestinationPort);
        BinaryPrimitives.WriteUInt16BigEndian(datagram[4..], (ushort)datagram.Length);
        datagram[6] = datagram[7] = 0;
        InternetChecksum.Write(InternetChecksum.Add(InternetChecksum.Pseudo(source, destination, (byte)IpProtocol.Udp, datagram.Length), datagram), datagram[6..]);
        // Zero would mean "no checksum".
        if ((datagram[6] | datagram[7]) == 0) datagram[6] = datagram[7] = 0xff;
    }
}

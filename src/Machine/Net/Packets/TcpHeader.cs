using System.Buffers.Binary;

namespace Tcg.Mttcg.Machine.Net.Packets;

[Flags]
internal enum TcpFlags : byte { None = 0, Fin = 1, Syn = 2, Rst = 4, Psh = 8, Ack = 16 }

/// <summary>A TCP header (RFC 9293 3.1) with the two options used here.</summary>
/// <param name="Window">As on the wire, unscaled.</param>
/// <param name="Mss">Maximum segment size; 0: no such option.</param>
/// <param name="WindowScale">RFC 7323 2.2; -1: no such option.</param>
internal readonly record struct TcpHeader(ushort SourcePort, ushort DestinationPort, uint Sequence, uint Acknowledgment, TcpFlags Flags, ushort Window, ushort Mss = 0, int WindowScale = -1)
{
    /// <summary>Without options.</summary>
    public const int Bytes = 20;

    /// <summary>With both options, as <see cref="Write"/> makes it.</summary>
    public const int LargestWritten = Bytes + 8;

    private const byte EndOfOptions = 0, NoOperation = 1, MssOption = 2, WindowScaleOption = 3;

    public bool Has(TcpFlags flag) => (Flags & flag) != 0;

    /// <summary>False when the segment is cut short or its checksum is wrong.</summary>
    public static bool TryRead(in Ipv4Header ip, ReadOnlySpan<byte> segment, out TcpHeader header, out ReadOnlySpan<byte> payload)
    {
        header = default;
        payload = default;
        if (segment.Length < Bytes) return false;
        int length = (segment[12] >> 4) * 4;
        if (length < Bytes || length > segment.Length) return false;
        if (!InternetChecksum.IsValid(InternetChecksum.Add(InternetChecksum.Pseudo(ip.Source, ip.Destination, (byte)IpProtocol.Tcp, segment.Length), segment)))
            return false;
        var (mss, scale) = ReadOptions(segment[Bytes..length]);
        header = new(BinaryPrimitives.ReadUInt16BigEndian(segment), BinaryPrimitives.ReadUInt16BigEndian(segment[2..]), BinaryPrimitives.ReadUInt32BigEndian(segment[4..]),
            BinaryPrimitives.ReadUInt32BigEndian(segment[8..]), (TcpFlags)(segment[13] & 0x1f), BinaryPrimitives.ReadUInt16BigEndian(segment[14..]), mss, scale);
        payload = segment[length..];
        return true;
    }

    /// <summary>Bytes that <see cref="Write"/> will need before the payload.</summary>
    public int Length => Bytes + (Mss != 0 ? 4 : 0) + (WindowScale >= 0 ? 4 : 0);

    /// <param name="segment">The payload already stands at <see cref="Length"/>.</param>
    public void Write(Ipv4Address source, Ipv4Address destination, Span<byte> segment)
    {
        BinaryPrimitives.WriteUInt16BigEndian(segment, SourcePort);
        BinaryPrimitives.WriteUInt16BigEndian(segment[2..], DestinationPort);
        BinaryPrimitives.WriteUInt32BigEndian(segment[4..], Sequence);
        BinaryPrimitives.WriteUInt32BigEndian(segment[8..], Acknowledgment);
        segment[12] = (byte)(Length / 4 << 4);
        segment[13] = (byte)Flags;
        BinaryPrimitives.WriteUInt16BigEndian(segment[14..], Window);
        segment[16..20].Clear();
        int at = Bytes;
        if (Mss != 0)
        {
            BinaryPrimitives.WriteUInt32BigEndian(segment[at..], (uint)(MssOption << 24 | 4 << 16 | Mss));
            at += 4;
        }
        if (WindowScale >= 0) BinaryPrimitives.WriteUInt32BigEndian(segment[at..], (uint)(NoOperation << 24 | WindowScaleOption << 16 | 3 << 8 | WindowScale));
        InternetChecksum.Write(InternetChecksum.Add(InternetChecksum.Pseudo(source, destination, (byte)IpProtocol.Tcp, segment.Length), segment), segment[16..]);
    }

    private static (ushort Mss, int Scale) ReadOptions(ReadOnlySpan<byte> options)
    {
        ushort mss = 0;
        int scale = -1;
        while (options.Length > 0 && options[0] != EndOfOptions)
        {
            if (options[0] == NoOperation)
            {
                options = options[1..];
                continue;
            }
            // A length that leads nowhere ends the list.
            if (options.Length < 2 || options[1] < 2 || options[1] > options.Length) break;
            if (options[0] == MssOption && options[1] == 4) mss = BinaryPrimitives.ReadUInt16BigEndian(options[2..]);
            if (options[0] == WindowScaleOption && options[1] == 3) scale = Math.Min(options[2], (byte)14);
            options = options[options[1]..];
        }
        return (mss, scale);
    }
}

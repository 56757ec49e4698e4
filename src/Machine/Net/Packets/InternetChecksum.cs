using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Tcg.Mttcg.Machine.Net.Packets;

/// <summary>The one's complement sum of RFC 1071, kept unfolded in 64 bits. Parts may be added one after the other when all but the last have an even length.</summary>
internal static class InternetChecksum
{
    /// <summary>Adds bytes; an odd last one counts as the high half of a word.</summary>
    public static ulong Add(ulong sum, ReadOnlySpan<byte> bytes)
    {
        foreach (ulong word in MemoryMarshal.Cast<byte, ulong>(bytes)) sum += (word & uint.MaxValue) + (word >> 32);
        foreach (ushort word in MemoryMarshal.Cast<byte, ushort>(bytes[(bytes.Length & ~7)..])) sum += word;
        if ((bytes.Length & 1) != 0) sum += BitConverter.IsLittleEndian ? bytes[^1] : (ulong)bytes[^1] << 8;
        return sum;
    }

    /// <summary>The pseudo header of TCP and UDP (RFC 9293 3.1).</summary>
    /// <param name="length">Bytes of header and payload.</param>
    public static ulong Pseudo(Ipv4Address source, Ipv4Address destination, byte protocol, int length)
    {
        Span<byte> header = stackalloc byte[12];
        source.Write(header);
        destination.Write(header[4..]);
        header[8] = 0;
        header[9] = protocol;
        BinaryPrimitives.WriteUInt16BigEndian(header[10..], (ushort)length);
        return Add(0, header);
    }

    /// <summary>What to store in the checksum field, with <see cref="MemoryMarshal"/>'s byte order: see <see cref="Write"/>.</summary>
    private static ushort Fold(ulong sum)
    {
        while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
        return (ushort)~sum;
    }

    /// <summary>Stores the checksum. The sum is independent of byte order, so it is stored as it was added: in the host's.</summary>
    public static void Write(ulong sum, Span<byte> to)
    {
        ushort value = Fold(sum);
        MemoryMarshal.Write(to, in value);
    }

    /// <summary>A sum over data that includes its checksum.</summary>
    public static bool IsValid(ulong sum) => Fold(sum) == 0;
}

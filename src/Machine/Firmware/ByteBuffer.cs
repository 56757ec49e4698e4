using System.Buffers.Binary;
using System.Text;

namespace Tcg.Mttcg.Machine.Firmware;

/// <summary>A growing little-endian table.</summary>
internal sealed class ByteBuffer
{
    private readonly List<byte> _bytes = [];

    public int Length => _bytes.Count;

    public ByteBuffer Byte(int value)
    {
        _bytes.Add((byte)value);
        return this;
    }

    public ByteBuffer Word(int value) => Byte(value).Byte(value >> 8);

    public ByteBuffer DWord(uint value) => Word((int)(value & 0xffff)).Word((int)(value >> 16));

    public ByteBuffer QWord(ulong value) => DWord((uint)value).DWord((uint)(value >> 32));

    public ByteBuffer Bytes(ReadOnlySpan<byte> bytes)
    {
        _bytes.AddRange(bytes);
        return this;
    }

    /// <summary>ASCII, padded with spaces or cut to a fixed width.</summary>
    public ByteBuffer Text(string text, int width) => Bytes(Encoding.ASCII.GetBytes(text.PadRight(width)[..width]));

    public ByteBuffer Zeros(int count) => Bytes(new byte[count]);

    public byte[] ToArray() => [.. _bytes];

    /// <summary>Makes the bytes of a range sum to zero by setting the one at <paramref name="at"/>.</summary>
    public static void Checksum(Span<byte> range, int at)
    {
        range[at] = 0;
        byte sum = 0;
        foreach (byte value in range) sum += value;
        range[at] = (byte)-sum;
    }

    public static void Put32(Span<byte> table, int offset, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(table[offset..], value);

    public static void Put64(Span<byte> table, int offset, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(table[offset..], value);
}

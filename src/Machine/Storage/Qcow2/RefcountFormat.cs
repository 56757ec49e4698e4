using System.Buffers.Binary;

namespace Tcg.Mttcg.Machine.Storage.Qcow2;

/// <summary>Refcounts of 1 to 64 bits in a block: whole bytes big-endian, smaller ones from the low bits of each byte (qcow2.rst, "Host cluster management").</summary>
/// <param name="order">Width is 2^order bits.</param>
internal readonly struct RefcountFormat(int order)
{
    private readonly int _bits = 1 << order;

    public ulong Maximum => _bits == 64 ? ulong.MaxValue : (1UL << _bits) - 1;

    public int PerBlock(int clusterBytes) => clusterBytes * 8 / _bits;

    /// <summary>The byte where it starts.</summary>
    public int ByteOf(int index) => (int)((long)index * _bits / 8);

    public int Bytes => Math.Max(1, _bits / 8);

    public ulong Get(ReadOnlySpan<byte> block, int index)
    {
        var at = block[ByteOf(index)..];
        return _bits switch
        {
            8 => at[0],
            16 => BinaryPrimitives.ReadUInt16BigEndian(at),
            32 => BinaryPrimitives.ReadUInt32BigEndian(at),
            64 => BinaryPrimitives.ReadUInt64BigEndian(at),
            _ => (ulong)at[0] >> Shift(index) & Maximum,
        };
    }

    public void Set(Span<byte> block, int index, ulong value)
    {
        var at = block[ByteOf(index)..];
        switch (_bits)
        {
            case 8: at[0] = (byte)value; break;
            case 16: BinaryPrimitives.WriteUInt16BigEndian(at, (ushort)value); break;
            case 32: BinaryPrimitives.WriteUInt32BigEndian(at, (uint)value); break;
            case 64: BinaryPrimitives.WriteUInt64BigEndian(at, value); break;
            default: at[0] = (byte)(at[0] & ~((int)Maximum << Shift(index)) | (int)value << Shift(index)); break;
        }
    }

    private int Shift(int index) => index * _bits & 7;
}

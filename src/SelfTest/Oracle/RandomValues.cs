namespace Tcg.Mttcg.SelfTest.Oracle;

/// <summary>Integers and floats with a taste for corner cases. Deterministic.</summary>
internal sealed class RandomValues(long seed)
{
    private static readonly ulong[] Corners =
    [
        0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xffffffff,
        0x100000000, 0x7fffffffffffffff, 0x8000000000000000, 0xffffffffffffffff, 0xfffffffffffffffe, 0xffffffff80000000, 0xffffffffffffff80,
        0x5555555555555555, 0xaaaaaaaaaaaaaaaa, 0x0f0f0f0f0f0f0f0f,
    ];

    private static readonly ulong[] Doubles =
    [
        0, 0x8000000000000000, 0x3ff0000000000000, 0xbff0000000000000, 0x4000000000000000, 0x3fe0000000000000, 0x3ff8000000000000, 0x7ff0000000000000,
        0xfff0000000000000, 0x7ff8000000000000, 0xfff8000000000001, 0x7ff0000000000001, 0xfff4000000000000, 1, 0x800fffffffffffff, 0x0010000000000000,
        0x001fffffffffffff, 0x7fefffffffffffff, 0x41dfffffffc00000, 0x41e0000000000000, 0xc1e0000000000000, 0xc1e0000000200000, 0x43e0000000000000,
        0xc3e0000000000000, 0x4330000000000001, 0x4340000000000001, 0x47efffffe0000000, 0x47effffff0000000, 0x3810000000000000, 0x380fffffffffffff,
        0x36a0000000000000, 0x3690000000000001, 0x400921fb54442d18, 0x3ff0000000000001, 0xc008000000000000, 0x4004000000000000,
    ];

    private static readonly uint[] Singles =
    [
        0, 0x80000000, 0x3f800000, 0xbf800000, 0x40000000, 0x3f000000, 0x3fc00000, 0x7f800000, 0xff800000, 0x7fc00000, 0xffc00001, 0x7f800001, 0xffa00000,
        1, 0x807fffff, 0x00800000, 0x00ffffff, 0x7f7fffff, 0x4effffff, 0x4f000000, 0xcf000000, 0x5f000000, 0xdf000000, 0x4b000001, 0x4b800001, 0x40490fdb,
        0x3f800001, 0xc0400000, 0x40200000, 0x33000000, 0x0c000000,
    ];

    private readonly Xoshiro _random = new((ulong)seed);

    public int Below(int bound) => _random.Next(bound);

    public T Pick<T>(IReadOnlyList<T> from) => from[_random.Next(from.Count)];

    public ulong Bits() => _random.Next();

    public ulong Integer() => _random.Next(8) switch
    {
        < 3 => Corners[_random.Next(Corners.Length)],
        3 => 1ul << _random.Next(64),
        4 => Bits() >> _random.Next(64),
        5 => Bits() & 0xff,
        _ => Bits(),
    };

    /// <summary>64 bits of a vector: lanes of some kind.</summary>
    public ulong Lanes(int kind) => kind switch
    {
        0 => Double(),
        1 => Single() | ((ulong)Single() << 32),
        2 => Integer(),
        3 => Integer() & 0x80ff807f7f80ff01,
        _ => Bits(),
    };

    public ulong Double() => _random.Next(4) switch
    {
        0 or 1 => Doubles[_random.Next(Doubles.Length)],
        2 => (Bits() & 0x800fffffffffffff) | ((ulong)(0x3ff - 40 + _random.Next(80)) << 52),
        _ => BitConverter.DoubleToUInt64Bits(_random.Next(-1000, 1000) / 8.0),
    };

    public uint Single() => _random.Next(4) switch
    {
        0 or 1 => Singles[_random.Next(Singles.Length)],
        2 => ((uint)Bits() & 0x807fffff) | ((uint)(0x7f - 20 + _random.Next(40)) << 23),
        _ => BitConverter.SingleToUInt32Bits(_random.Next(-1000, 1000) / 8.0f),
    };

    /// <summary>An 80-bit number: significand, then sign and exponent.</summary>
    public (ulong Significand, ushort High) Extended()
    {
        var sign = _random.Next(2) << 15;
        var (significand, exponent) = _random.Next(12) switch
        {
            0 => (0ul, 0),
            1 => (1ul << 63, 0x7fff),
            2 => ((1ul << 63) | (Bits() >> 1), 0x7fff),
            3 => (Bits() >> 1, 0),
            4 => (1ul << 63, 0x3fff),
            5 => ((1ul << 63) | Bits(), 0x3fff - 70 + _random.Next(140)),
            6 => (Bits(), _random.Next(0x8000)),
            7 => ((ulong)_random.Next(1, 1000) << 54 | 1ul << 63, 0x3fff + _random.Next(12)),
            _ => ((1ul << 63) | (Integer() << 20), 0x3fff - 20 + _random.Next(40)),
        };
        return (significand, (ushort)(sign | exponent));
    }
}

using System.Runtime.Intrinsics;

namespace Tcg.Mttcg.Translator.Runtime;

/// <summary>Sixty-four bits as lanes.</summary>
internal static class MmxLanes
{
    public static ulong Of<T>(ulong d, ulong s, Func<Vector64<T>, Vector64<T>, Vector64<T>> compute) =>
        compute(Vector64.Create(d).As<ulong, T>(), Vector64.Create(s).As<ulong, T>()).AsUInt64().ToScalar();

    /// <summary>Byte lanes, each from the unsigned bytes of both operands.</summary>
    public static ulong Bytes(ulong d, ulong s, Func<int, int, int> lane)
    {
        ulong result = 0;
        for (var bit = 0; bit < 64; bit += 8) result |= (ulong)(byte)lane((byte)(d >> bit), (byte)(s >> bit)) << bit;
        return result;
    }

    /// <summary>Word lanes, each from the signed words of both operands.</summary>
    public static ulong Words(ulong d, ulong s, Func<int, int, int> lane)
    {
        ulong result = 0;
        for (var bit = 0; bit < 64; bit += 16) result |= (ulong)(ushort)lane((short)(d >> bit), (short)(s >> bit)) << bit;
        return result;
    }

    /// <summary>Doubleword lanes.</summary>
    public static ulong Doubles(ulong d, ulong s, Func<int, int, int> lane) =>
        (uint)lane((int)d, (int)s) | ((ulong)(uint)lane((int)(d >> 32), (int)(s >> 32)) << 32);

    /// <summary>Neighbouring words joined: the destination's two pairs, then the source's.</summary>
    public static ulong WordPairs(ulong d, ulong s, Func<int, int, int> join)
    {
        ulong result = 0;
        for (var pair = 0; pair < 4; pair++)
        {
            var from = (pair < 2 ? d : s) >> ((pair & 1) * 32);
            result |= (ulong)(ushort)join((short)from, (short)(from >> 16)) << (pair * 16);
        }
        return result;
    }

    public static ulong DoublePairs(ulong d, ulong s, Func<int, int, int> join) =>
        (uint)join((int)d, (int)(d >> 32)) | ((ulong)(uint)join((int)s, (int)(s >> 32)) << 32);

    /// <summary>The halves that begin at bit <paramref name="from"/>, interleaved in lanes of <paramref name="width"/> bits.</summary>
    public static ulong Interleave(ulong d, ulong s, int from, int width)
    {
        ulong result = 0, mask = (1ul << width) - 1;
        for (var lane = 0; lane < 32 / width; lane++)
        {
            var at = from + (lane * width);
            result |= ((d >> at) & mask) << (2 * lane * width);
            result |= ((s >> at) & mask) << (((2 * lane) + 1) * width);
        }
        return result;
    }

    /// <summary>The destination's lanes, then the source's, narrowed.</summary>
    public static ulong PackWords(ulong d, ulong s, Func<short, byte> narrow)
    {
        ulong result = 0;
        for (var lane = 0; lane < 8; lane++) result |= (ulong)narrow((short)((lane < 4 ? d : s) >> ((lane & 3) * 16))) << (lane * 8);
        return result;
    }

    public static ulong PackDoubles(ulong d, ulong s)
    {
        ulong result = 0;
        for (var lane = 0; lane < 4; lane++) result |= (ulong)(ushort)Saturate((int)((lane < 2 ? d : s) >> ((lane & 1) * 32))) << (lane * 16);
        return result;
    }

    public static ulong ShuffleWords(ulong s, byte order)
    {
        ulong result = 0;
        for (var lane = 0; lane < 4; lane++) result |= ((s >> (((order >> (2 * lane)) & 3) * 16)) & 0xffff) << (lane * 16);
        return result;
    }

    public static ulong ShuffleBytes(ulong d, ulong s) => Bytes(s, s, (control, _) => (control & 0x80) != 0 ? 0 : (byte)(d >> ((control & 7) * 8)));

    /// <summary>Shifts lanes of <paramref name="width"/> bits; a count beyond them clears, or spreads the sign.</summary>
    public static ulong Shift(ulong d, ulong count, int width, bool left, bool signed = false)
    {
        var beyond = count >= (ulong)width;
        if (beyond && !signed) return 0;
        var by = beyond ? width - 1 : (int)count;
        ulong result = 0, mask = width == 64 ? ulong.MaxValue : (1ul << width) - 1;
        for (var at = 0; at < 64; at += width)
        {
            var lane = (d >> at) & mask;
            var shifted = signed ? (ulong)((long)(lane << (64 - width)) >> (64 - width) >> by) : left ? lane << by : lane >> by;
            result |= (shifted & mask) << at;
        }
        return result;
    }

    public static ulong SignMask(ulong s)
    {
        ulong mask = 0;
        for (var lane = 0; lane < 8; lane++) mask |= ((s >> ((lane * 8) + 7)) & 1) << lane;
        return mask;
    }

    public static ulong SumOfDifferences(ulong d, ulong s)
    {
        ulong sum = 0;
        for (var bit = 0; bit < 64; bit += 8) sum += (ulong)Math.Abs((byte)(d >> bit) - (byte)(s >> bit));
        return sum;
    }

    /// <summary>Destination above source, shifted right by bytes.</summary>
    public static ulong Align(ulong d, ulong s, byte bytes) =>
        bytes >= 16 ? 0 : (ulong)((((UInt128)d << 64) | s) >> (bytes * 8));

    public static ulong MultiplyAddWords(ulong d, ulong s)
    {
        static int Pair(ulong d, ulong s) => unchecked(((short)d * (short)s) + ((short)(d >> 16) * (short)(s >> 16)));
        return (uint)Pair(d, s) | ((ulong)(uint)Pair(d >> 32, s >> 32) << 32);
    }

    public static ulong MultiplyAddBytes(ulong d, ulong s)
    {
        ulong result = 0;
        for (var at = 0; at < 64; at += 16)
            result |= (ulong)(ushort)Saturate(((byte)(d >> at) * (sbyte)(s >> at)) + ((byte)(d >> (at + 8)) * (sbyte)(s >> (at + 8)))) << at;
        return result;
    }

    public static short Saturate(int value) => (short)Math.Clamp(value, short.MinValue, short.MaxValue);

    public static int WithSignOf(int value, int sign) => sign < 0 ? unchecked(-value) : sign == 0 ? 0 : value;
}

using Tcg.Mttcg.Translator.Host.Interpreter.Float;

namespace Tcg.Mttcg.Translator.Host.Interpreter.Simd;

/// <summary>How scalar arithmetic is spread over the lanes of a register.</summary>
internal static unsafe class FloatLanes
{
    public static ulong Get(byte* from, int lane, in FloatFormat format) => format.Bytes == 4 ? ((uint*)from)[lane] : ((ulong*)from)[lane];

    public static void Put(byte* to, int lane, in FloatFormat format, ulong value)
    {
        if (format.Bytes == 4) ((uint*)to)[lane] = (uint)value;
        else ((ulong*)to)[lane] = value;
    }

    /// <summary>The low lanes become function(Dst, Src); the others stay.</summary>
    public static void Map(ref SimdOperands o, in FloatFormat format, int lanes, delegate*<ulong, ulong, in FloatFormat, ref FloatContext, ulong> function)
    {
        for (var lane = 0; lane < lanes; lane++)
        {
            Put(o.Dst, lane, format, function(Get(o.Dst, lane, format), Get(o.Src, lane, format), format, ref o.Float));
        }
    }

    /// <summary>HADD and HSUB: neighbours of Dst, then neighbours of Src.</summary>
    public static void Pairs(ref SimdOperands o, in FloatFormat format, delegate*<ulong, ulong, in FloatFormat, ref FloatContext, ulong> function)
    {
        var results = stackalloc byte[16];
        var lanes = 16 / format.Bytes;
        for (var lane = 0; lane < lanes; lane++)
        {
            var from = lane < lanes / 2 ? o.Dst : o.Src;
            var first = lane * 2 % lanes;
            Put(results, lane, format, function(Get(from, first, format), Get(from, first + 1, format), format, ref o.Float));
        }
        Buffer.MemoryCopy(results, o.Dst, 16, 16);
    }

    /// <summary>ADDSUB: even lanes subtract, odd ones add.</summary>
    public static void Alternate(ref SimdOperands o, in FloatFormat format)
    {
        for (var lane = 0; lane < 16 / format.Bytes; lane++)
        {
            ulong a = Get(o.Dst, lane, format), b = Get(o.Src, lane, format);
            Put(o.Dst, lane, format, (lane & 1) == 0 ? FloatArithmetic.Subtract(a, b, format, ref o.Float) : FloatArithmetic.Add(a, b, format, ref o.Float));
        }
    }

    /// <summary>
    /// DPPS and DPPD: in each half of the vector the products that the immediate's high bits choose, summed in pairs, written where its low bits
    /// say. An unmasked exception ends it at its stage, in both halves.
    /// </summary>
    public static void DotProduct(ref SimdOperands o, in FloatFormat format)
    {
        var lanes = 16 / format.Bytes;
        var all = o.VectorBytes / format.Bytes;
        var terms = stackalloc ulong[8];
        for (var lane = 0; lane < all; lane++)
        {
            terms[lane] = (o.Immediate >> (4 + lane % lanes) & 1) == 0 ? 0 : FloatArithmetic.Multiply(Get(o.Dst, lane, format), Get(o.Src, lane, format), format, ref o.Float);
        }
        // Stage by stage the sums of neighbours move together: to the first term of each half at last.
        for (var distance = 1; distance < lanes; distance *= 2)
        {
            if (o.Float.EndsAtStage()) return;
            for (var lane = 0; lane < all; lane += 2 * distance) terms[lane] = FloatArithmetic.Add(terms[lane], terms[lane + distance], format, ref o.Float);
        }
        for (var lane = 0; lane < all; lane++) Put(o.Dst, lane, format, (o.Immediate >> lane % lanes & 1) == 0 ? 0 : terms[lane - lane % lanes]);
    }
}

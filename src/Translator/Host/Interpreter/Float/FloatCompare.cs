namespace Tcg.Mttcg.Translator.Host.Interpreter.Float;

internal enum FloatOrder : byte { Less, Equal, Greater, Unordered }

/// <summary>Comparisons, and the predicates of CMPPS and VCMPPS (SDM 2A, table 3-1 of CMPPD).</summary>
internal static class FloatCompare
{
    /// <param name="signalling">A quiet NaN is an invalid operand too, not only a signalling one.</param>
    public static FloatOrder Order(ulong a, ulong b, bool signalling, in FloatFormat format, ref FloatContext context)
    {
        a = FloatOperands.Flushed(a, format, context);
        b = FloatOperands.Flushed(b, format, context);
        if (format.IsNan(a) || format.IsNan(b))
        {
            if (signalling || format.IsSignalling(a) || format.IsSignalling(b)) context.Flags |= FloatFlags.Invalid;
            return FloatOrder.Unordered;
        }
        FloatOperands.NoteDenormals(a, b, format, ref context);
        long left = Ordinal(a, format), right = Ordinal(b, format);
        return left < right ? FloatOrder.Less : left == right ? FloatOrder.Equal : FloatOrder.Greater;
    }

    // For which orders a predicate holds, one bit each: less, equal, greater, unordered. Those from 16 on differ only in what signals.
    private static ReadOnlySpan<byte> HoldsFor => [2, 1, 3, 8, 13, 14, 12, 7, 10, 9, 11, 0, 5, 6, 4, 15];

    /// <summary>Whether predicate 0..31 holds.</summary>
    public static bool Holds(int predicate, ulong a, ulong b, in FloatFormat format, ref FloatContext context)
    {
        var signalling = ((predicate & 3) is 1 or 2) != predicate >= 16;
        var order = Order(a, b, signalling, format, ref context);
        return (HoldsFor[predicate & 15] >> (int)order & 1) != 0;
    }

    // Both zeros are 0; otherwise bits of the same order as the numbers.
    private static long Ordinal(ulong value, in FloatFormat format)
    {
        var magnitude = (long)(value & ~format.SignBit);
        return format.IsNegative(value) ? -magnitude : magnitude;
    }
}

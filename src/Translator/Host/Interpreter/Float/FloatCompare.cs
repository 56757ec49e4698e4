namespace Tcg.Mttcg.Translator.Host.Interpreter.Float;

internal enum FloatOrder : byte { Less, Equal, Greater, Unordered }

/// <summary>Comparisons and the eight predicates of CMPPS (SDM 2A table 3-7).</summary>
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

    /// <summary>Whether predicate 0..7 holds; 1, 2, 5 and 6 signal on quiet NaNs.</summary>
    public static bool Holds(int predicate, ulong a, ulong b, in FloatFormat format, ref FloatContext context)
    {
        var order = Order(a, b, (predicate & 3) is 1 or 2, format, ref context);
        var holds = (predicate & 3) switch
        {
            0 => order == FloatOrder.Equal,
            1 => order == FloatOrder.Less,
            2 => order is FloatOrder.Less or FloatOrder.Equal,
            _ => order == FloatOrder.Unordered,
        };
        return holds != predicate >= 4;
    }

    // Both zeros are 0; otherwise bits of the same order as the numbers.
    private static long Ordinal(ulong value, in FloatFormat format)
    {
        var magnitude = (long)(value & ~format.SignBit);
        return format.IsNegative(value) ? -magnitude : magnitude;
    }
}

namespace Tcg.Mttcg.Translator.Runtime;

/// <summary>What x87 instructions do with operands before they compute (SDM 1, 4.8.3.5, table 4-7 and 8.5).</summary>
internal static class X87Operands
{
    /// <summary>Unsupported encodings and NaNs decide the result at once. False: neither is one.</summary>
    public static bool TakeNan(Float80 a, Float80 b, ref X87Context context, out Float80 result)
    {
        result = Float80.Indefinite;
        if (a.IsUnsupported || b.IsUnsupported)
        {
            context.Flags |= X87Flags.Invalid;
            return true;
        }
        if (!a.IsNan && !b.IsNan) return false;
        if (a.IsSignalling || b.IsSignalling) context.Flags |= X87Flags.Invalid;
        result = Choose(a, b).Quieted;
        return true;
    }

    public static bool TakeNan(Float80 a, ref X87Context context, out Float80 result) => TakeNan(a, a, ref context, out result);

    public static void NoteDenormals(Float80 a, Float80 b, ref X87Context context)
    {
        if (a.IsDenormal || b.IsDenormal) context.Flags |= X87Flags.Denormal;
    }

    public static Float80 Invalid(ref X87Context context)
    {
        context.Flags |= X87Flags.Invalid;
        return Float80.Indefinite;
    }

    // A quiet one before a signalling one; of two alike the larger significand, or the positive one.
    private static Float80 Choose(Float80 a, Float80 b)
    {
        if (!a.IsNan) return b;
        if (!b.IsNan) return a;
        if (a.IsSignalling != b.IsSignalling) return a.IsSignalling ? b : a;
        if (a.Significand != b.Significand) return a.Significand > b.Significand ? a : b;
        return a.IsNegative ? b : a;
    }
}

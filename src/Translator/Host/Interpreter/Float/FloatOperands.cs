namespace Tcg.Mttcg.Translator.Host.Interpreter.Float;

/// <summary>What SSE does with operands before it computes: denormals, NaNs, and the exceptions they raise (SDM 1, 11.5.2 and table 4-7).</summary>
internal static class FloatOperands
{
    /// <summary>DAZ: a denormal counts as zero of its sign.</summary>
    public static ulong Flushed(ulong value, in FloatFormat format, in FloatContext context) =>
        context.DenormalsAreZero && format.IsDenormal(value) ? value & format.SignBit : value;

    /// <summary>Quiets and returns the NaN that a two-operand instruction gives: the first if it is one, else the second. False: neither is.</summary>
    public static bool TakeNan(ulong a, ulong b, in FloatFormat format, ref FloatContext context, out ulong result)
    {
        result = 0;
        if (!format.IsNan(a) && !format.IsNan(b)) return false;
        if (format.IsSignalling(a) || format.IsSignalling(b)) context.Flags |= FloatFlags.Invalid;
        result = (format.IsNan(a) ? a : b) | format.QuietBit;
        return true;
    }

    public static void NoteDenormals(ulong a, ulong b, in FloatFormat format, ref FloatContext context)
    {
        if (format.IsDenormal(a) || format.IsDenormal(b)) context.Flags |= FloatFlags.Denormal;
    }

    public static ulong Invalid(in FloatFormat format, ref FloatContext context)
    {
        context.Flags |= FloatFlags.Invalid;
        return format.DefaultNan;
    }
}

namespace Tcg.Mttcg.Translator.Runtime;

/// <summary>Comparison, classification, and the condition codes they give (SDM 1, tables 8-6 and 8-8).</summary>
internal static class X87Compare
{
    public const ushort C0 = 0x100, C1 = 0x200, C2 = 0x400, C3 = 0x4000;
    public const ushort Unordered = C0 | C2 | C3;

    /// <param name="quiet">A quiet NaN is no invalid operand: FUCOM.</param>
    public static ushort Compare(Float80 a, Float80 b, bool quiet, ref X87Context context)
    {
        if (a.IsUnsupported || b.IsUnsupported || a.IsNan || b.IsNan)
        {
            if (!quiet || a.IsUnsupported || b.IsUnsupported || a.IsSignalling || b.IsSignalling) context.Flags |= X87Flags.Invalid;
            return Unordered;
        }
        X87Operands.NoteDenormals(a, b, ref context);
        if (a.IsZero && b.IsZero) return C3;
        if (a.IsNegative != b.IsNegative) return a.IsNegative ? C0 : (ushort)0;
        // A pseudo-denormal has the exponent of the smallest normal numbers.
        int fieldA = Math.Max(a.Field, 1), fieldB = Math.Max(b.Field, 1);
        var order = fieldA != fieldB ? fieldA.CompareTo(fieldB) : a.Significand.CompareTo(b.Significand);
        if (order == 0) return C3;
        return order < 0 != a.IsNegative ? C0 : (ushort)0;
    }

    public static ushort Examine(Float80 a, bool empty)
    {
        var kind = empty ? C3 | C0 : a.IsUnsupported ? 0 : a.IsNan ? C0 : a.IsInfinity ? C2 | C0 : a.IsZero ? C3 : a.IsDenormal ? C3 | C2 : C2;
        return (ushort)(kind | (a.IsNegative ? C1 : 0));
    }
}

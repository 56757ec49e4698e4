namespace Tcg.Mttcg.Translator.Runtime;

/// <summary>Addition, multiplication, division and square root, rounded to the control word's precision.</summary>
internal static class X87Arithmetic
{
    // Two 64-bit significands are added this far up: one bit of room for a carry, the rest for rounding.
    private const int AlignmentRoom = 62;

    // Bits of a quotient or root beyond the 64 that may be kept.
    private const int ExtraBits = 3;

    public static Float80 Add(Float80 a, Float80 b, ref X87Context context) => Sum(a, b, false, ref context);

    public static Float80 Subtract(Float80 a, Float80 b, ref X87Context context) => Sum(a, b, true, ref context);

    public static Float80 Multiply(Float80 a, Float80 b, ref X87Context context)
    {
        if (X87Operands.TakeNan(a, b, ref context, out var nan)) return nan;
        if ((a.IsInfinity && b.IsZero) || (a.IsZero && b.IsInfinity)) return X87Operands.Invalid(ref context);
        X87Operands.NoteDenormals(a, b, ref context);
        var negative = a.IsNegative != b.IsNegative;
        if (a.IsInfinity || b.IsInfinity) return Float80.Infinity(negative);
        if (a.IsZero || b.IsZero) return Float80.Zero(negative);
        var (exponentA, significandA) = a.Unpack();
        var (exponentB, significandB) = b.Unpack();
        return X87Round.ToRegister(negative, exponentA + exponentB, (UInt128)significandA * significandB, context.Precision, ref context);
    }

    public static Float80 Divide(Float80 a, Float80 b, ref X87Context context)
    {
        if (X87Operands.TakeNan(a, b, ref context, out var nan)) return nan;
        if ((a.IsInfinity && b.IsInfinity) || (a.IsZero && b.IsZero)) return X87Operands.Invalid(ref context);
        var negative = a.IsNegative != b.IsNegative;
        if (b.IsZero)
        {
            if (!a.IsInfinity) context.Flags |= X87Flags.DivideByZero;
            return Float80.Infinity(negative);
        }
        X87Operands.NoteDenormals(a, b, ref context);
        if (a.IsInfinity) return Float80.Infinity(negative);
        if (b.IsInfinity || a.IsZero) return Float80.Zero(negative);
        var (exponentA, significandA) = a.Unpack();
        var (exponentB, significandB) = b.Unpack();
        var (quotient, rest) = UInt128.DivRem((UInt128)significandA << 64, significandB);
        var (extra, sticky) = UInt128.DivRem(rest << ExtraBits, significandB);
        quotient = quotient << ExtraBits | extra;
        return X87Round.ToRegister(negative, exponentA - exponentB - 65 - ExtraBits, quotient << 1 | (sticky != 0 ? 1u : 0), context.Precision, ref context);
    }

    public static Float80 SquareRoot(Float80 a, ref X87Context context)
    {
        if (X87Operands.TakeNan(a, ref context, out var nan)) return nan;
        if (a.IsZero) return a;
        if (a.IsNegative) return X87Operands.Invalid(ref context);
        X87Operands.NoteDenormals(a, a, ref context);
        if (a.IsInfinity) return a;
        var (exponent, significand) = a.Unpack();
        var radicand = (UInt128)significand << (exponent & 1);
        exponent &= ~1;

        // Digit by digit, from the pair at bit 64 down and on into zeros behind the point.
        UInt128 root = 0, rest = 0;
        var pairs = 33 + 32 + ExtraBits;
        for (var pair = 0; pair < pairs; pair++)
        {
            var shift = 64 - 2 * pair;
            rest = rest << 2 | (shift >= 0 ? radicand >> shift & 3 : 0);
            var trial = root << 2 | 1;
            root <<= 1;
            if (rest < trial) continue;
            rest -= trial;
            root |= 1;
        }
        return X87Round.ToRegister(false, exponent / 2 - (pairs - 33) - 1, root << 1 | (rest != 0 ? 1u : 0), context.Precision, ref context);
    }

    /// <summary>value / 2^shift; the lowest bit stands for what is lost.</summary>
    public static UInt128 Aligned(UInt128 value, int shift)
    {
        if (shift == 0) return value;
        if (shift > 127) return UInt128.One;
        var lost = value & ((UInt128.One << shift) - 1);
        return value >> shift | (lost != 0 ? UInt128.One : UInt128.Zero);
    }

    private static Float80 Sum(Float80 a, Float80 b, bool subtract, ref X87Context context)
    {
        if (X87Operands.TakeNan(a, b, ref context, out var nan)) return nan;
        if (subtract) b = b.Negated;
        if (a.IsInfinity && b.IsInfinity && a.IsNegative != b.IsNegative) return X87Operands.Invalid(ref context);
        X87Operands.NoteDenormals(a, b, ref context);
        if (a.IsInfinity) return a;
        if (b.IsInfinity) return b;
        if (a.IsZero && b.IsZero) return a.IsNegative == b.IsNegative ? a : ExactZero(context);
        if (a.IsZero || b.IsZero) return Rounded(a.IsZero ? b : a, context.Precision, ref context);
        var (exponent, significandA) = a.Unpack();
        var (exponentB, significandB) = b.Unpack();
        if (exponent < exponentB)
        {
            (exponent, exponentB) = (exponentB, exponent);
            (significandA, significandB) = (significandB, significandA);
            (a, b) = (b, a);
        }
        var large = (UInt128)significandA << AlignmentRoom;
        var small = Aligned((UInt128)significandB << AlignmentRoom, exponent - exponentB);
        exponent -= AlignmentRoom;
        if (a.IsNegative == b.IsNegative) return X87Round.ToRegister(a.IsNegative, exponent, large + small, context.Precision, ref context);
        if (large == small) return ExactZero(context);
        return large > small
            ? X87Round.ToRegister(a.IsNegative, exponent, large - small, context.Precision, ref context)
            : X87Round.ToRegister(b.IsNegative, exponent, small - large, context.Precision, ref context);
    }

    /// <summary>A finite number that is not zero, rounded again.</summary>
    public static Float80 Rounded(Float80 value, int precision, ref X87Context context)
    {
        var (exponent, significand) = value.Unpack();
        return X87Round.ToRegister(value.IsNegative, exponent, significand, precision, ref context);
    }

    private static Float80 ExactZero(in X87Context context) => Float80.Zero(context.Rounding == X87Rounding.Down);
}

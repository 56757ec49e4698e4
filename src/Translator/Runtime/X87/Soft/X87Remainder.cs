namespace Tcg.Mttcg.Translator.Runtime;

/// <summary>FPREM, FPREM1, FSCALE and FXTRACT.</summary>
internal static class X87Remainder
{
    // Exponents further apart are reduced in steps; the processor may choose 32 to 63 bits for one (SDM 2A, FPREM).
    private const int MostBits = 63;

    // Beyond any sum of exponents that a register holds.
    private const int ScaleLimit = 0x10000;

    /// <param name="quotient">Its low bits; meaningless if not complete.</param>
    /// <param name="complete">False: the exponents were too far apart, the result is only smaller.</param>
    public static Float80 Remainder(Float80 a, Float80 b, bool toNearest, ref X87Context context, out ulong quotient, out bool complete)
    {
        quotient = 0;
        complete = true;
        if (X87Operands.TakeNan(a, b, ref context, out var nan)) return nan;
        if (a.IsInfinity || b.IsZero) return X87Operands.Invalid(ref context);
        X87Operands.NoteDenormals(a, b, ref context);
        if (a.IsZero) return a;
        if (b.IsInfinity) return X87Arithmetic.Rounded(a, 64, ref context);
        var (exponentA, significandA) = a.Unpack();
        var (exponentB, divisor) = b.Unpack();
        var distance = exponentA - exponentB;
        if (distance < -1 || (distance < 0 && !toNearest)) return Exact(a.IsNegative, exponentA, significandA, ref context);
        var steps = distance;
        if (distance > MostBits)
        {
            complete = false;
            steps = MostBits - 31 + (distance & 31);
        }
        if (distance < 0) return HalfStep(a.IsNegative, exponentA, significandA, divisor, ref context, out quotient);
        UInt128 rest = significandA;
        for (var step = 0; step <= steps; step++)
        {
            if (step > 0) rest <<= 1;
            quotient <<= 1;
            if (rest < divisor) continue;
            rest -= divisor;
            quotient |= 1;
        }
        var negative = a.IsNegative;
        if (complete && toNearest && (rest << 1 > divisor || (rest << 1 == divisor && (quotient & 1) != 0)))
        {
            rest = divisor - rest;
            negative = !negative;
            quotient++;
        }
        return rest == 0 ? Float80.Zero(a.IsNegative) : Exact(negative, exponentA - steps, rest, ref context);
    }

    // FPREM1 of a number below the divisor but above its half: the divisor's exponent is one higher.
    private static Float80 HalfStep(bool negative, int exponent, ulong significand, ulong divisor, ref X87Context context, out ulong quotient)
    {
        quotient = 0;
        if (significand <= divisor) return Exact(negative, exponent, significand, ref context);
        quotient = 1;
        return Exact(!negative, exponent, ((UInt128)divisor << 1) - significand, ref context);
    }

    /// <summary>a * 2^b, b cut to an integer.</summary>
    public static Float80 Scale(Float80 a, Float80 b, ref X87Context context)
    {
        if (X87Operands.TakeNan(a, b, ref context, out var nan)) return nan;
        if ((b.IsInfinity && b.IsNegative && a.IsInfinity) || (b.IsInfinity && !b.IsNegative && a.IsZero)) return X87Operands.Invalid(ref context);
        X87Operands.NoteDenormals(a, b, ref context);
        if (a.IsInfinity || a.IsZero) return a;
        if (b.IsInfinity) return b.IsNegative ? Float80.Zero(a.IsNegative) : Float80.Infinity(a.IsNegative);
        if (b.IsZero) return X87Arithmetic.Rounded(a, 64, ref context);
        var (exponentB, significandB) = b.Unpack();
        var magnitude = exponentB > -47 ? ScaleLimit : exponentB <= -64 ? 0 : (int)(significandB >> -exponentB);
        var (exponent, significand) = a.Unpack();
        return X87Round.ToRegister(a.IsNegative, exponent + (b.IsNegative ? -magnitude : magnitude), significand, 64, ref context);
    }

    /// <summary>The exponent as a number, and the significand with an exponent of zero.</summary>
    public static (Float80 Exponent, Float80 Significand) Extract(Float80 a, ref X87Context context)
    {
        if (X87Operands.TakeNan(a, ref context, out var nan)) return (nan, nan);
        if (a.IsInfinity) return (a.Absolute, a);
        if (a.IsZero)
        {
            context.Flags |= X87Flags.DivideByZero;
            return (Float80.Infinity(true), a);
        }
        X87Operands.NoteDenormals(a, a, ref context);
        var (exponent, significand) = a.Unpack();
        return (X87Convert.FromInteger(exponent + 63), Float80.Of(a.IsNegative, Float80.Bias, significand));
    }

    private static Float80 Exact(bool negative, int exponent, UInt128 significand, ref X87Context context) =>
        X87Round.ToRegister(negative, exponent, significand, 64, ref context);
}

namespace Tcg.Mttcg.Translator.Host.Interpreter.Float;

/// <summary>a * b + c, rounded once (SDM 1, 14.5).</summary>
internal static class FloatFused
{
    // The leading one of an exact value goes here: one bit of room for a carry, and the product's 106 bits fit below.
    private const int TopBit = 125;

    public static ulong MultiplyAdd(ulong a, ulong b, ulong c, bool negateProduct, bool negateAddend, in FloatFormat format, ref FloatContext context)
    {
        a = FloatOperands.Flushed(a, format, context);
        b = FloatOperands.Flushed(b, format, context);
        c = FloatOperands.Flushed(c, format, context);
        if (TakeNan(a, b, c, format, ref context, out var nan)) return nan;
        var negative = format.IsNegative(a) != format.IsNegative(b) != negateProduct;
        if (negateAddend) c ^= format.SignBit;
        var infinite = format.IsInfinity(a) || format.IsInfinity(b);
        if (infinite && (format.IsZero(a) || format.IsZero(b) || (format.IsInfinity(c) && format.IsNegative(c) != negative))) return FloatOperands.Invalid(format, ref context);
        FloatOperands.NoteDenormals(a, b, format, ref context);
        FloatOperands.NoteDenormals(c, c, format, ref context);
        if (infinite) return format.Signed(negative, format.Infinity);
        if (format.IsInfinity(c)) return c;
        return Finite(a, b, c, negative, format, ref context);
    }

    private static ulong Finite(ulong a, ulong b, ulong c, bool negative, in FloatFormat format, ref FloatContext context)
    {
        var negativeC = format.IsNegative(c);
        if (format.IsZero(a) || format.IsZero(b))
        {
            if (format.IsZero(c)) return format.Signed(negative == negativeC ? negative : context.Rounding == RoundingMode.Down, 0);
            var (alone, exact) = SoftFloat.Unpack(c, format);
            return SoftFloat.Round(negativeC, alone, exact, format, ref context);
        }
        var (exponent, product) = Product(a, b, format);
        if (format.IsZero(c)) return SoftFloat.Round(negative, exponent, product, format, ref context);
        var (exponentC, addend) = SoftFloat.Unpack(c, format);
        (exponentC, var aligned) = Normal(exponentC, addend);
        if (exponent < exponentC || (exponent == exponentC && product < aligned))
        {
            (exponent, exponentC) = (exponentC, exponent);
            (product, aligned) = (aligned, product);
            (negative, negativeC) = (negativeC, negative);
        }
        aligned = FloatArithmetic.Aligned(aligned, exponent - exponentC);
        if (negative == negativeC) return SoftFloat.Round(negative, exponent, product + aligned, format, ref context);
        if (product == aligned) return format.Signed(context.Rounding == RoundingMode.Down, 0);
        return SoftFloat.Round(negative, exponent, product - aligned, format, ref context);
    }

    private static (int Exponent, UInt128 Significand) Product(ulong a, ulong b, in FloatFormat format)
    {
        var (exponentA, significandA) = SoftFloat.Unpack(a, format);
        var (exponentB, significandB) = SoftFloat.Unpack(b, format);
        return Normal(exponentA + exponentB, (UInt128)significandA * significandB);
    }

    // With its leading one at TopBit.
    private static (int Exponent, UInt128 Significand) Normal(int exponent, UInt128 significand)
    {
        var shift = (int)UInt128.LeadingZeroCount(significand) - (127 - TopBit);
        return (exponent - shift, significand << shift);
    }

    // The first of a, b and c that is one.
    private static bool TakeNan(ulong a, ulong b, ulong c, in FloatFormat format, ref FloatContext context, out ulong result)
    {
        if (FloatOperands.TakeNan(a, b, format, ref context, out result))
        {
            if (format.IsSignalling(c)) context.Flags |= FloatFlags.Invalid;
            return true;
        }
        return FloatOperands.TakeNan(c, c, format, ref context, out result);
    }
}

namespace Tcg.Mttcg.Translator.Host.Interpreter.Float;

/// <summary>Addition, multiplication, division, square root, minimum and maximum as SSE does them, in any rounding mode.</summary>
internal static class FloatArithmetic
{
    // Two bits below the significands hold what rounding needs to know; the lowest is sticky.
    private const int AlignmentRoom = 66;

    public static ulong Add(ulong a, ulong b, in FloatFormat format, ref FloatContext context)
    {
        if (HostFloat.TryAdd(a, b, format, context, out var quick)) return quick;
        a = FloatOperands.Flushed(a, format, context);
        b = FloatOperands.Flushed(b, format, context);
        if (FloatOperands.TakeNan(a, b, format, ref context, out var nan)) return nan;
        bool negativeA = format.IsNegative(a), negativeB = format.IsNegative(b);
        if (format.IsInfinity(a) && format.IsInfinity(b) && negativeA != negativeB) return FloatOperands.Invalid(format, ref context);
        FloatOperands.NoteDenormals(a, b, format, ref context);
        if (format.IsInfinity(a)) return a;
        if (format.IsInfinity(b)) return b;
        if (format.IsZero(a) && format.IsZero(b)) return negativeA == negativeB ? a : ExactZero(format, context);
        if (format.IsZero(a)) return Exact(b, format, ref context);
        if (format.IsZero(b)) return Exact(a, format, ref context);

        var (exponentA, significandA) = SoftFloat.Unpack(a, format);
        var (exponentB, significandB) = SoftFloat.Unpack(b, format);
        if (exponentA < exponentB)
        {
            (exponentA, exponentB) = (exponentB, exponentA);
            (significandA, significandB) = (significandB, significandA);
            (negativeA, negativeB) = (negativeB, negativeA);
        }
        var large = (UInt128)significandA << AlignmentRoom;
        var small = Aligned((UInt128)significandB << AlignmentRoom, exponentA - exponentB);
        if (negativeA == negativeB) return SoftFloat.Round(negativeA, exponentA - AlignmentRoom, large + small, format, ref context);
        if (large == small) return ExactZero(format, context);
        return large > small
            ? SoftFloat.Round(negativeA, exponentA - AlignmentRoom, large - small, format, ref context)
            : SoftFloat.Round(negativeB, exponentA - AlignmentRoom, small - large, format, ref context);
    }

    public static ulong Subtract(ulong a, ulong b, in FloatFormat format, ref FloatContext context) =>
        format.IsNan(b) ? Add(a, b, format, ref context) : Add(a, b ^ format.SignBit, format, ref context);

    public static ulong Multiply(ulong a, ulong b, in FloatFormat format, ref FloatContext context)
    {
        if (HostFloat.TryMultiply(a, b, format, context, out var quick)) return quick;
        a = FloatOperands.Flushed(a, format, context);
        b = FloatOperands.Flushed(b, format, context);
        if (FloatOperands.TakeNan(a, b, format, ref context, out var nan)) return nan;
        var negative = format.IsNegative(a) != format.IsNegative(b);
        if ((format.IsInfinity(a) && format.IsZero(b)) || (format.IsZero(a) && format.IsInfinity(b))) return FloatOperands.Invalid(format, ref context);
        FloatOperands.NoteDenormals(a, b, format, ref context);
        if (format.IsInfinity(a) || format.IsInfinity(b)) return format.Signed(negative, format.Infinity);
        if (format.IsZero(a) || format.IsZero(b)) return format.Signed(negative, 0);
        var (exponentA, significandA) = SoftFloat.Unpack(a, format);
        var (exponentB, significandB) = SoftFloat.Unpack(b, format);
        return SoftFloat.Round(negative, exponentA + exponentB, (UInt128)significandA * significandB, format, ref context);
    }

    public static ulong Divide(ulong a, ulong b, in FloatFormat format, ref FloatContext context)
    {
        if (HostFloat.TryDivide(a, b, format, context, out var quick)) return quick;
        a = FloatOperands.Flushed(a, format, context);
        b = FloatOperands.Flushed(b, format, context);
        if (FloatOperands.TakeNan(a, b, format, ref context, out var nan)) return nan;
        var negative = format.IsNegative(a) != format.IsNegative(b);
        if ((format.IsInfinity(a) && format.IsInfinity(b)) || (format.IsZero(a) && format.IsZero(b))) return FloatOperands.Invalid(format, ref context);
        if (format.IsZero(b) && !format.IsInfinity(a))
        {
            context.Flags |= FloatFlags.DivideByZero;
            return format.Signed(negative, format.Infinity);
        }
        FloatOperands.NoteDenormals(a, b, format, ref context);
        if (format.IsInfinity(a)) return format.Signed(negative, format.Infinity);
        if (format.IsInfinity(b) || format.IsZero(a)) return format.Signed(negative, 0);

        // A quotient of at least 64 bits: the dividend fills 128, the divisor at most 53.
        var (exponentA, significandA) = SoftFloat.Unpack(a, format);
        var (exponentB, significandB) = SoftFloat.Unpack(b, format);
        var room = (int)UInt128.LeadingZeroCount(significandA);
        var dividend = (UInt128)significandA << room;
        var quotient = dividend / significandB;
        if (quotient * significandB != dividend) quotient |= 1;
        return SoftFloat.Round(negative, exponentA - room - exponentB, quotient, format, ref context);
    }

    /// <summary>Square root of b; a is the old destination and does not matter.</summary>
    public static ulong SquareRoot(ulong a, ulong b, in FloatFormat format, ref FloatContext context)
    {
        b = FloatOperands.Flushed(b, format, context);
        if (FloatOperands.TakeNan(b, b, format, ref context, out var nan)) return nan;
        if (format.IsZero(b)) return b;
        if (format.IsNegative(b)) return FloatOperands.Invalid(format, ref context);
        FloatOperands.NoteDenormals(b, b, format, ref context);
        if (format.IsInfinity(b)) return b;

        var (exponent, significand) = SoftFloat.Unpack(b, format);
        var room = (int)UInt128.LeadingZeroCount(significand) - 1;
        if (((exponent - room) & 1) != 0) room--;
        var square = (UInt128)significand << room;
        var root = SoftFloat.SquareRoot(square);
        var exact = root * root == square;
        return SoftFloat.Round(false, (exponent - room) / 2 - 1, (root << 1) | (exact ? 0u : 1u), format, ref context);
    }

    /// <summary>MIN: b unless a is smaller. NaNs and zeros give b, as does equality.</summary>
    public static ulong Minimum(ulong a, ulong b, in FloatFormat format, ref FloatContext context) => Extreme(a, b, FloatOrder.Less, format, ref context);

    /// <summary>MAX: b unless a is larger.</summary>
    public static ulong Maximum(ulong a, ulong b, in FloatFormat format, ref FloatContext context) => Extreme(a, b, FloatOrder.Greater, format, ref context);

    private static ulong Extreme(ulong a, ulong b, FloatOrder wanted, in FloatFormat format, ref FloatContext context)
    {
        var order = FloatCompare.Order(a, b, signalling: true, format, ref context);
        return FloatOperands.Flushed(order == wanted ? a : b, format, context);
    }

    /// <summary>value / 2^shift; the lowest bit stands for what is lost.</summary>
    public static UInt128 Aligned(UInt128 value, int shift)
    {
        if (shift == 0) return value;
        if (shift > 127) return UInt128.One;
        var lost = value & ((UInt128.One << shift) - 1);
        return (value >> shift) | (lost != 0 ? UInt128.One : UInt128.Zero);
    }

    private static ulong ExactZero(in FloatFormat format, in FloatContext context) => format.Signed(context.Rounding == RoundingMode.Down, 0);

    // x + 0 is exact, but a denormal result may still be flushed.
    private static ulong Exact(ulong value, in FloatFormat format, ref FloatContext context)
    {
        var (exponent, significand) = SoftFloat.Unpack(value, format);
        return SoftFloat.Round(format.IsNegative(value), exponent, significand, format, ref context);
    }
}

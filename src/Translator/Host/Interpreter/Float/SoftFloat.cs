using System.Numerics;

namespace Tcg.Mttcg.Translator.Host.Interpreter.Float;

/// <summary>
/// Rounding of exact values into a format, with MXCSR's rounding modes, masked responses and sticky flags (SDM 1, 4.8.4 and 11.5). Arithmetic is in
/// <see cref="FloatArithmetic"/>: it forms the exact value, the lowest bit standing for everything below it, and rounds once here.
/// </summary>
internal static class SoftFloat
{
    /// <summary>Rounds significand * 2^exponent; the significand is not zero and has at least two bits to spare where it is not exact.</summary>
    public static ulong Round(bool negative, int exponent, UInt128 significand, in FloatFormat format, ref FloatContext context)
    {
        var top = 127 - (int)UInt128.LeadingZeroCount(significand);
        var magnitude = exponent + top;
        var minimum = 1 - format.Bias;
        var tiny = magnitude < minimum;
        if (tiny && magnitude == minimum - 1)
        {
            // Tininess is judged after rounding as if the exponent had no bound: the value may round up to the smallest normal number.
            var unbounded = Shift(negative, significand, top - format.FractionBits, context.Rounding, out _);
            tiny = unbounded >> format.FractionBits == 1;
        }
        var lowest = Math.Max(magnitude, minimum) - format.FractionBits;
        var rounded = Shift(negative, significand, lowest - exponent, context.Rounding, out var inexact);

        if (tiny && (context.Masked & FloatFlags.Underflow) == 0)
        {
            // Unmasked, it is raised for an exact value too, and only what the format's precision loses is inexact.
            Shift(negative, significand, top - format.FractionBits, context.Rounding, out inexact);
            context.Flags |= inexact ? FloatFlags.Underflow | FloatFlags.Inexact : FloatFlags.Underflow;
            return 0;
        }
        if (tiny && context.FlushToZero)
        {
            context.Flags |= FloatFlags.Underflow | FloatFlags.Inexact;
            return format.Signed(negative, 0);
        }
        if (inexact) context.Flags |= tiny ? FloatFlags.Inexact | FloatFlags.Underflow : FloatFlags.Inexact;

        // The leading one of a normal number adds one to the exponent field; so does a carry out of rounding.
        var field = magnitude < minimum ? 0 : magnitude + format.Bias - 1;
        if (field >= format.MaxExponent) return Overflow(negative, format, ref context);
        var bits = ((ulong)field << format.FractionBits) + rounded;
        return bits >= format.Infinity ? Overflow(negative, format, ref context) : format.Signed(negative, bits);
    }

    /// <summary>value / 2^shift, rounded to an integer; inexact tells whether bits were lost.</summary>
    public static ulong Shift(bool negative, UInt128 value, int shift, RoundingMode rounding, out bool inexact)
    {
        inexact = false;
        if (shift <= 0) return (ulong)(value << -shift);
        var kept = shift > 127 ? 0 : (ulong)(value >> shift);
        var rest = shift > 127 ? value : value & ((UInt128.One << shift) - 1);
        inexact = rest != 0;
        if (!inexact) return kept;
        var half = shift > 128 ? UInt128.Zero : UInt128.One << (shift - 1);
        var up = rounding switch
        {
            RoundingMode.Nearest => half != 0 && (rest > half || (rest == half && (kept & 1) != 0)),
            RoundingMode.Down => negative,
            RoundingMode.Up => !negative,
            _ => false,
        };
        return up ? kept + 1 : kept;
    }

    /// <summary>A finite non-zero number as an integer significand and an exponent.</summary>
    public static (int Exponent, ulong Significand) Unpack(ulong value, in FloatFormat format)
    {
        var field = format.Exponent(value);
        var fraction = value & format.FractionMask;
        return (Math.Max(field, 1) - format.Bias - format.FractionBits, field == 0 ? fraction : fraction | (1ul << format.FractionBits));
    }

    /// <summary>The largest integer whose square does not exceed the value.</summary>
    public static UInt128 SquareRoot(UInt128 value)
    {
        UInt128 root = 0;
        for (var bit = UInt128.One << ((127 - (int)UInt128.LeadingZeroCount(value | 1)) / 2); bit != 0; bit >>= 1)
        {
            var trial = root | bit;
            if (trial * trial <= value) root = trial;
        }
        return root;
    }

    private static ulong Overflow(bool negative, in FloatFormat format, ref FloatContext context)
    {
        // Unmasked, it is inexact only if the format's precision lost something.
        context.Flags |= (context.Masked & FloatFlags.Overflow) != 0 ? FloatFlags.Overflow | FloatFlags.Inexact : FloatFlags.Overflow;
        var toInfinity = context.Rounding switch
        {
            RoundingMode.Nearest => true,
            RoundingMode.Down => negative,
            RoundingMode.Up => !negative,
            _ => false,
        };
        return format.Signed(negative, toInfinity ? format.Infinity : format.Infinity - 1);
    }
}

namespace Tcg.Mttcg.Translator.Runtime;

/// <summary>A format to round to: bits of the significand and the exponents of its normal numbers.</summary>
internal readonly record struct X87Format(int Precision, int MinExponent, int MaxExponent)
{
    public static readonly X87Format Single = new(24, -126, 127);
    public static readonly X87Format Double = new(53, -1022, 1023);

    /// <summary>Registers: the exponent has its full range whatever the precision.</summary>
    public static X87Format Register(int precision) => new(precision, Float80.MinExponent, Float80.Bias);
}

/// <summary>Rounding of exact values, with the masked and unmasked responses to what that meets (SDM 1, 4.9.1 and 8.5).</summary>
internal static class X87Round
{
    /// <summary>What an unmasked overflow or underflow changes the exponent of a register by, so that it fits (SDM 1, 8.5.4).</summary>
    private const int Wrap = 24576;

    /// <summary>significand * 2^exponent in a register; the significand's lowest bit stands for everything below it.</summary>
    public static Float80 ToRegister(bool negative, int exponent, UInt128 significand, int precision, ref X87Context context)
    {
        var format = X87Format.Register(precision);
        if (significand == 0) return Float80.Zero(negative);
        if (!TryRound(negative, exponent, significand, format, true, ref context, out var lowest, out var rounded)) return Overflowed(negative, format, ref context);
        if (rounded == 0) return Float80.Zero(negative);
        var top = 127 - (int)UInt128.LeadingZeroCount(rounded);
        var magnitude = lowest + top;
        if (magnitude >= Float80.MinExponent) return Float80.Of(negative, magnitude + Float80.Bias, (ulong)(top > 63 ? rounded >> (top - 63) : rounded << (63 - top)));
        return Float80.Of(negative, 0, (ulong)(rounded << (lowest - (Float80.MinExponent - 63))));
    }

    /// <summary>The bits of a single or double.</summary>
    public static ulong ToMemory(Float80 value, in X87Format format, ref X87Context context)
    {
        var fractionBits = format.Precision - 1;
        var bias = format.MaxExponent;
        var infinity = (ulong)(2 * bias + 1) << fractionBits;
        var sign = value.IsNegative ? (ulong)(bias + 1) << (fractionBits + 1) : 0;
        if (value.IsUnsupported || value.IsNan)
        {
            if (value.IsUnsupported || value.IsSignalling) context.Flags |= X87Flags.Invalid;
            if (value.IsUnsupported) (value, sign) = (Float80.Indefinite, (ulong)(bias + 1) << (fractionBits + 1));
            return sign | infinity | (1ul << (fractionBits - 1)) | (value.Significand << 1 >> (64 - fractionBits));
        }
        if (value.IsInfinity) return sign | infinity;
        if (value.IsZero) return sign;
        var (exponent, significand) = value.Unpack();
        if (!TryRound(value.IsNegative, exponent, significand, format, false, ref context, out var lowest, out var rounded))
            return sign | (Overflowed(value.IsNegative, format, ref context).IsInfinity ? infinity : infinity - 1);
        // A leading one, if there is one, adds to the exponent field below it.
        var field = lowest + fractionBits - format.MinExponent;
        return sign | (((ulong)field << fractionBits) + (ulong)rounded);
    }

    /// <summary>value / 2^shift, rounded to an integer.</summary>
    public static UInt128 Shift(bool negative, UInt128 value, int shift, X87Rounding rounding, out bool inexact, out bool up)
    {
        inexact = up = false;
        if (shift <= 0) return value << -shift;
        var kept = shift > 127 ? 0 : value >> shift;
        var rest = shift > 127 ? value : value & ((UInt128.One << shift) - 1);
        inexact = rest != 0;
        var half = shift > 128 ? UInt128.Zero : UInt128.One << (shift - 1);
        up = inexact && rounding switch
        {
            X87Rounding.Nearest => half != 0 && (rest > half || (rest == half && (kept & 1) != 0)),
            X87Rounding.Down => negative,
            X87Rounding.Up => !negative,
            _ => false,
        };
        return up ? kept + 1 : kept;
    }

    // The rounded value is rounded * 2^lowest. False: it overflows, by the masked response.
    private static bool TryRound(
        bool negative, int exponent, UInt128 significand, in X87Format format, bool wraps, ref X87Context context, out int lowest, out UInt128 rounded)
    {
        var top = 127 - (int)UInt128.LeadingZeroCount(significand);
        var magnitude = exponent + top;
        if (magnitude < format.MinExponent && IsTiny(negative, significand, top, magnitude, format, context))
        {
            if (context.IsUnmasked(X87Flags.Underflow)) Unmasked(X87Flags.Underflow, wraps ? Wrap : 0, ref exponent, ref magnitude, ref context);
            else return Denormal(negative, exponent, significand, format, ref context, out lowest, out rounded);
        }
        // FSCALE can go beyond what an unmasked response mends: zero.
        if (wraps && magnitude < format.MinExponent - 1)
        {
            context.Flags |= X87Flags.Inexact;
            (lowest, rounded) = (0, 0);
            return true;
        }
        lowest = Math.Max(magnitude, context.Unstorable ? int.MinValue : format.MinExponent) - (format.Precision - 1);
        rounded = Shift(negative, significand, lowest - exponent, context.Rounding, out var inexact, out var up);
        var carried = rounded >> format.Precision != 0 ? 1 : 0;
        if (magnitude + carried > format.MaxExponent)
        {
            if (!context.IsUnmasked(X87Flags.Overflow)) return false;
            Unmasked(X87Flags.Overflow, wraps ? -Wrap : 0, ref exponent, ref magnitude, ref context);
            // Likewise: infinity, in any rounding mode.
            if (wraps && magnitude + carried > format.MaxExponent)
            {
                context.Rounding = negative ? X87Rounding.Down : X87Rounding.Up;
                return false;
            }
            lowest = magnitude - (format.Precision - 1);
        }
        if (inexact && !context.Unstorable) context.Flags |= X87Flags.Inexact;
        context.RoundedUp = up;
        return true;
    }

    // Tiny after rounding as if the exponent had no bound (SDM 1, 4.9.1.5).
    private static bool IsTiny(bool negative, UInt128 significand, int top, int magnitude, in X87Format format, in X87Context context) =>
        magnitude < format.MinExponent - 1
        || Shift(negative, significand, top - (format.Precision - 1), context.Rounding, out _, out _) >> format.Precision == 0;

    private static bool Denormal(bool negative, int exponent, UInt128 significand, in X87Format format, ref X87Context context, out int lowest, out UInt128 rounded)
    {
        lowest = format.MinExponent - (format.Precision - 1);
        rounded = Shift(negative, significand, lowest - exponent, context.Rounding, out var inexact, out var up);
        if (inexact) context.Flags |= X87Flags.Underflow | X87Flags.Inexact;
        context.RoundedUp = up;
        return true;
    }

    private static void Unmasked(X87Flags flag, int wrap, ref int exponent, ref int magnitude, ref X87Context context)
    {
        context.Flags |= flag;
        context.Unstorable |= wrap == 0;
        exponent += wrap;
        magnitude += wrap;
    }

    private static Float80 Overflowed(bool negative, in X87Format format, ref X87Context context)
    {
        context.Flags |= X87Flags.Overflow | X87Flags.Inexact;
        context.RoundedUp = context.Rounding switch
        {
            X87Rounding.Nearest => true,
            X87Rounding.Down => negative,
            X87Rounding.Up => !negative,
            _ => false,
        };
        return context.RoundedUp ? Float80.Infinity(negative) : Float80.Of(negative, Float80.MaxField - 1, ulong.MaxValue << (64 - format.Precision));
    }
}

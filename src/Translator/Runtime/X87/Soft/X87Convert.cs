namespace Tcg.Mttcg.Translator.Runtime;

/// <summary>Conversions from and to what memory operands hold.</summary>
internal static class X87Convert
{
    private const ulong BcdLimit = 1_000_000_000_000_000_000;
    private const int BcdDigits = 18;

    public static Float80 FromInteger(long value)
    {
        if (value == 0) return Float80.Zero(false);
        var magnitude = value < 0 ? (ulong)-value : (ulong)value;
        var shift = System.Numerics.BitOperations.LeadingZeroCount(magnitude);
        return Float80.Of(value < 0, Float80.Bias + 63 - shift, magnitude << shift);
    }

    /// <summary>A single or double, exactly. A signalling NaN stays one.</summary>
    public static Float80 FromMemory(ulong bits, in X87Format format)
    {
        var fractionBits = format.Precision - 1;
        var maximum = 2 * format.MaxExponent + 1;
        var negative = (bits >> fractionBits & (ulong)(maximum + 1)) != 0;
        var field = (int)(bits >> fractionBits) & maximum;
        var fraction = bits << (64 - fractionBits) >> 1;
        if (field == maximum) return Float80.Of(negative, Float80.MaxField, Float80.IntegerBit | fraction);
        if (field != 0) return Float80.Of(negative, field - format.MaxExponent + Float80.Bias, Float80.IntegerBit | fraction);
        if (fraction == 0) return Float80.Zero(negative);
        var shift = System.Numerics.BitOperations.LeadingZeroCount(fraction);
        return Float80.Of(negative, format.MinExponent + Float80.Bias - shift, fraction << shift);
    }

    public static bool IsDenormal(ulong bits, in X87Format format)
    {
        var fractionBits = format.Precision - 1;
        return (bits >> fractionBits & (ulong)(2 * format.MaxExponent + 1)) == 0 && bits << (64 - fractionBits) != 0;
    }

    /// <summary>FLD of a single or double: a signalling NaN is quieted and a denormal noted, as in arithmetic.</summary>
    public static Float80 Load(ulong bits, in X87Format format, ref X87Context context)
    {
        var value = FromMemory(bits, format);
        if (X87Operands.TakeNan(value, ref context, out var nan)) return nan;
        if (IsDenormal(bits, format)) context.Flags |= X87Flags.Denormal;
        return value;
    }

    /// <summary>To a signed integer; what does not fit gives its smallest number.</summary>
    public static ulong ToInteger(Float80 value, int bits, ref X87Context context)
    {
        var limit = 1ul << (bits - 1);
        if (!TryMagnitude(value, ref context, out var magnitude, out var inexact, out var up) || magnitude > (value.IsNegative ? limit : limit - 1))
        {
            context.Flags |= X87Flags.Invalid;
            context.RoundedUp = false;
            return limit;
        }
        Note(inexact, up, ref context);
        return value.IsNegative ? 0 - magnitude : magnitude;
    }

    /// <summary>Ten bytes, two decimal digits each, the sign in the last (SDM 1, 4.7).</summary>
    public static void ToBcd(Float80 value, Span<byte> to, ref X87Context context)
    {
        if (!TryMagnitude(value, ref context, out var magnitude, out var inexact, out var up) || magnitude >= BcdLimit)
        {
            context.Flags |= X87Flags.Invalid;
            context.RoundedUp = false;
            to.Clear();
            to[7] = 0xc0;
            to[8] = to[9] = 0xff;
            return;
        }
        Note(inexact, up, ref context);
        for (var index = 0; index < BcdDigits / 2; index++, magnitude /= 100) to[index] = (byte)(magnitude % 10 | magnitude / 10 % 10 << 4);
        to[9] = value.IsNegative ? (byte)0x80 : (byte)0;
    }

    public static Float80 FromBcd(ReadOnlySpan<byte> from)
    {
        ulong magnitude = 0;
        for (var index = BcdDigits / 2 - 1; index >= 0; index--) magnitude = magnitude * 100 + (uint)(from[index] >> 4) * 10 + (from[index] & 15u);
        var value = FromInteger((long)magnitude);
        return (from[9] & 0x80) != 0 ? value.Negated : value;
    }

    /// <summary>FRNDINT.</summary>
    public static Float80 ToIntegral(Float80 value, ref X87Context context)
    {
        if (X87Operands.TakeNan(value, ref context, out var nan)) return nan;
        X87Operands.NoteDenormals(value, value, ref context);
        if (value.IsZero || value.IsInfinity || value.Field >= Float80.Bias + 63) return value;
        TryMagnitude(value, ref context, out var magnitude, out var inexact, out var up);
        Note(inexact, up, ref context);
        if (magnitude == 0) return Float80.Zero(value.IsNegative);
        var shift = System.Numerics.BitOperations.LeadingZeroCount(magnitude);
        return Float80.Of(value.IsNegative, Float80.Bias + 63 - shift, magnitude << shift);
    }

    private static void Note(bool inexact, bool up, ref X87Context context)
    {
        if (inexact) context.Flags |= X87Flags.Inexact;
        context.RoundedUp = up;
    }

    private static bool TryMagnitude(Float80 value, ref X87Context context, out ulong magnitude, out bool inexact, out bool up)
    {
        magnitude = 0;
        inexact = up = false;
        if (value.IsZero) return true;
        if (value.IsUnsupported || value.Field == Float80.MaxField || value.Field > Float80.Bias + 63) return false;
        var (exponent, significand) = value.Unpack();
        var rounded = X87Round.Shift(value.IsNegative, significand, -exponent, context.Rounding, out inexact, out up);
        magnitude = (ulong)rounded;
        return rounded <= ulong.MaxValue;
    }
}

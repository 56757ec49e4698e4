namespace Tcg.Mttcg.Translator.Host.Interpreter.Float;

/// <summary>Conversions between formats and integers, and rounding to an integral value.</summary>
internal static class FloatConvert
{
    /// <summary>From one format to another.</summary>
    public static ulong Between(ulong value, in FloatFormat from, in FloatFormat to, ref FloatContext context)
    {
        value = FloatOperands.Flushed(value, from, context);
        var negative = from.IsNegative(value);
        if (from.IsNan(value))
        {
            if (from.IsSignalling(value)) context.Flags |= FloatFlags.Invalid;
            var payload = value & from.FractionMask;
            var shift = to.FractionBits - from.FractionBits;
            return to.Signed(negative, to.Infinity | to.QuietBit | (shift >= 0 ? payload << shift : payload >> -shift));
        }
        FloatOperands.NoteDenormals(value, value, from, ref context);
        if (from.IsInfinity(value)) return to.Signed(negative, to.Infinity);
        if (from.IsZero(value)) return to.Signed(negative, 0);
        var (exponent, significand) = SoftFloat.Unpack(value, from);
        return SoftFloat.Round(negative, exponent, significand, to, ref context);
    }

    public static ulong FromInteger(long value, in FloatFormat format, ref FloatContext context)
    {
        if (value == 0) return 0;
        var magnitude = value < 0 ? (ulong)-value : (ulong)value;
        return SoftFloat.Round(value < 0, 0, magnitude, format, ref context);
    }

    /// <summary>To a signed integer of 32 or 64 bits; what does not fit gives the integer indefinite, its smallest number.</summary>
    public static ulong ToInteger(ulong value, int bits, RoundingMode rounding, in FloatFormat format, ref FloatContext context)
    {
        var indefinite = 1ul << (bits - 1);
        value = FloatOperands.Flushed(value, format, context);
        if (format.IsZero(value)) return 0;
        if (format.Exponent(value) == format.MaxExponent) return Indefinite(indefinite, ref context);
        var negative = format.IsNegative(value);
        var (exponent, significand) = SoftFloat.Unpack(value, format);
        if (exponent > 63 - format.FractionBits) return Indefinite(indefinite, ref context);
        var magnitude = SoftFloat.Shift(negative, significand, -exponent, rounding, out var inexact);
        if (magnitude > (negative ? indefinite : indefinite - 1)) return Indefinite(indefinite, ref context);
        if (inexact) context.Flags |= FloatFlags.Inexact;
        var result = negative ? 0 - magnitude : magnitude;
        return bits == 32 ? (uint)result : result;
    }

    /// <summary>ROUNDPS and its kin: immediate bit 2 takes MXCSR's mode, bit 3 keeps inexactness quiet.</summary>
    public static ulong ToIntegral(ulong value, int control, in FloatFormat format, ref FloatContext context)
    {
        value = FloatOperands.Flushed(value, format, context);
        if (FloatOperands.TakeNan(value, value, format, ref context, out var nan)) return nan;
        if (format.IsZero(value) || format.IsInfinity(value)) return value;
        var (exponent, significand) = SoftFloat.Unpack(value, format);
        if (exponent >= 0) return value;
        var negative = format.IsNegative(value);
        var mode = (control & 4) != 0 ? context.Rounding : (RoundingMode)(control & 3);
        var integral = SoftFloat.Shift(negative, significand, -exponent, mode, out var inexact);
        if (inexact && (control & 8) == 0) context.Flags |= FloatFlags.Inexact;
        if (integral == 0) return format.Signed(negative, 0);
        var exact = default(FloatContext);
        return SoftFloat.Round(negative, 0, integral, format, ref exact);
    }

    private static ulong Indefinite(ulong indefinite, ref FloatContext context)
    {
        context.Flags |= FloatFlags.Invalid;
        return indefinite;
    }
}

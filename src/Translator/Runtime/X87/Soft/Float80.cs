namespace Tcg.Mttcg.Translator.Runtime;

/// <summary>A double extended-precision number (SDM 1, 4.2.2 and table 4-3): a significand with its integer bit, and sign and biased exponent.</summary>
internal readonly record struct Float80(ulong Significand, ushort High)
{
    public const int Bias = 16383, MaxField = 0x7fff, MinExponent = -16382;
    public const ulong IntegerBit = 1ul << 63, QuietBit = 1ul << 62;
    private const ushort Sign = 0x8000;

    /// <summary>What an invalid operation gives: the real indefinite.</summary>
    public static readonly Float80 Indefinite = new(IntegerBit | QuietBit, 0xffff);

    public static readonly Float80 One = new(IntegerBit, Bias);

    public static Float80 Zero(bool negative) => new(0, negative ? Sign : (ushort)0);

    public static Float80 Infinity(bool negative) => new(IntegerBit, (ushort)(MaxField | (negative ? Sign : 0)));

    public static Float80 Of(bool negative, int field, ulong significand) => new(significand, (ushort)(field | (negative ? Sign : 0)));

    public int Field => High & MaxField;
    public bool IsNegative => (High & Sign) != 0;
    public bool IsZero => Field == 0 && Significand == 0;
    public bool IsInfinity => Field == MaxField && Significand == IntegerBit;
    public bool IsNan => Field == MaxField && Significand > IntegerBit;
    public bool IsSignalling => IsNan && (Significand & QuietBit) == 0;

    /// <summary>Pseudo-denormals included: they are denormal operands (SDM 1, 8.2.2).</summary>
    public bool IsDenormal => Field == 0 && Significand != 0;

    /// <summary>Unnormals, pseudo-NaNs and pseudo-infinities: no operands since the 387.</summary>
    public bool IsUnsupported => Field != 0 && (Significand & IntegerBit) == 0;

    public Float80 Quieted => this with { Significand = Significand | QuietBit };
    public Float80 Negated => this with { High = (ushort)(High ^ Sign) };
    public Float80 Absolute => this with { High = (ushort)(High & ~Sign) };

    /// <summary>A finite number that is not zero: significand * 2^exponent, the significand with its leading one at bit 63.</summary>
    public (int Exponent, ulong Significand) Unpack()
    {
        var shift = System.Numerics.BitOperations.LeadingZeroCount(Significand);
        return (Math.Max(Field, 1) - Bias - 63 - shift, Significand << shift);
    }
}

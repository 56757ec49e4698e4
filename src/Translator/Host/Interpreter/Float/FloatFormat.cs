namespace Tcg.Mttcg.Translator.Host.Interpreter.Float;

/// <summary>An IEEE 754 binary format of at most 64 bits. Values are passed as their bits, zero-extended.</summary>
internal readonly struct FloatFormat(int fractionBits, int exponentBits)
{
    public static readonly FloatFormat Half = new(10, 5);
    public static readonly FloatFormat Single = new(23, 8);
    public static readonly FloatFormat Double = new(52, 11);

    public int FractionBits { get; } = fractionBits;
    public int MaxExponent { get; } = (1 << exponentBits) - 1;
    public int Bias { get; } = (1 << (exponentBits - 1)) - 1;

    public int Bits { get; } = fractionBits + exponentBits + 1;

    public ulong SignBit => 1ul << (Bits - 1);
    public int Bytes => Bits / 8;
    public ulong FractionMask => (1ul << FractionBits) - 1;
    public ulong Infinity => (ulong)MaxExponent << FractionBits;
    public ulong QuietBit => 1ul << (FractionBits - 1);

    /// <summary>What an invalid operation gives: the negative quiet NaN of zero payload (SDM 1, 4.8.3.7).</summary>
    public ulong DefaultNan => SignBit | Infinity | QuietBit;

    public int Exponent(ulong value) => (int)(value >> FractionBits) & MaxExponent;
    public bool IsNan(ulong value) => (value & ~SignBit) > Infinity;
    public bool IsSignalling(ulong value) => IsNan(value) && (value & QuietBit) == 0;
    public bool IsInfinity(ulong value) => (value & ~SignBit) == Infinity;
    public bool IsZero(ulong value) => (value & ~SignBit) == 0;
    public bool IsDenormal(ulong value) => Exponent(value) == 0 && (value & FractionMask) != 0;
    public bool IsNegative(ulong value) => (value & SignBit) != 0;
    public bool IsNormal(ulong value) => (uint)(Exponent(value) - 1) < (uint)(MaxExponent - 1);
    public ulong Signed(bool negative, ulong magnitude) => negative ? SignBit | magnitude : magnitude;
}

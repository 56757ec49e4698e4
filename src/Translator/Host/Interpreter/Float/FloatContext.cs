namespace Tcg.Mttcg.Translator.Host.Interpreter.Float;

/// <summary>Exception flags of MXCSR (SDM 1, 10.2.3); their masks lie seven bits higher.</summary>
[Flags]
internal enum FloatFlags : uint
{
    None = 0,
    Invalid = 1,
    Denormal = 2,
    DivideByZero = 4,
    Overflow = 8,
    Underflow = 16,
    Inexact = 32,
    All = 63,

    /// <summary>Found before anything is computed.</summary>
    OfOperands = Invalid | Denormal | DivideByZero,
}

/// <summary>Rounding control, by encoding.</summary>
internal enum RoundingMode : byte { Nearest, Down, Up, Zero }

/// <summary>MXCSR as an operation sees it, and the exceptions it has met.</summary>
internal struct FloatContext(uint mxcsr)
{
    private const int MaskShift = 7;
    private const uint DenormalsAreZeroBit = 1 << 6, FlushToZeroBit = 1 << 15;

    public FloatFlags Flags;

    public RoundingMode Rounding = (RoundingMode)((mxcsr >> 13) & 3);
    public bool DenormalsAreZero = (mxcsr & DenormalsAreZeroBit) != 0;
    public bool FlushToZero = (mxcsr & FlushToZeroBit) != 0;

    /// <summary>Exceptions that are masked: the processor supplies a result.</summary>
    public readonly FloatFlags Masked = (FloatFlags)(mxcsr >> MaskShift) & FloatFlags.All;

    /// <summary>Host arithmetic gives what MXCSR asks for, if its operands and result are normal: nearest rounding, and an inexact result is no news.</summary>
    public readonly bool HostWillDo = ((mxcsr >> 13) & 3) == 0 && (mxcsr & (uint)FloatFlags.Inexact) != 0 && (mxcsr & ((uint)FloatFlags.Inexact << MaskShift)) != 0;

    public readonly FloatFlags Unmasked => Flags & ~Masked;

    // Of the stages before this one, in an instruction of several.
    private FloatFlags _earlier;

    /// <summary>An instruction that computes on its own results: true if an unmasked exception ends it here.</summary>
    public bool EndsAtStage()
    {
        if (Unmasked != 0) return true;
        _earlier = Flags;
        return false;
    }

    /// <summary>What MXCSR gets. An unmasked exception of the operands comes before any result, so that the results raise nothing (SDM 1 11.5.3).</summary>
    public readonly FloatFlags Raised => (Unmasked & FloatFlags.OfOperands) != 0 ? Flags & FloatFlags.OfOperands | _earlier : Flags;
}

namespace Tcg.Mttcg.Translator.Runtime;

/// <summary>Exceptions as the status word has them (SDM 1, 8.1.3.3).</summary>
[Flags]
internal enum X87Flags : ushort
{
    None = 0,
    Invalid = 1,
    Denormal = 2,
    DivideByZero = 4,
    Overflow = 8,
    Underflow = 16,
    Inexact = 32,
    All = 63,
    StackFault = 64,

    /// <summary>Found before a result exists: unmasked, nothing is stored.</summary>
    OfOperands = Invalid | Denormal | DivideByZero,
}

internal enum X87Rounding : byte { Nearest, Down, Up, Zero }

/// <summary>The control word as an operation sees it, and what it has met.</summary>
internal struct X87Context(ushort control)
{
    public X87Rounding Rounding = (X87Rounding)(control >> 10 & 3);

    /// <summary>Bits of the significand that arithmetic keeps (SDM 1, 8.1.5.2).</summary>
    public readonly int Precision = (control >> 8 & 3) switch { 0 => 24, 2 => 53, _ => 64 };

    public readonly X87Flags Masked = (X87Flags)control & X87Flags.All;

    public X87Flags Flags;

    /// <summary>The last rounding went away from zero: C1.</summary>
    public bool RoundedUp;

    /// <summary>A result for memory overflowed or underflowed with that exception unmasked: it is not stored (SDM 1, 8.5.4 and 8.5.5).</summary>
    public bool Unstorable;

    public readonly bool IsUnmasked(X87Flags flag) => (Masked & flag) == 0;
}

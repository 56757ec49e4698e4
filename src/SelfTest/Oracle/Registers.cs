namespace Tcg.Mttcg.SelfTest.Oracle;

/// <summary>What a user program sees of a processor, as the native stub loads and stores it.</summary>
internal unsafe struct Registers
{
    public const int FlagsOffset = 128, MxCsrOffset = 136, VectorOffset = 144;

    /// <summary>Bytes of a vector register: YMM. Upper halves stay as they were where the host has no AVX.</summary>
    public const int VectorBytes = 32;

    public fixed ulong Gpr[16];
    public ulong Flags;
    public ulong MxCsr;
    public fixed byte Vector[16 * VectorBytes];

    /// <summary>Control and status words, and one tag bit a physical register (1: in use), as FXSAVE has them.</summary>
    public ushort X87Control, X87Status, X87InUse;

    /// <summary>ST0 to ST7, ten bytes each in sixteen.</summary>
    public fixed byte St[8 * 16];

    /// <summary>What software finds after reset, or leaves alone: all exceptions masked, interrupts on.</summary>
    public static Registers Default => new() { Flags = 0x202, MxCsr = 0x1f80, X87Control = 0x37f };

    public readonly int X87Top => (X87Status >> 11) & 7;

    public const uint ArithmeticFlags = 0x8d5;

    /// <summary>With DF.</summary>
    public const uint ComparedFlags = ArithmeticFlags | 0x400;
}

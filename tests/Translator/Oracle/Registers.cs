namespace Tcg.Mttcg.Translator.Tests.Oracle;

/// <summary>What a user program sees of a processor, as the native stub loads and stores it.</summary>
internal unsafe struct Registers
{
    public const int FlagsOffset = 128, MxCsrOffset = 136, VectorOffset = 144, Size = VectorOffset + 16 * 16;

    public fixed ulong Gpr[16];
    public ulong Flags;
    public ulong MxCsr;
    public fixed byte Vector[16 * 16];

    public const uint ArithmeticFlags = 0x8d5;
}

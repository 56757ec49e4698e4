using Iced.Intel;

namespace Tcg.Mttcg.SelfTest.Oracle;

/// <summary>Which instructions raise #GP for a memory operand off its natural boundary (SDM 1 10.2.2, SDM 2A table 2-14).</summary>
internal static class Alignment
{
    private const int VectorBytes = 16;

    private static readonly HashSet<Mnemonic> AlwaysAligned =
    [
        Mnemonic.Vmovaps, Mnemonic.Vmovapd, Mnemonic.Vmovdqa, Mnemonic.Vmovntps, Mnemonic.Vmovntpd, Mnemonic.Vmovntdq, Mnemonic.Vmovntdqa,
    ];

    private static readonly HashSet<Mnemonic> NeverAligned =
    [
        Mnemonic.Movups, Mnemonic.Movupd, Mnemonic.Movdqu, Mnemonic.Lddqu, Mnemonic.Pcmpestri, Mnemonic.Pcmpestrm, Mnemonic.Pcmpistri, Mnemonic.Pcmpistrm,
        Mnemonic.Pcmpestri64, Mnemonic.Pcmpestrm64,
    ];

    public static bool IsRequired(in Instruction instruction)
    {
        if (AlwaysAligned.Contains(instruction.Mnemonic)) return true;
        if (instruction.Encoding != EncodingKind.Legacy) return false;
        return instruction.MemorySize.GetSize() >= VectorBytes && !NeverAligned.Contains(instruction.Mnemonic);
    }
}

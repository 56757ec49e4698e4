using Iced.Intel;

namespace Tcg.Mttcg.SelfTest.Oracle;

/// <summary>
/// Bytes of a stored x87 image that differ from processor to processor: instruction and data pointers and the opcode, which some keep for waiting
/// exceptions only, their selectors, and the mask of MXCSR (SDM 1, 8.1.8 and 10.5.1.1).
/// </summary>
internal static class UnpromisedBytes
{
    private readonly record struct Range(int Start, int End);

    private static readonly Range[] Environment14 = [new(6, 14)], Environment28 = [new(12, 28)], FxArea = [new(6, 24), new(28, 32)];

    public static void Clear(in Instruction instruction, in Registers before, OracleMode mode, Span<byte> data)
    {
        var ranges = RangesOf(instruction);
        if (ranges.Length == 0) return;
        var at = (int)(Addressing.Of(instruction, before, mode) - Arena.Address) - Arena.DataOffset;
        foreach (var range in ranges) data[(at + range.Start)..(at + range.End)].Clear();
    }

    private static Range[] RangesOf(in Instruction instruction) => instruction.Mnemonic switch
    {
        Mnemonic.Fnstenv or Mnemonic.Fnsave => instruction.MemorySize is MemorySize.FpuEnv14 or MemorySize.FpuState94 ? Environment14 : Environment28,
        Mnemonic.Fxsave or Mnemonic.Fxsave64 => FxArea,
        _ => [],
    };
}

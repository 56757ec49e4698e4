using Iced.Intel;

namespace Tcg.Mttcg.SelfTest.Oracle;

/// <summary>Puts into memory and registers what instructions read that would not bear anything random: control words, flags, where to go.</summary>
internal static unsafe class Preparation
{
    private const uint MaskedMxCsr = 0x1f80, MxCsrChoices = 0xe07f, UserFlags = 0xcd5, InterruptsOn = 0x202;
    private const int Rbp = 5, Rsp = 4, FrameBytes = 0x40;

    /// <summary>Memory must stay as it was prepared.</summary>
    public static bool IsOfMemory(in Instruction instruction) => IsLoad(instruction.Mnemonic) || (IsIndirect(instruction) && instruction.Op0Kind == OpKind.Memory);

    /// <summary>The register operand says where to go.</summary>
    public static bool IsOfRegister(in Instruction instruction) => IsIndirect(instruction) && instruction.Op0Kind == OpKind.Register;

    public static void Apply(in Instruction instruction, ref Registers registers, Arena arena, OracleMode mode, RandomValues random)
    {
        var target = NativeRunner.Taken - mode.CodeBase;
        if (IsOfRegister(instruction)) registers.Gpr[instruction.Op0Register.GetFullRegister().GetNumber()] = target;
        else if (IsIndirect(instruction)) *(ulong*)At(instruction, registers, arena, mode) = target;
        switch (instruction.Mnemonic)
        {
            case Mnemonic.Ldmxcsr or Mnemonic.Vldmxcsr: *(uint*)At(instruction, registers, arena, mode) = MaskedMxCsr | ((uint)random.Bits() & MxCsrChoices); break;
            case Mnemonic.Popf or Mnemonic.Popfd or Mnemonic.Popfq: *Top(registers, arena) = ((uint)random.Bits() & UserFlags) | InterruptsOn; break;
            case Mnemonic.Ret: *Top(registers, arena) = target; break;
            case Mnemonic.Enter or Mnemonic.Leave: registers.Gpr[Rbp] = registers.Gpr[Rsp] + FrameBytes; break;
        }
    }

    private static bool IsLoad(Mnemonic mnemonic) => mnemonic is Mnemonic.Ldmxcsr or Mnemonic.Vldmxcsr or Mnemonic.Popf or Mnemonic.Popfd or Mnemonic.Popfq or Mnemonic.Ret;

    private static bool IsIndirect(in Instruction instruction) => instruction.FlowControl is FlowControl.IndirectBranch or FlowControl.IndirectCall;

    private static byte* At(in Instruction instruction, in Registers registers, Arena arena, OracleMode mode) =>
        arena.Native + (Addressing.Of(instruction, registers, mode) - Arena.Address);

    private static ulong* Top(in Registers registers, Arena arena) => (ulong*)(arena.Native + (registers.Gpr[Rsp] - Arena.Address));
}

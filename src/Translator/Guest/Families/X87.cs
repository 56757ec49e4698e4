using Iced.Intel;
using Tcg.Mttcg.Translator.Ir;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Guest.Families;

/// <summary>x87: one helper takes them all by opcode, so the rows are Iced's list of the escapes D8..DF.</summary>
internal static class X87
{
    private const uint FwaitOpcode = 0x800;

    public static readonly LiftRow[] Rows =
    [
        new(Mnemonic.Wait, Wait),
        .. Enum.GetValues<Code>().Where(IsEscape).Select(code => code.Mnemonic()).Distinct().Select(mnemonic => new LiftRow(mnemonic, Escape)),
    ];

    private static bool IsEscape(Code code) =>
        code != Code.INVALID && !code.ToOpCode().Fwait
        && code.CpuidFeatures().Any(feature => feature is CpuidFeature.FPU or CpuidFeature.FPU287 or CpuidFeature.FPU387);

    private static void Wait(Lifting at)
    {
        const TbFlags both = TbFlags.TaskSwitched | TbFlags.MonitorCoprocessor;
        if ((at.Context.Flags & both) == both) at.RaiseAndEnd(Vector.DeviceNotAvailable, null);
        else at.Invoke(HelperId.X87, at.Constant(FwaitOpcode), at.Constant(0), at.Constant(0));
    }

    private static void Escape(Lifting at)
    {
        if (at.Has(TbFlags.Emulate | TbFlags.TaskSwitched))
        {
            at.RaiseAndEnd(Vector.DeviceNotAvailable, null);
            return;
        }
        var bytes = at.Instruction.MemorySize.GetSize();
        var address = at.Instruction.Op0Kind == OpKind.Memory || at.Instruction.Op1Kind == OpKind.Memory
            ? at.LinearAddress(Math.Max(bytes, 1), Stores(at.Instruction.Mnemonic))
            : at.Constant(0);
        var operandSize = at.Instruction.MemorySize is MemorySize.FpuEnv14 or MemorySize.FpuState94 ? 2u : 4u;
        at.Invoke(HelperId.X87, at.Constant(Opcode(at)), address, at.Constant(operandSize));
    }

    /// <summary>The escape byte's low three bits, then ModRM.</summary>
    private static uint Opcode(Lifting at)
    {
        var bytes = at.Bytes;
        var escape = 0;
        while (bytes[escape] is < 0xd8 or > 0xdf) escape++;
        return ((bytes[escape] & 7u) << 8) | bytes[escape + 1];
    }

    private static bool Stores(Mnemonic mnemonic) => mnemonic
        is Mnemonic.Fst or Mnemonic.Fstp or Mnemonic.Fist or Mnemonic.Fistp or Mnemonic.Fisttp or Mnemonic.Fbstp
        or Mnemonic.Fnstcw or Mnemonic.Fnstsw or Mnemonic.Fnstenv or Mnemonic.Fnsave;
}

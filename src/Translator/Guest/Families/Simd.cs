using Iced.Intel;
using Tcg.Mttcg.Translator.Ir;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Guest.Families;

/// <summary>
/// The one emitter behind all SSE rows: the instruction is kept as it is, and what it has of general registers and memory is named beside it.
/// </summary>
internal static class Simd
{
    /// <summary>Rows for mnemonics that need nothing but <see cref="Lift"/>.</summary>
    public static IEnumerable<LiftRow> RowsOf(params Mnemonic[] mnemonics) => mnemonics.Select(mnemonic => new LiftRow(mnemonic, Lift));

    /// <summary>SSE may run (SDM 3A 13.1); if not, the fault is emitted.</summary>
    public static bool Available(Lifting at)
    {
        if (at.Has(TbFlags.Emulate) || !at.Has(TbFlags.OsFxsr)) at.RaiseUndefined();
        else if (at.Has(TbFlags.TaskSwitched)) at.RaiseAndEnd(Vector.DeviceNotAvailable, null);
        else return true;
        return false;
    }

    public static void Lift(Lifting at)
    {
        // The MMX forms share these mnemonics, and MMX is not announced; CVTPI2PS from memory still enters MMX mode.
        if (HasMmx(at.Instruction)) at.RaiseUndefined();
        else if (Available(at)) Emit(at);
    }

    private static void Emit(Lifting at)
    {
        ref readonly var instruction = ref at.Instruction;
        Operand source = Operand.None, result = Operand.None;
        var size = OpSize.B128;
        var memory = -1;
        var simd = new IrSimd { Instruction = instruction };

        for (var operand = 0; operand < instruction.OpCount; operand++)
        {
            switch (instruction.GetOpKind(operand))
            {
                case OpKind.Register when at.RegisterOf(operand).IsGPR():
                    size = at.SizeOf(operand);
                    if (operand == 0) result = at.Read(operand, size);
                    else source = at.Read(operand, size);
                    break;
                case OpKind.Memory:
                    simd.MemorySize = (byte)instruction.MemorySize.GetSize();
                    simd.Stores = operand == 0;
                    memory = at.At(at.MemoryOperand() with { Aligned16 = MustAlign(instruction) }, simd.MemorySize, simd.Stores);
                    break;
            }
        }

        at.Block.Simd.Add(simd);
        ref var i = ref at.Block.Append(IrOp.Simd);
        i.Size = size;
        i.Dst = result;
        i.A = source;
        i.Mem = memory;
        i.Imm = (ulong)(at.Block.Simd.Count - 1);
        i.SetsFlags = instruction.RflagsModified != RflagsBits.None;
    }

    /// <summary>An instruction of vector sources and a 32-bit general destination, made up by the lifter; the result is a new temporary.</summary>
    public static Operand ToGeneral(Lifting at, in Instruction instruction)
    {
        var result = at.Temp();
        at.Block.Simd.Add(new IrSimd { Instruction = instruction });
        ref var i = ref at.Block.Append(IrOp.Simd);
        i.Size = OpSize.B32;
        i.Dst = result;
        i.Imm = (ulong)(at.Block.Simd.Count - 1);
        return result;
    }

    /// <summary>Legacy 16-byte operands must be aligned, but for the moves and string compares made for unaligned data (SDM 1 4.1.1).</summary>
    private static bool MustAlign(in Instruction instruction) =>
        instruction.MemorySize.GetSize() == 16
        && instruction.Mnemonic is not (Mnemonic.Movups or Mnemonic.Movupd or Mnemonic.Movdqu or Mnemonic.Lddqu
            or Mnemonic.Pcmpistri or Mnemonic.Pcmpistrm or Mnemonic.Pcmpestri or Mnemonic.Pcmpestrm);

    private static bool HasMmx(in Instruction instruction)
    {
        if (instruction.Mnemonic is Mnemonic.Cvtpi2ps or Mnemonic.Cvtpi2pd) return true;
        for (var operand = 0; operand < instruction.OpCount; operand++)
            if (instruction.GetOpKind(operand) == OpKind.Register && instruction.GetOpRegister(operand).IsMM()) return true;
        return false;
    }
}

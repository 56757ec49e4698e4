using Iced.Intel;
using Tcg.Mttcg.Translator.Ir;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Guest.Families;

/// <summary>
/// The one emitter behind all SSE and AVX rows: the instruction is kept as it is, and what it has of general registers and memory is named beside it.
/// </summary>
internal static class Simd
{
    /// <summary>Rows for mnemonics that need nothing but <see cref="Lift"/>.</summary>
    public static IEnumerable<LiftRow> RowsOf(params Mnemonic[] mnemonics) => mnemonics.Select(mnemonic => new LiftRow(mnemonic, Lift));

    /// <summary>SSE (SDM 3A 13.1) or, by the instruction's encoding, AVX (SDM 2 2.4) may run; if not, the fault is emitted.</summary>
    public static bool Available(Lifting at)
    {
        var undefined = IsVex(at.Instruction) ? !at.IsProtected || !at.Has(TbFlags.Avx) : at.Has(TbFlags.Emulate) || !at.Has(TbFlags.OsFxsr);
        if (undefined) at.RaiseUndefined();
        else if (at.Has(TbFlags.TaskSwitched)) at.RaiseAndEnd(Vector.DeviceNotAvailable, null);
        else return true;
        return false;
    }

    /// <summary>As <see cref="RowsOf"/>, for what may raise SIMD floating-point exceptions.</summary>
    public static IEnumerable<LiftRow> FloatRowsOf(params Mnemonic[] mnemonics) => mnemonics.Select(mnemonic => new LiftRow(mnemonic, LiftFloat));

    public static void Lift(Lifting at) => Lift(at, raises: false);

    public static void LiftFloat(Lifting at) => Lift(at, raises: true);

    private static void Lift(Lifting at, bool raises)
    {
        // The MMX forms share these mnemonics.
        if (Mmx.Concerns(at.Instruction)) Mmx.Lift(at);
        else if (Available(at)) Emit(at, raises);
    }

    private static void Emit(Lifting at, bool raises)
    {
        ref readonly var instruction = ref at.Instruction;
        Operand source = Operand.None, result = Operand.None;
        var size = OpSize.B128;
        var memory = -1;
        var simd = new IrSimd { Instruction = instruction, Raises = raises };

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
                    memory = at.At(at.MemoryOperand() with { Alignment = Alignment(instruction) }, simd.MemorySize, simd.Stores);
                    // A store that faults must not have computed: it would leave flags in MXCSR.
                    if (instruction.Mnemonic == Mnemonic.Vcvtps2ph) at.ProbeWrite(memory, Lifting.SizeOfBytes(simd.MemorySize));
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

    /// <summary>An instruction made up by the lifter, without memory operand; its general register operand, if any, is <paramref name="result"/> or <paramref name="source"/>.</summary>
    public static void Made(Lifting at, in Instruction instruction, OpSize size, Operand result, Operand source)
    {
        at.Block.Simd.Add(new IrSimd { Instruction = instruction });
        ref var i = ref at.Block.Append(IrOp.Simd);
        i.Size = size;
        i.Dst = result;
        i.A = source;
        i.Imm = (ulong)(at.Block.Simd.Count - 1);
    }

    public static bool IsVex(in Instruction instruction) => instruction.Encoding == EncodingKind.VEX;

    /// <summary>
    /// Legacy 16-byte operands must be aligned, but for the moves and string compares made for unaligned data (SDM 1 4.1.1); with VEX only the
    /// moves that say so (SDM 1 14.9).
    /// </summary>
    private static byte Alignment(in Instruction instruction)
    {
        var bytes = (byte)instruction.MemorySize.GetSize();
        var aligned = IsVex(instruction) ? IsAlignedMove(instruction.Mnemonic) : bytes == 16 && !IsForUnaligned(instruction.Mnemonic);
        return aligned ? bytes : (byte)0;
    }

    private static bool IsForUnaligned(Mnemonic mnemonic) => mnemonic
        is Mnemonic.Movups or Mnemonic.Movupd or Mnemonic.Movdqu or Mnemonic.Lddqu or Mnemonic.Pcmpistri or Mnemonic.Pcmpistrm
        or Mnemonic.Pcmpestri or Mnemonic.Pcmpestrm or Mnemonic.Pcmpestri64 or Mnemonic.Pcmpestrm64;

    private static bool IsAlignedMove(Mnemonic mnemonic) => mnemonic
        is Mnemonic.Vmovaps or Mnemonic.Vmovapd or Mnemonic.Vmovdqa or Mnemonic.Vmovntps or Mnemonic.Vmovntpd or Mnemonic.Vmovntdq or Mnemonic.Vmovntdqa;
}

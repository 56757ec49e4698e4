using Tcg.Mttcg.Translator.Ir;
using static Tcg.Mttcg.Translator.Ir.ArithmeticFlags;

namespace Tcg.Mttcg.Translator.Host.Interpreter;

/// <summary>Operations on the flags alone; they write them whether or not SetsFlags is on.</summary>
internal static unsafe class FlagOps
{
    public static readonly ExecuteRow[] Rows =
    [
        new(IrOp.ReadFlags,       &ReadFlags),
        new(IrOp.WriteFlags,      &WriteFlags),
        new(IrOp.SetCarry,        &SetCarry),
        new(IrOp.ClearCarry,      &ClearCarry),
        new(IrOp.ComplementCarry, &ComplementCarry),
    ];

    private static void ReadFlags(Frame frame, IrInstruction* op) => frame.Write(op->Dst, OpSize.B64, GuestFlags.Get(frame.State));

    private static void WriteFlags(Frame frame, IrInstruction* op) => GuestFlags.Set(frame.State, (uint)frame.Read(op->A), (ArithmeticFlags)op->Imm & All);

    private static void SetCarry(Frame frame, IrInstruction* op) => frame.State->FlagsLow |= (byte)CF;

    private static void ClearCarry(Frame frame, IrInstruction* op) => frame.State->FlagsLow &= unchecked((byte)~CF);

    private static void ComplementCarry(Frame frame, IrInstruction* op) => frame.State->FlagsLow ^= (byte)CF;
}

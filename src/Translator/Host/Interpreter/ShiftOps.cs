using Tcg.Mttcg.Translator.Ir;

namespace Tcg.Mttcg.Translator.Host.Interpreter;

/// <summary>Shifts and rotates by a constant or variable count; the arithmetic is in <see cref="Shifts"/>.</summary>
internal static unsafe class ShiftOps
{
    public static readonly ExecuteRow[] Rows =
    [
        new(IrOp.Shl,  &Shl),
        new(IrOp.Shr,  &Shr),
        new(IrOp.Sar,  &Sar),
        new(IrOp.Rol,  &Rol),
        new(IrOp.Ror,  &Ror),
        new(IrOp.Rcl,  &Rcl),
        new(IrOp.Rcr,  &Rcr),
        new(IrOp.Shld, &Shld),
        new(IrOp.Shrd, &Shrd),
    ];

    private static void Shl(Frame frame, IrInstruction* op) =>
        Finish(frame, op, Shifts.Shl(Value(frame, op), Count(frame, op->B), op->Size, out var flags, out var defined), flags, defined);

    private static void Shr(Frame frame, IrInstruction* op) =>
        Finish(frame, op, Shifts.Shr(Value(frame, op), Count(frame, op->B), op->Size, out var flags, out var defined), flags, defined);

    private static void Sar(Frame frame, IrInstruction* op) =>
        Finish(frame, op, Shifts.Sar(Value(frame, op), Count(frame, op->B), op->Size, out var flags, out var defined), flags, defined);

    private static void Rol(Frame frame, IrInstruction* op) =>
        Finish(frame, op, Shifts.Rol(Value(frame, op), Count(frame, op->B), op->Size, out var flags, out var defined), flags, defined);

    private static void Ror(Frame frame, IrInstruction* op) =>
        Finish(frame, op, Shifts.Ror(Value(frame, op), Count(frame, op->B), op->Size, out var flags, out var defined), flags, defined);

    private static void Rcl(Frame frame, IrInstruction* op) => Finish(
        frame, op, Shifts.Rcl(Value(frame, op), Count(frame, op->B), GuestFlags.Carry(frame.State), op->Size, out var flags, out var defined), flags, defined);

    private static void Rcr(Frame frame, IrInstruction* op) => Finish(
        frame, op, Shifts.Rcr(Value(frame, op), Count(frame, op->B), GuestFlags.Carry(frame.State), op->Size, out var flags, out var defined), flags, defined);

    private static void Shld(Frame frame, IrInstruction* op) => Finish(
        frame, op, Shifts.Shld(Value(frame, op), frame.Read(op->B, op->Size), Count(frame, op->C), op->Size, out var flags, out var defined), flags, defined);

    private static void Shrd(Frame frame, IrInstruction* op) => Finish(
        frame, op, Shifts.Shrd(Value(frame, op), frame.Read(op->B, op->Size), Count(frame, op->C), op->Size, out var flags, out var defined), flags, defined);

    private static ulong Value(Frame frame, IrInstruction* op) => frame.Read(op->A, op->Size);

    private static int Count(Frame frame, Operand operand) => (int)frame.Read(operand, OpSize.B8);

    private static void Finish(Frame frame, IrInstruction* op, ulong result, uint flags, ArithmeticFlags defined)
    {
        frame.Write(op->Dst, op->Size, result);
        if (op->SetsFlags && defined != ArithmeticFlags.None) GuestFlags.Set(frame.State, flags, defined);
    }
}

using Tcg.Mttcg.Translator.Ir;

namespace Tcg.Mttcg.Translator.Host.Interpreter;

/// <summary>Addition, subtraction, logic, increments. Flags only when the operation sets them.</summary>
internal static unsafe class ArithmeticOps
{
    public static readonly ExecuteRow[] Rows =
    [
        new(IrOp.Add, &Add),
        new(IrOp.Adc, &Adc),
        new(IrOp.Sub, &Sub),
        new(IrOp.Sbb, &Sbb),
        new(IrOp.And, &And),
        new(IrOp.Or,  &Or),
        new(IrOp.Xor, &Xor),
        new(IrOp.Inc, &Inc),
        new(IrOp.Dec, &Dec),
        new(IrOp.Neg, &Neg),
        new(IrOp.Not, &Not),
    ];

    private static void Add(Frame frame, IrInstruction* op) => Sum(frame, op, 0);

    private static void Adc(Frame frame, IrInstruction* op) => Sum(frame, op, GuestFlags.Carry(frame.State));

    private static void Sub(Frame frame, IrInstruction* op) => Difference(frame, op, 0);

    private static void Sbb(Frame frame, IrInstruction* op) => Difference(frame, op, GuestFlags.Carry(frame.State));

    private static void And(Frame frame, IrInstruction* op) => Logic(frame, op, frame.Read(op->A) & frame.Read(op->B));

    private static void Or(Frame frame, IrInstruction* op) => Logic(frame, op, frame.Read(op->A) | frame.Read(op->B));

    private static void Xor(Frame frame, IrInstruction* op) => Logic(frame, op, frame.Read(op->A) ^ frame.Read(op->B));

    private static void Inc(Frame frame, IrInstruction* op)
    {
        frame.Write(op->Dst, op->Size, Alu.Add(frame.Read(op->A, op->Size), 1, 0, op->Size, out var flags));
        if (op->SetsFlags) GuestFlags.Set(frame.State, flags, ArithmeticFlags.AllButCarry);
    }

    private static void Dec(Frame frame, IrInstruction* op)
    {
        frame.Write(op->Dst, op->Size, Alu.Sub(frame.Read(op->A, op->Size), 1, 0, op->Size, out var flags));
        if (op->SetsFlags) GuestFlags.Set(frame.State, flags, ArithmeticFlags.AllButCarry);
    }

    private static void Neg(Frame frame, IrInstruction* op)
    {
        frame.Write(op->Dst, op->Size, Alu.Sub(0, frame.Read(op->A, op->Size), 0, op->Size, out var flags));
        if (op->SetsFlags) GuestFlags.Set(frame.State, flags);
    }

    private static void Not(Frame frame, IrInstruction* op) => frame.Write(op->Dst, op->Size, ~frame.Read(op->A));

    private static void Sum(Frame frame, IrInstruction* op, ulong carry)
    {
        if (!op->SetsFlags)
        {
            frame.Write(op->Dst, op->Size, frame.Read(op->A) + frame.Read(op->B) + carry);
            return;
        }
        frame.Write(op->Dst, op->Size, Alu.Add(frame.Read(op->A, op->Size), frame.Read(op->B, op->Size), carry, op->Size, out var flags));
        GuestFlags.Set(frame.State, flags);
    }

    private static void Difference(Frame frame, IrInstruction* op, ulong borrow)
    {
        if (!op->SetsFlags)
        {
            frame.Write(op->Dst, op->Size, frame.Read(op->A) - frame.Read(op->B) - borrow);
            return;
        }
        frame.Write(op->Dst, op->Size, Alu.Sub(frame.Read(op->A, op->Size), frame.Read(op->B, op->Size), borrow, op->Size, out var flags));
        GuestFlags.Set(frame.State, flags);
    }

    private static void Logic(Frame frame, IrInstruction* op, ulong result)
    {
        result = Alu.Logic(result, op->Size, out var flags);
        frame.Write(op->Dst, op->Size, result);
        if (op->SetsFlags) GuestFlags.Set(frame.State, flags);
    }
}

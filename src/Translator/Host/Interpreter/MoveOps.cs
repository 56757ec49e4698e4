using System.Buffers.Binary;
using Tcg.Mttcg.Translator.Ir;

namespace Tcg.Mttcg.Translator.Host.Interpreter;

/// <summary>Data movement between registers, temporaries and constants.</summary>
internal static unsafe class MoveOps
{
    public static readonly ExecuteRow[] Rows =
    [
        new(IrOp.Mov,         &Mov),
        new(IrOp.Movzx,       &Movzx),
        new(IrOp.Movsx,       &Movsx),
        new(IrOp.Lea,         &Lea),
        new(IrOp.ExtractHigh, &ExtractHigh),
        new(IrOp.InsertHigh,  &InsertHigh),
        new(IrOp.Bswap,       &Bswap),
        new(IrOp.CMov,        &CMov),
        new(IrOp.SetCc,       &SetCc),
    ];

    private static void Mov(Frame frame, IrInstruction* op) => frame.Write(op->Dst, op->Size, frame.Read(op->A));

    private static void Movzx(Frame frame, IrInstruction* op) => frame.Write(op->Dst, op->Size, frame.Read(op->A, op->SourceSize));

    private static void Movsx(Frame frame, IrInstruction* op) =>
        frame.Write(op->Dst, op->Size, (ulong)Width.SignExtend(frame.Read(op->A), op->SourceSize));

    private static void Lea(Frame frame, IrInstruction* op) => frame.Write(op->Dst, op->Size, GuestAddress.Offset(frame, op));

    private static void ExtractHigh(Frame frame, IrInstruction* op) => frame.Write(op->Dst, OpSize.B8, frame.Read(op->A) >> 8);

    private static void InsertHigh(Frame frame, IrInstruction* op)
    {
        var merged = (frame.Read(op->Dst) & ~0xff00ul) | ((frame.Read(op->A) & 0xff) << 8);
        frame.Write(op->Dst, OpSize.B64, merged);
    }

    // BSWAP of a 16-bit register is undefined; processors store zero.
    private static void Bswap(Frame frame, IrInstruction* op)
    {
        var value = frame.Read(op->A);
        frame.Write(op->Dst, op->Size, op->Size switch
        {
            OpSize.B64 => BinaryPrimitives.ReverseEndianness(value),
            OpSize.B32 => BinaryPrimitives.ReverseEndianness((uint)value),
            _ => 0,
        });
    }

    private static void CMov(Frame frame, IrInstruction* op) =>
        frame.Write(op->Dst, op->Size, frame.Read(GuestFlags.Holds(frame.State, op->Cond) ? op->A : op->B));

    private static void SetCc(Frame frame, IrInstruction* op) =>
        frame.Write(op->Dst, op->Size, GuestFlags.Holds(frame.State, op->Cond) ? 1ul : 0);
}

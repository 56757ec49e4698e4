using System.Numerics;
using Tcg.Mttcg.Translator.Ir;
using static Tcg.Mttcg.Translator.Ir.ArithmeticFlags;

namespace Tcg.Mttcg.Translator.Host.Interpreter;

/// <summary>
/// Bit tests, scans and counts. Undefined flags: BSF, BSR, TZCNT and LZCNT leave CF (where not defined), OF, SF, AF clear and PF by the result.
/// </summary>
internal static unsafe class BitOps
{
    public static readonly ExecuteRow[] Rows =
    [
        new(IrOp.Bt,     &Bt),
        new(IrOp.Bts,    &Bts),
        new(IrOp.Btr,    &Btr),
        new(IrOp.Btc,    &Btc),
        new(IrOp.Bsf,    &Bsf),
        new(IrOp.Bsr,    &Bsr),
        new(IrOp.Tzcnt,  &Tzcnt),
        new(IrOp.Lzcnt,  &Lzcnt),
        new(IrOp.Popcnt, &Popcnt),
        new(IrOp.Crc32,  &Crc32),
    ];

    private static void Bt(Frame frame, IrInstruction* op)
    {
        var value = frame.Read(op->A);
        SetCarry(frame, op, value, Bit(frame, op));
    }

    private static void Bts(Frame frame, IrInstruction* op)
    {
        ulong value = frame.Read(op->A), bit = Bit(frame, op);
        frame.Write(op->Dst, op->Size, value | bit);
        SetCarry(frame, op, value, bit);
    }

    private static void Btr(Frame frame, IrInstruction* op)
    {
        ulong value = frame.Read(op->A), bit = Bit(frame, op);
        frame.Write(op->Dst, op->Size, value & ~bit);
        SetCarry(frame, op, value, bit);
    }

    private static void Btc(Frame frame, IrInstruction* op)
    {
        ulong value = frame.Read(op->A), bit = Bit(frame, op);
        frame.Write(op->Dst, op->Size, value ^ bit);
        SetCarry(frame, op, value, bit);
    }

    private static void Bsf(Frame frame, IrInstruction* op)
    {
        var value = frame.Read(op->A, op->Size);
        Scan(frame, op, value, BitOperations.TrailingZeroCount(value));
    }

    private static void Bsr(Frame frame, IrInstruction* op)
    {
        var value = frame.Read(op->A, op->Size);
        Scan(frame, op, value, 63 - BitOperations.LeadingZeroCount(value | 1));
    }

    private static void Tzcnt(Frame frame, IrInstruction* op)
    {
        var value = frame.Read(op->A, op->Size);
        Count(frame, op, value, value == 0 ? Width.Bits(op->Size) : BitOperations.TrailingZeroCount(value));
    }

    private static void Lzcnt(Frame frame, IrInstruction* op)
    {
        var value = frame.Read(op->A, op->Size);
        Count(frame, op, value, BitOperations.LeadingZeroCount(value) - (64 - Width.Bits(op->Size)));
    }

    private static void Popcnt(Frame frame, IrInstruction* op)
    {
        var value = frame.Read(op->A, op->Size);
        frame.Write(op->Dst, op->Size, (ulong)BitOperations.PopCount(value));
        if (op->SetsFlags) GuestFlags.Set(frame.State, value == 0 ? (uint)ZF : 0);
    }

    private static void Crc32(Frame frame, IrInstruction* op)
    {
        var crc = (uint)frame.Read(op->A);
        var data = frame.Read(op->B);
        frame.Write(op->Dst, OpSize.B32, op->Size switch
        {
            OpSize.B8 => BitOperations.Crc32C(crc, (byte)data),
            OpSize.B16 => BitOperations.Crc32C(crc, (ushort)data),
            OpSize.B32 => BitOperations.Crc32C(crc, (uint)data),
            _ => BitOperations.Crc32C(crc, data),
        });
    }

    private static ulong Bit(Frame frame, IrInstruction* op) => 1ul << ((int)frame.Read(op->B) & (Width.Bits(op->Size) - 1));

    private static void SetCarry(Frame frame, IrInstruction* op, ulong value, ulong bit)
    {
        if (op->SetsFlags) GuestFlags.Set(frame.State, (value & bit) != 0 ? (uint)CF : 0, CF);
    }

    private static void Scan(Frame frame, IrInstruction* op, ulong value, int index)
    {
        if (value != 0) frame.Write(op->Dst, op->Size, (ulong)index);
        if (!op->SetsFlags) return;
        GuestFlags.Set(frame.State, value == 0 ? (uint)(ZF | PF) : GuestFlags.OfResult((ulong)index, op->Size) & (uint)PF);
    }

    private static void Count(Frame frame, IrInstruction* op, ulong value, int count)
    {
        frame.Write(op->Dst, op->Size, (ulong)count);
        if (!op->SetsFlags) return;
        var flags = GuestFlags.OfResult((ulong)count, op->Size) & (uint)(ZF | PF);
        GuestFlags.Set(frame.State, value == 0 ? flags | (uint)CF : flags);
    }
}

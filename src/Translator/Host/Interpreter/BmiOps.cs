using Tcg.Mttcg.Translator.Ir;
using static Tcg.Mttcg.Translator.Ir.ArithmeticFlags;

namespace Tcg.Mttcg.Translator.Host.Interpreter;

/// <summary>BMI1, BMI2 and ADX. Undefined flags: AF clear, SF and PF by the result.</summary>
internal static unsafe class BmiOps
{
    public static readonly ExecuteRow[] Rows =
    [
        new(IrOp.Andn,   &Andn),
        new(IrOp.Bextr,  &Bextr),
        new(IrOp.Blsi,   &Blsi),
        new(IrOp.Blsmsk, &Blsmsk),
        new(IrOp.Blsr,   &Blsr),
        new(IrOp.Bzhi,   &Bzhi),
        new(IrOp.Pdep,   &Pdep),
        new(IrOp.Pext,   &Pext),
        new(IrOp.Adcx,   &Adcx),
        new(IrOp.Adox,   &Adox),
    ];

    private static void Andn(Frame frame, IrInstruction* op) => Finish(frame, op, ~frame.Read(op->A) & frame.Read(op->B), carry: false);

    private static void Bextr(Frame frame, IrInstruction* op)
    {
        var control = frame.Read(op->B);
        int start = (byte)control, length = (byte)(control >> 8);
        var value = frame.Read(op->A, op->Size);
        Finish(frame, op, LowBits(start < 64 ? value >> start : 0, length), carry: false);
    }

    private static void Blsi(Frame frame, IrInstruction* op)
    {
        var value = frame.Read(op->A, op->Size);
        Finish(frame, op, value & (0 - value), carry: value != 0);
    }

    private static void Blsmsk(Frame frame, IrInstruction* op)
    {
        var value = frame.Read(op->A, op->Size);
        Finish(frame, op, value ^ (value - 1), carry: value == 0);
    }

    private static void Blsr(Frame frame, IrInstruction* op)
    {
        var value = frame.Read(op->A, op->Size);
        Finish(frame, op, value & (value - 1), carry: value == 0);
    }

    private static void Bzhi(Frame frame, IrInstruction* op)
    {
        int from = (byte)frame.Read(op->B);
        Finish(frame, op, LowBits(frame.Read(op->A, op->Size), from), carry: from >= Width.Bits(op->Size));
    }

    private static void Pdep(Frame frame, IrInstruction* op)
    {
        ulong source = frame.Read(op->A), result = 0;
        for (var mask = frame.Read(op->B, op->Size); mask != 0; mask &= mask - 1, source >>= 1)
            if ((source & 1) != 0) result |= mask & (0 - mask);
        frame.Write(op->Dst, op->Size, result);
    }

    private static void Pext(Frame frame, IrInstruction* op)
    {
        ulong source = frame.Read(op->A), result = 0, place = 1;
        for (var mask = frame.Read(op->B, op->Size); mask != 0; mask &= mask - 1, place <<= 1)
            if ((source & mask & (0 - mask)) != 0) result |= place;
        frame.Write(op->Dst, op->Size, result);
    }

    private static void Adcx(Frame frame, IrInstruction* op) => AddCarry(frame, op, CF);

    private static void Adox(Frame frame, IrInstruction* op) => AddCarry(frame, op, OF);

    private static void AddCarry(Frame frame, IrInstruction* op, ArithmeticFlags flag)
    {
        var carry = (GuestFlags.Get(frame.State) & (uint)flag) != 0 ? 1u : 0;
        var sum = (UInt128)frame.Read(op->A, op->Size) + frame.Read(op->B, op->Size) + carry;
        frame.Write(op->Dst, op->Size, (ulong)sum);
        if (op->SetsFlags) GuestFlags.Set(frame.State, sum >> Width.Bits(op->Size) != 0 ? (uint)flag : 0, flag);
    }

    private static ulong LowBits(ulong value, int bits) => bits >= 64 ? value : value & ((1ul << bits) - 1);

    private static void Finish(Frame frame, IrInstruction* op, ulong result, bool carry)
    {
        frame.Write(op->Dst, op->Size, result);
        if (op->SetsFlags) GuestFlags.Set(frame.State, GuestFlags.OfResult(result & Width.Mask(op->Size), op->Size) | (carry ? (uint)CF : 0));
    }
}

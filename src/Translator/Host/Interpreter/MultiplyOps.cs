using Tcg.Mttcg.Translator.Ir;
using static Tcg.Mttcg.Translator.Ir.ArithmeticFlags;

namespace Tcg.Mttcg.Translator.Host.Interpreter;

/// <summary>
/// Multiplication and division. SF, ZF, AF and PF of products are undefined (SDM 2A, MUL and IMUL): here SF and PF follow the low half, ZF and AF
/// are clear. Divisions leave all flags.
/// </summary>
internal static unsafe class MultiplyOps
{
    private const int DivideError = 0;

    public static readonly ExecuteRow[] Rows =
    [
        new(IrOp.IMul,     &IMul),
        new(IrOp.MulWide,  &MulWide),
        new(IrOp.IMulWide, &IMulWide),
        new(IrOp.Div,      &Div),
        new(IrOp.IDiv,     &IDiv),
    ];

    private static void IMul(Frame frame, IrInstruction* op)
    {
        var product = SignedProduct(frame, op);
        frame.Write(op->Dst, op->Size, (ulong)product);
        SetFlags(frame, op, (ulong)product, product != Width.SignExtend((ulong)product, op->Size));
    }

    private static void MulWide(Frame frame, IrInstruction* op)
    {
        var product = (UInt128)frame.Read(op->A, op->Size) * frame.Read(op->B, op->Size);
        WriteWide(frame, op, product);
        SetFlags(frame, op, (ulong)product, product >> Width.Bits(op->Size) != 0);
    }

    private static void IMulWide(Frame frame, IrInstruction* op)
    {
        var product = SignedProduct(frame, op);
        WriteWide(frame, op, (UInt128)product);
        SetFlags(frame, op, (ulong)product, product != Width.SignExtend((ulong)product, op->Size));
    }

    private static void Div(Frame frame, IrInstruction* op)
    {
        var dividend = Dividend(frame, op);
        var divisor = frame.Read(op->C, op->Size);
        if (divisor == 0 || dividend / divisor > Width.Mask(op->Size))
        {
            frame.Raise(DivideError, null);
            return;
        }
        var quotient = (ulong)(dividend / divisor);
        var remainder = (ulong)(dividend % divisor);
        frame.Write(op->Dst, op->Size, quotient);
        frame.Write(op->Dst2, op->Size, remainder);
    }

    private static void IDiv(Frame frame, IrInstruction* op)
    {
        var bits = 2 * Width.Bits(op->Size);
        var dividend = (Int128)(Dividend(frame, op) << (128 - bits)) >> (128 - bits);
        Int128 divisor = Width.SignExtend(frame.Read(op->C), op->Size);

        // Int128.MinValue / -1 overflows the host's type, so the magnitude decides first.
        var overflows = divisor == 0 || (divisor == -1 && dividend == Int128.MinValue);
        var quotient = overflows ? 0 : dividend / divisor;
        if (overflows || quotient != Width.SignExtend((ulong)quotient, op->Size))
        {
            frame.Raise(DivideError, null);
            return;
        }
        frame.Write(op->Dst, op->Size, (ulong)quotient);
        frame.Write(op->Dst2, op->Size, (ulong)(dividend - quotient * divisor));
    }

    private static UInt128 Dividend(Frame frame, IrInstruction* op)
    {
        if (op->Size == OpSize.B8) return frame.Read(op->A, OpSize.B16);
        return ((UInt128)frame.Read(op->B, op->Size) << Width.Bits(op->Size)) | frame.Read(op->A, op->Size);
    }

    private static Int128 SignedProduct(Frame frame, IrInstruction* op) =>
        (Int128)Width.SignExtend(frame.Read(op->A), op->Size) * Width.SignExtend(frame.Read(op->B), op->Size);

    private static void WriteWide(Frame frame, IrInstruction* op, UInt128 product)
    {
        if (op->Size == OpSize.B8)
        {
            frame.Write(op->Dst, OpSize.B16, (ulong)product);
            return;
        }
        frame.Write(op->Dst, op->Size, (ulong)product);
        frame.Write(op->Dst2, op->Size, (ulong)(product >> Width.Bits(op->Size)));
    }

    private static void SetFlags(Frame frame, IrInstruction* op, ulong low, bool overflows)
    {
        if (!op->SetsFlags) return;
        var flags = GuestFlags.OfResult(low & Width.Mask(op->Size), op->Size) & (uint)(SF | PF);
        GuestFlags.Set(frame.State, overflows ? flags | (uint)(CF | OF) : flags);
    }
}

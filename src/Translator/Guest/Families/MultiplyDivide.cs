using Iced.Intel;
using Tcg.Mttcg.Translator.Ir;

namespace Tcg.Mttcg.Translator.Guest.Families;

/// <summary>MUL, IMUL in its three forms, DIV, IDIV.</summary>
internal static class MultiplyDivide
{
    public static readonly LiftRow[] Rows =
    [
        new(Mnemonic.Mul,  at => Wide(at, IrOp.MulWide)),
        new(Mnemonic.Imul, SignedMultiply),
        new(Mnemonic.Div,  at => Divide(at, IrOp.Div)),
        new(Mnemonic.Idiv, at => Divide(at, IrOp.IDiv)),
    ];

    private static void Wide(Lifting at, IrOp op)
    {
        var size = at.SizeOf(0);
        var source = at.Read(0, size);
        at.Emit(op, size, Lifting.Rax, Lifting.Rax, source, flags: true);
        if (size != OpSize.B8) at.Block.Instructions[^1].Dst2 = Lifting.Rdx;
    }

    private static void SignedMultiply(Lifting at)
    {
        if (at.Instruction.OpCount == 1)
        {
            Wide(at, IrOp.IMulWide);
            return;
        }
        var size = at.SizeOf(0);
        var first = at.Instruction.OpCount == 3 ? 1 : 0;
        var left = at.Read(first, size);
        var right = at.Read(first + 1, size);
        at.Emit(IrOp.IMul, size, at.Read(0, size), left, right, flags: true);
    }

    private static void Divide(Lifting at, IrOp op)
    {
        var size = at.SizeOf(0);
        var divisor = at.Read(0, size);
        var byteSized = size == OpSize.B8;
        var quotient = byteSized ? at.Temp() : Lifting.Rax;
        var remainder = byteSized ? at.Temp() : Lifting.Rdx;

        ref var i = ref at.Block.Append(op);
        i.Size = size;
        i.Dst = quotient;
        i.Dst2 = remainder;
        i.A = Lifting.Rax;
        i.B = byteSized ? Operand.None : Lifting.Rdx;
        i.C = divisor;

        if (!byteSized) return;
        at.WriteRegister(Register.AL, OpSize.B8, quotient);
        at.WriteRegister(Register.AH, OpSize.B8, remainder);
    }
}

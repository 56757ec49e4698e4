using Iced.Intel;
using Tcg.Mttcg.Translator.Ir;

namespace Tcg.Mttcg.Translator.Guest.Families;

/// <summary>Two-operand arithmetic and logic, and INC, DEC, NEG, NOT.</summary>
internal static class Alu
{
    public static readonly LiftRow[] Rows =
    [
        new(Mnemonic.Add,  at => Binary(at, IrOp.Add, RmwKind.Add)),
        new(Mnemonic.Adc,  at => Binary(at, IrOp.Adc, RmwKind.Adc)),
        new(Mnemonic.Sub,  at => Binary(at, IrOp.Sub, RmwKind.Sub)),
        new(Mnemonic.Sbb,  at => Binary(at, IrOp.Sbb, RmwKind.Sbb)),
        new(Mnemonic.And,  at => Binary(at, IrOp.And, RmwKind.And)),
        new(Mnemonic.Or,   at => Binary(at, IrOp.Or,  RmwKind.Or)),
        new(Mnemonic.Xor,  at => Binary(at, IrOp.Xor, RmwKind.Xor)),
        new(Mnemonic.Cmp,  at => FlagsOnly(at, IrOp.Sub)),
        new(Mnemonic.Test, at => FlagsOnly(at, IrOp.And)),
        new(Mnemonic.Inc,  at => Unary(at, IrOp.Inc, RmwKind.Inc)),
        new(Mnemonic.Dec,  at => Unary(at, IrOp.Dec, RmwKind.Dec)),
        new(Mnemonic.Neg,  at => Unary(at, IrOp.Neg, RmwKind.Neg)),
        new(Mnemonic.Not,  at => Unary(at, IrOp.Not, RmwKind.Not, flags: false)),
    ];

    private static void Binary(Lifting at, IrOp op, RmwKind kind)
    {
        var size = at.SizeOf(0);
        if (at.IsMemory(0))
        {
            var source = at.Read(1, size);
            at.Rmw(kind, size, at.Memory(Lifting.BytesOf(size), write: true), source);
            return;
        }
        var left = at.Read(0, size);
        var right = at.Read(1, size);
        at.ComputeInto(at.RegisterOf(0), op, size, left, right, flags: true);
    }

    private static void FlagsOnly(Lifting at, IrOp op)
    {
        var size = at.SizeOf(0);
        var left = at.Read(0, size);
        var right = at.Read(1, size);
        at.Emit(op, size, Operand.None, left, right, flags: true);
    }

    private static void Unary(Lifting at, IrOp op, RmwKind kind, bool flags = true)
    {
        var size = at.SizeOf(0);
        if (at.IsMemory(0)) at.Rmw(kind, size, at.Memory(Lifting.BytesOf(size), write: true), Operand.None, flags: flags);
        else at.ComputeInto(at.RegisterOf(0), op, size, at.Read(0, size), flags: flags);
    }
}

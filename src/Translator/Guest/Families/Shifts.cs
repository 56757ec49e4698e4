using Iced.Intel;
using Tcg.Mttcg.Translator.Ir;

namespace Tcg.Mttcg.Translator.Guest.Families;

/// <summary>Shifts, rotates and double shifts.</summary>
internal static class Shifts
{
    public static readonly LiftRow[] Rows =
    [
        new(Mnemonic.Shl,  at => Shift(at, IrOp.Shl)),
        new(Mnemonic.Sal,  at => Shift(at, IrOp.Shl)),
        new(Mnemonic.Shr,  at => Shift(at, IrOp.Shr)),
        new(Mnemonic.Sar,  at => Shift(at, IrOp.Sar)),
        new(Mnemonic.Rol,  at => Shift(at, IrOp.Rol)),
        new(Mnemonic.Ror,  at => Shift(at, IrOp.Ror)),
        new(Mnemonic.Rcl,  at => Shift(at, IrOp.Rcl)),
        new(Mnemonic.Rcr,  at => Shift(at, IrOp.Rcr)),
        new(Mnemonic.Shld, at => Double(at, IrOp.Shld)),
        new(Mnemonic.Shrd, at => Double(at, IrOp.Shrd)),
    ];

    private static void Shift(Lifting at, IrOp op)
    {
        var size = at.SizeOf(0);
        var count = at.Read(1, OpSize.B8);
        if (!at.IsMemory(0))
        {
            at.ComputeInto(at.RegisterOf(0), op, size, at.Read(0, size), count, flags: true);
            return;
        }
        // The store first, then the flags: see Lifting.
        var memory = at.Memory(Lifting.BytesOf(size), write: true);
        var old = at.Load(memory, size);
        at.Store(memory, size, at.Compute(op, size, old, count));
        at.Emit(op, size, at.Temp(), old, count, flags: true);
    }

    private static void Double(Lifting at, IrOp op)
    {
        var size = at.SizeOf(0);
        var fill = at.Read(1, size);
        var count = at.Read(2, OpSize.B8);
        if (!at.IsMemory(0))
        {
            var register = at.Read(0, size);
            Emit(at, op, size, register, register, fill, count, flags: true);
            return;
        }
        var memory = at.Memory(Lifting.BytesOf(size), write: true);
        var old = at.Load(memory, size);
        var result = at.Temp();
        Emit(at, op, size, result, old, fill, count, flags: false);
        at.Store(memory, size, result);
        Emit(at, op, size, at.Temp(), old, fill, count, flags: true);
    }

    private static void Emit(Lifting at, IrOp op, OpSize size, Operand dst, Operand a, Operand fill, Operand count, bool flags)
    {
        at.Emit(op, size, dst, a, fill, flags);
        at.Block.Instructions[^1].C = count;
    }
}

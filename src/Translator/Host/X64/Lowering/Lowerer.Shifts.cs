using Tcg.Mttcg.Translator.Ir;

namespace Tcg.Mttcg.Translator.Host.X64.Lowering;

/// <summary>Shifts and rotates. The host masks counts and treats a count of zero exactly as the guest does.</summary>
internal sealed unsafe partial class Lowerer
{
    private static readonly bool HasBmi2 = System.Runtime.Intrinsics.X86.Bmi2.IsSupported;

    private void Shift(ShiftOp op)
    {
        ref var x = ref Current;
        Loc to = Place(x.Dst), a = Place(x.A), b = Place(x.B);
        if (b.IsConstant && ((int)b.Value & (x.Size == OpSize.B64 ? 63 : 31)) == 0)
        {
            if (!to.IsNone) Assign(x.Size, to, a);
            return;
        }
        if (TryFlaglessShift(op, to, a, b)) return;
        BeforeFlagOperation();
        if (!b.IsConstant) CopyInto(OpSize.B8, Reg.Rcx, b);
        // A 32-bit shift by zero still zero-extends, so it may run in place; memory homes go through RAX.
        var inPlace = to == a && to.IsRegister;
        var register = inPlace ? to.Register : to.IsNone || to == b ? Reg.Rax : ResultRegister(x.Size, x.Dst, to);
        if (!inPlace) CopyInto(x.Size, register, a);
        if (b.IsConstant) _w.Shift(op, x.Size, register, (int)b.Value & (x.Size == OpSize.B64 ? 63 : 31));
        else _w.ShiftByCl(op, x.Size, register);
        if (!inPlace) StoreResult(x.Size, to, register);
        AfterFlagOperation();
    }

    /// <summary>SHLX and its kin when the flags are not wanted, or even must survive.</summary>
    private bool TryFlaglessShift(ShiftOp op, Loc to, Loc a, Loc b)
    {
        ref var x = ref Current;
        if (x.SetsFlags || !HasBmi2 || x.Size < OpSize.B32 || to.IsNone || op is ShiftOp.Rcl or ShiftOp.Rcr or ShiftOp.Rol) return false;
        if (op == ShiftOp.Ror && !b.IsConstant || b.IsConstant && op != ShiftOp.Ror && !MustKeepFlags()) return false;
        var register = to.IsRegister ? to.Register : Reg.Rax;
        var source = InRegister(x.Size, a, Reg.Rax);
        if (op == ShiftOp.Ror)
        {
            _w.Rorx(x.Size, register, source, (int)b.Value & (x.Size == OpSize.B64 ? 63 : 31));
        }
        else
        {
            _w.ShiftX(op, x.Size, register, source, InRegister(OpSize.B8, b, Reg.Rcx));
        }
        StoreResult(x.Size, to, register);
        return true;
    }

    private void DoubleShift(uint immediateForm)
    {
        ref var x = ref Current;
        Loc to = Place(x.Dst), a = Place(x.A), b = Place(x.B), c = Place(x.C);
        var mask = x.Size == OpSize.B64 ? 63 : 31;
        if (c.IsConstant && ((int)c.Value & mask) == 0)
        {
            if (!to.IsNone) Assign(x.Size, to, a);
            return;
        }
        BeforeFlagOperation();
        if (!c.IsConstant) CopyInto(OpSize.B8, Reg.Rcx, c);
        var filler = InRegister(x.Size, b, Reg.Rdx);
        CopyInto(x.Size, Reg.Rax, a);
        if (c.IsConstant)
        {
            _w.Emit(immediateForm, x.Size, filler, Reg.Rax);
            _w.Byte((int)c.Value & mask);
        }
        else
        {
            _w.Emit(immediateForm + 1, x.Size, filler, Reg.Rax);
            // A 32-bit double shift by zero leaves its register alone altogether; the IR zero-extends.
            if (x.Size == OpSize.B32) _w.Mov(OpSize.B32, Reg.Rax, Reg.Rax);
        }
        StoreResult(x.Size, to, Reg.Rax);
        AfterFlagOperation();
    }
}

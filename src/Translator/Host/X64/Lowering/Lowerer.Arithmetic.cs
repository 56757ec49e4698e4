using Tcg.Mttcg.Translator.Ir;

namespace Tcg.Mttcg.Translator.Host.X64.Lowering;

/// <summary>Two-operand arithmetic and logic.</summary>
internal sealed unsafe partial class Lowerer
{
    private void Arithmetic(AluOp op, bool commutes)
    {
        ref var x = ref Current;
        Loc to = Place(x.Dst), a = Place(x.A), b = Place(x.B);
        if (to.IsNone)
        {
            BeforeFlagOperation();
            if (op is AluOp.Sub or AluOp.And)
            {
                Compare(op == AluOp.Sub ? AluOp.Cmp : op, x.Size, a, b);
            }
            else
            {
                CopyInto(x.Size, Reg.Rax, a);
                AluRegister(op, x.Size, Reg.Rax, b);
            }
            AfterFlagOperation(repeatable: true);
            return;
        }
        if (!x.SetsFlags && TryLea(op, to, a, b)) return;
        BeforeFlagOperation();
        TwoOperand(op, commutes, x.Size, x.Dst, to, a, b);
        AfterFlagOperation(repeatable: true);
    }

    /// <summary>CMP (Cmp) or TEST (And) of any two places. RAX may be lost.</summary>
    private void Compare(AluOp op, OpSize size, Loc a, Loc b)
    {
        var test = op == AluOp.And;
        if (a.IsConstant && test) (a, b) = (b, a);
        if (a.IsConstant || a.IsMemory && b.IsMemory || a.IsMemory && b.IsConstant && !b.FitsImmediate(size, out _))
        {
            LoadInto(size, Reg.Rax, a);
            a = Loc.In(Reg.Rax);
        }
        if (b.FitsImmediate(size, out var immediate))
        {
            if (test && a.IsRegister) _w.Test(size, a.Register, immediate);
            else if (test) _w.Test(size, a.Memory, immediate);
            else if (a.IsRegister && immediate == 0) _w.Test(size, a.Register, a.Register);
            else if (a.IsRegister) _w.Alu(op, size, a.Register, immediate);
            else _w.Alu(op, size, a.Memory, immediate);
            return;
        }
        if (b.IsConstant)
        {
            // Memory with such a constant was loaded above.
            _pool.Use(b.Value, _w.EmitRelative(test ? Opcode.Test : (uint)op << 3 | 2 | Opcode.Sized, size, a.Register));
            return;
        }
        if (a.IsRegister && b.IsRegister)
        {
            if (test) _w.Test(size, a.Register, b.Register);
            else _w.Alu(op, size, a.Register, b.Register);
        }
        else if (a.IsRegister)
        {
            if (test) _w.Test(size, b.Memory, a.Register);
            else _w.Alu(op, size, a.Register, b.Memory);
        }
        else
        {
            if (test) _w.Test(size, a.Memory, b.Register);
            else _w.Alu(op, size, a.Memory, b.Register);
        }
    }

    /// <summary>register = register op b.</summary>
    private void AluRegister(AluOp op, OpSize size, Reg register, Loc b)
    {
        if (b.IsRegister) _w.Alu(op, size, register, b.Register);
        else if (b.IsMemory) _w.Alu(op, size, register, b.Memory);
        else if (b.FitsImmediate(size, out var immediate)) _w.Alu(op, size, register, immediate);
        else _pool.Use(b.Value, _w.EmitRelative((uint)op << 3 | 2 | Opcode.Sized, size, register));
    }

    private void TwoOperand(AluOp op, bool commutes, OpSize size, Operand destination, Loc to, Loc a, Loc b)
    {
        if (commutes && to != a && (to == b || a.IsConstant && !b.IsConstant)) (a, b) = (b, a);
        if (to == a && to.IsRegister)
        {
            AluRegister(op, size, to.Register, b);
            return;
        }
        if (to == a && size != OpSize.B32)
        {
            if (b.FitsImmediate(size, out var immediate)) _w.Alu(op, size, to.Memory, immediate);
            else _w.Alu(op, size, to.Memory, InRegister(size, b, Reg.Rax));
            return;
        }
        var register = to == b ? Reg.Rax : ResultRegister(size, destination, to);
        CopyInto(size, register, a);
        AluRegister(op, size, register, b);
        StoreResult(size, to, register);
    }

    /// <summary>An addition or a subtraction of a constant without flags is a LEA.</summary>
    private bool TryLea(AluOp op, Loc to, Loc a, Loc b)
    {
        var size = Current.Size;
        if (IsFolded(a) || IsFolded(b)) return false;
        if (op == AluOp.Add && a.IsConstant) (a, b) = (b, a);
        HostMem address;
        if (b.FitsImmediate(size, out var immediate) && !a.IsConstant)
        {
            if (op == AluOp.Sub && immediate == int.MinValue || op is not (AluOp.Add or AluOp.Sub)) return false;
            address = HostMem.At(InRegister(size, a, Reg.Rax), op == AluOp.Add ? immediate : -immediate);
        }
        else if (op == AluOp.Add && !a.IsConstant && !b.IsConstant)
        {
            if (to == a && to.IsRegister && size >= OpSize.B32 && !MustKeepFlags()) return false;
            address = new HostMem(InRegister(size, a, Reg.Rax), InRegister(size, b, Reg.Rcx), 0, 0);
        }
        else
        {
            return false;
        }
        var register = ResultRegister(size, Current.Dst, to);
        _w.Lea(size == OpSize.B64 ? OpSize.B64 : OpSize.B32, register, address);
        StoreResult(size, to, register);
        return true;
    }

    /// <summary>EFLAGS hold the only copy of flags that someone needs.</summary>
    private bool MustKeepFlags() => _resident && !_saved && _flags.After(_index) != 0;

    private void IncDec(bool down)
    {
        ref var x = ref Current;
        Loc to = Place(x.Dst), a = Place(x.A);
        if (!x.SetsFlags && !to.IsNone && TryLea(AluOp.Add, to, a, Loc.Constant(down ? ulong.MaxValue : 1))) return;
        BeforeFlagOperation();
        if (to == a && to.IsRegister) _w.IncDec(down, x.Size, to.Register);
        else if (to == a && x.Size != OpSize.B32) _w.IncDec(down, x.Size, to.Memory);
        else
        {
            var register = to.IsNone ? Reg.Rax : ResultRegister(x.Size, x.Dst, to);
            CopyInto(x.Size, register, a);
            _w.IncDec(down, x.Size, register);
            StoreResult(x.Size, to, register);
        }
        AfterFlagOperation(repeatable: true);
    }

    /// <summary>NOT (2, no flags) and NEG (3).</summary>
    private void Unary(int digit)
    {
        ref var x = ref Current;
        Loc to = Place(x.Dst), a = Place(x.A);
        if (digit == 3) BeforeFlagOperation();
        if (to == a && to.IsRegister) _w.Group3(digit, x.Size, to.Register);
        else if (to == a && x.Size != OpSize.B32) _w.Group3(digit, x.Size, to.Memory);
        else
        {
            var register = to.IsNone ? Reg.Rax : ResultRegister(x.Size, x.Dst, to);
            CopyInto(x.Size, register, a);
            _w.Group3(digit, x.Size, register);
            StoreResult(x.Size, to, register);
        }
        if (digit == 3) AfterFlagOperation();
    }
}

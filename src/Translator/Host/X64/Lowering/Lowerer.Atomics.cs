using Tcg.Mttcg.Memory.Tlb;
using Tcg.Mttcg.Translator.Ir;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Host.X64.Lowering;

/// <summary>Read-modify-write on guest memory: one lookup with the write tag, then the host instruction of the same name, LOCK and flags included.</summary>
internal sealed unsafe partial class Lowerer
{
    private void GuestRmw()
    {
        ref var x = ref Current;
        var a = Place(x.A);
        var to = Place(x.Dst);
        Lookup(AccessKind.Write, 1 << (int)x.Size);
        if (x.Rmw is RmwKind.Xchg or RmwKind.Xadd)
        {
            if (x.Rmw == RmwKind.Xadd) BeforeFlagOperation();
            LoadInto(x.Size, Reg.Rax, a);
            if (x.Rmw == RmwKind.Xadd && x.Lock) _w.Lock();
            _w.Emit(x.Rmw == RmwKind.Xchg ? Opcode.Xchg : Opcode.Xadd, x.Size, Reg.Rax, HostOperand);
            StoreResult(x.Size, to, Reg.Rax);
            if (x.Rmw == RmwKind.Xadd) AfterFlagOperation();
            ResumeHere();
            return;
        }
        if (!to.IsNone)
        {
            RmwWithOldValue(to, a);
            return;
        }
        if (x.Rmw is RmwKind.Bts or RmwKind.Btr or RmwKind.Btc && !a.IsConstant)
        {
            // A register bit number would reach beyond the operand. The AND must not cost the old flags.
            CopyInto(x.Size, Reg.Rcx, a);
            _w.Alu(AluOp.And, OpSize.B32, Reg.Rcx, (8 << (int)x.Size) - 1);
            a = Loc.In(Reg.Rcx);
        }
        else if (a.IsMemory || a.IsConstant && !a.FitsImmediate(x.Size, out _))
        {
            LoadInto(x.Size, Reg.Rcx, a);
            a = Loc.In(Reg.Rcx);
        }
        var flags = x.Rmw != RmwKind.Not;
        if (flags) BeforeFlagOperation();
        if (x.Lock) _w.Lock();
        RmwInstruction(x.Rmw, x.Size, HostOperand, a);
        if (flags) AfterFlagOperation();
        ResumeHere();
    }

    private void RmwInstruction(RmwKind kind, OpSize size, in HostMem at, Loc a)
    {
        switch (kind)
        {
            case RmwKind.Inc or RmwKind.Dec:
                _w.IncDec(kind == RmwKind.Dec, size, at);
                break;
            case RmwKind.Not or RmwKind.Neg:
                _w.Group3(kind == RmwKind.Not ? 2 : 3, size, at);
                break;
            case RmwKind.Bts or RmwKind.Btr or RmwKind.Btc:
                var digit = 5 + (kind - RmwKind.Bts);
                if (a.IsConstant)
                {
                    _w.Emit(Opcode.BtImmediate, size, digit | X64Writer.Digit, at);
                    _w.Byte((int)a.Value & (8 << (int)size) - 1);
                }
                else
                {
                    _w.Emit(Opcode.Bt + (uint)(digit - 4 << 3), size, a.Register, at);
                }
                break;
            default:
                if (a.FitsImmediate(size, out var immediate)) _w.Alu((AluOp)kind, size, at, immediate);
                else _w.Alu((AluOp)kind, size, at, a.Register);
                break;
        }
    }

    /// <summary>An operation without an x86 form that yields the old value: a compare-and-swap loop, then the flags once more on registers.</summary>
    private void RmwWithOldValue(Loc to, Loc a)
    {
        ref var x = ref Current;
        var at = HostOperand;
        if (_flags.Effects(_index).Reads != 0 || (_flags.After(_index) & ~_flags.Effects(_index).Kills) != 0) EnsureSaved();
        _w.LoadZero(x.Size, Reg.Rax, at);
        var again = _w.Position;
        if (x.Rmw is RmwKind.Adc or RmwKind.Sbb) EmitCarryFromState();
        _w.Mov(OpSize.B64, Reg.Rcx, Reg.Rax);
        RmwOnRegister(x.Rmw, x.Size, Reg.Rcx, a);
        if (x.Lock) _w.Lock();
        _w.Emit(Opcode.CmpXchg, x.Size, Reg.Rcx, at);
        _w.Patch(_w.Jump(Condition.Ne), again);
        _resident = false;
        FinishRmw(to, a);
        if (_flags.Effects(_index).Writes != 0) AfterFlagOperation();
        ResumeHere();
    }

    /// <summary>BT word [flags], 8: CF from the state without touching a register. As wide as the store, which can be forwarded then.</summary>
    private void EmitCarryFromState()
    {
        _w.Emit(Opcode.BtImmediate, OpSize.B16, 4 | X64Writer.Digit, HostMem.Env(CpuState.FlagsOffset));
        _w.Byte(8);
    }

    /// <summary>register = register op a, for its result or its flags.</summary>
    private void RmwOnRegister(RmwKind kind, OpSize size, Reg register, Loc a)
    {
        switch (kind)
        {
            case RmwKind.Inc or RmwKind.Dec:
                _w.IncDec(kind == RmwKind.Dec, size, register);
                break;
            case RmwKind.Not or RmwKind.Neg:
                _w.Group3(kind == RmwKind.Not ? 2 : 3, size, register);
                break;
            case RmwKind.Bts or RmwKind.Btr or RmwKind.Btc:
                var digit = 5 + (kind - RmwKind.Bts);
                if (a.IsConstant)
                {
                    _w.Emit(Opcode.BtImmediate, size, digit | X64Writer.Digit, register);
                    _w.Byte((int)a.Value & (8 << (int)size) - 1);
                }
                else
                {
                    // RDX may be the address; PUSH and POP leave EFLAGS alone.
                    if (a.IsMemory) _w.Push(Reg.Rdx);
                    _w.Emit(Opcode.Bt + (uint)(digit - 4 << 3), size, InRegister(size, a, Reg.Rdx), register);
                    if (a.IsMemory) _w.Pop(Reg.Rdx);
                }
                break;
            case RmwKind.Xadd:
                AluRegister(AluOp.Add, size, register, a);
                break;
            case RmwKind.Xchg:
                break;
            default:
                AluRegister((AluOp)kind, size, register, a);
                break;
        }
    }

    /// <summary>The old value is in RAX, the old flags in the state if anyone needs them: sets EFLAGS as the operation does, and the destination.</summary>
    private void FinishRmw(Loc to, Loc a)
    {
        ref var x = ref Current;
        var effects = _flags.Effects(_index);
        if (effects.Writes == 0)
        {
            StoreResult(x.Size, to, Reg.Rax);
            return;
        }
        _w.Mov(OpSize.B64, Reg.Rdx, Reg.Rax);
        if (x.Rmw is RmwKind.Adc or RmwKind.Sbb) EmitCarryFromState();
        else if ((_flags.After(_index) & ~effects.Kills) != 0) EmitRestore();
        _w.Mov(OpSize.B64, Reg.Rax, Reg.Rdx);
        RmwOnRegister(x.Rmw, x.Size, Reg.Rax, a);
        StoreResult(x.Size, to, Reg.Rdx);
    }

    private void EmitRmwSlow()
    {
        ref var x = ref Current;
        var a = Place(x.A);
        if (!a.IsNone) LoadInto(x.Size, Reg.Rax, a);
        var access = new MemoryAccess(1 << (int)x.Size, _block.Context.MmuIndex, x.Rmw, x.Lock).Raw;
        if (x.Rmw is RmwKind.Adc or RmwKind.Sbb)
        {
            _w.LoadZero(OpSize.B8, Reg.Rcx, HostMem.Env(CpuState.FlagsOffset + 1));
            _w.Alu(AluOp.And, OpSize.B32, Reg.Rcx, 1);
            _w.Shift(ShiftOp.Shl, OpSize.B32, Reg.Rcx, 17);
            _w.Alu(AluOp.Or, OpSize.B32, Reg.Rcx, (int)access);
        }
        else
        {
            _w.MovConstant(Reg.Rcx, access);
        }
        CallHelper(HelperId.RmwSlow);
        FinishRmw(Place(x.Dst), a);
    }

    private void GuestCmpXchg()
    {
        ref var x = ref Current;
        Lookup(AccessKind.Write, 1 << (int)x.Size);
        BeforeFlagOperation();
        var accumulator = Place(Operand.Gpr(0));
        var a = InRegister(x.Size, Place(x.A), Reg.Rcx);
        // The whole of RAX: what the instruction leaves in it is then right at every size.
        if (accumulator.IsRegister) _w.Mov(OpSize.B64, Reg.Rax, accumulator.Register);
        else _w.Load(OpSize.B64, Reg.Rax, accumulator.Memory);
        if (x.Lock) _w.Lock();
        _w.Emit(Opcode.CmpXchg, x.Size, a, HostOperand);
        StoreResult(OpSize.B64, accumulator, Reg.Rax);
        AfterFlagOperation();
        ResumeHere();
    }

    private void EmitCmpXchgSlow()
    {
        ref var x = ref Current;
        LoadInto(x.Size, Reg.Rax, Place(x.A));
        _w.MovConstant(Reg.Rcx, new MemoryAccess(1 << (int)x.Size, _block.Context.MmuIndex, locked: x.Lock).Raw);
        CallHelper(HelperId.CmpXchgSlow);
        var accumulator = Place(Operand.Gpr(0));
        Compare(AluOp.Cmp, x.Size, accumulator, Loc.In(Reg.Rax));
        var equal = _w.Jump(Condition.E);
        StoreResult(x.Size, accumulator, Reg.Rax);
        _w.PatchHere(equal);
    }
}

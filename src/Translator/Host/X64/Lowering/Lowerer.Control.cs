using Tcg.Mttcg.Translator.Cache;
using Tcg.Mttcg.Translator.Ir;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Host.X64.Lowering;

/// <summary>Labels, branches and the ends of blocks. At labels and ends the flags are in the state.</summary>
internal sealed unsafe partial class Lowerer
{
    /// <summary>For a conditional branch whose label only ends the block: the operation that does.</summary>
    private int[] _exitOf = new int[256];

    /// <summary>The branch leaves by a path out of line, and what it leaves behind goes on.</summary>
    private bool[] _leavesAside = new bool[256];

    private bool MayChain => (_block.Context.CompileFlags & TbCompileFlags.NoChain) == 0;

    /// <summary>
    /// Finds labels that are reached by one conditional branch only and end the block at once: such an end is lowered with its branch, and out of
    /// line if the block goes on.
    /// </summary>
    private void PlanExits()
    {
        if (_exitOf.Length < _block.Count) _exitOf = new int[_block.Count * 2];
        _exitOf.AsSpan(0, _block.Count).Fill(-1);
        var instructions = _block.Instructions;
        for (var i = 1; i < instructions.Length; i++)
        {
            if (instructions[i].Op != IrOp.Label || !EndsBlock(i - 1)) continue;
            var end = SkipStarts(i + 1);
            if (end == instructions.Length || !EndsBlock(end)) continue;
            var branch = OnlyBranchTo(instructions[i].Imm);
            if (branch < 0 || branch > i) continue;
            _exitOf[branch] = end;
            _leavesAside[branch] = instructions[branch].Op == IrOp.BrIf && !IsLoopEdge(end) && !EndsBlock(SkipStarts(branch + 1));
            _skip.AsSpan(i, end - i + 1).Fill(true);
        }
    }

    private bool EndsBlock(int index) => (OpTable.Of(_block.Instructions[index].Op).Traits & OpTraits.EndsBlock) != 0;

    private int SkipStarts(int index)
    {
        while (index < _block.Count && _block.Instructions[index].Op == IrOp.InsnStart) index++;
        return index;
    }

    /// <summary>-1: none or several, or not a conditional one.</summary>
    private int OnlyBranchTo(ulong label)
    {
        var found = -1;
        var instructions = _block.Instructions;
        for (var i = 0; i < instructions.Length; i++)
        {
            ref var x = ref instructions[i];
            if (x.Op is not (IrOp.Br or IrOp.BrIf or IrOp.BrZero or IrOp.BrNonZero) || x.Imm != label) continue;
            if (found >= 0 || x.Op == IrOp.Br) return -1;
            found = i;
        }
        return found;
    }

    /// <summary>Guest instructions begun so far.</summary>
    private int _executed;

    private void InsnStart()
    {
        _guestOffset = (int)(Current.Imm - _block.Context.Rip);
        _executed++;
    }

    private void Label()
    {
        if (_flags.AtLabel(Current.Imm) != 0) EnsureSaved();
        FlagsAtLabel();
        _labelAt[Current.Imm] = _w.Position;
    }

    private void Branch()
    {
        if (_flags.AtLabel(Current.Imm) != 0) EnsureSaved();
        _labelJumps.Add((_w.Jump(), Current.Imm));
    }

    private void BranchIf() => JumpTo(TestCondition(Current.Cond));

    private void BranchZero(Condition condition)
    {
        ref var x = ref Current;
        if (_flags.After(_index) != 0) EnsureSaved();
        _resident = false;
        Compare(AluOp.Cmp, x.Size, Place(x.A), Loc.Constant(0));
        JumpTo(condition);
    }

    /// <summary>EFLAGS satisfy the condition: to the label, or to the end behind it.</summary>
    private void JumpTo(Condition condition)
    {
        var end = _exitOf[_index];
        if (end < 0)
        {
            if (_flags.AtLabel(Current.Imm) != 0) EnsureSaved();
            _labelJumps.Add((_w.Jump(condition), Current.Imm));
        }
        else if (IsLoopEdge(end))
        {
            LoopBack(condition);
        }
        else if (IsChainedJump(end) && !_loops && EndsBlock(SkipStarts(_index + 1)) && CountIsRight(_executed))
        {
            // Both ways leave: the flags are saved once, and the branch itself is the jump slot.
            EnsureSaved();
            _w.Align(4, X64Writer.ConditionalJumpBytes);
            DefineSlot(end, _w.Jump(condition));
        }
        else
        {
            var jump = _w.Jump(condition);
            _cold.Add(new ColdPath(ColdKind.Exit, jump, 0, end, _guestOffset, _source) { Resident = _resident, Saved = _saved, Executed = _executed });
        }
    }

    private bool IsChainedJump(int index) => _block.Instructions[index].Op == IrOp.GotoTb && MayChain && !_options.CountJumps;

    private void GotoTb()
    {
        if (IsLoopEdge(_index))
        {
            LoopBack(null);
            return;
        }
        EnsureSaved();
        if (!MayChain)
        {
            StoreRip(Current.Imm);
            Leave(TbExitReason.Lookup);
            return;
        }
        if (_tb.Jump(Current.Aux).DisplacementOffset is not 0 and var displacement)
        {
            // The loop copy leaves by the slots of the first one.
            _w.JumpBack(displacement - X64Writer.JumpBytes);
            return;
        }
        if (_options.CountJumps) CountJump();
        _w.Align(4, X64Writer.JumpBytes);
        DefineSlot(_index, _w.Jump());
    }

    private void DefineSlot(int gotoTb, int displacement)
    {
        _tb.Jump(_block.Instructions[gotoTb].Aux).DisplacementOffset = displacement;
        _cold.Add(new ColdPath(ColdKind.JumpStub, displacement, 0, gotoTb, _guestOffset, FlagSource.None));
    }

    private void EmitJumpStub()
    {
        ref var x = ref Current;
        _tb.Jump(x.Aux).StubOffset = _w.Position;
        StoreRip(x.Imm);
        Leave(TbExit.JumpReason(x.Aux));
    }

    private void GotoIndirect()
    {
        EnsureSaved();
        var target = Place(Current.A);
        LoadInto(OpSize.B64, Reg.Rdx, target);
        var context = _block.Context;
        if ((context.Flags & TbFlags.CsBaseZero) == 0 || context.CompileFlags != TbCompileFlags.None)
        {
            CheckTarget();
            _w.Store(OpSize.B64, HostMem.Env(CpuState.RipOffset), Reg.Rdx);
            Leave(TbExitReason.Lookup);
            return;
        }
        HostMem entry;
        if (target.IsConstant)
        {
            entry = HostMem.Env(CpuLayout.JumpCacheOffset + CpuLayout.JumpCacheSlot(target.Value));
        }
        else
        {
            _w.Mov(OpSize.B32, Reg.Rcx, Reg.Rdx);
            _w.Shift(ShiftOp.Shr, OpSize.B32, Reg.Rcx, 6);
            _w.Alu(AluOp.Xor, OpSize.B32, Reg.Rcx, Reg.Rdx);
            _w.Alu(AluOp.And, OpSize.B32, Reg.Rcx, (1 << CpuLayout.JumpCacheShift) - 1);
            _w.Shift(ShiftOp.Shl, OpSize.B32, Reg.Rcx, JumpCacheEntry.SizeShift);
            entry = new HostMem(Homes.Environment, Reg.Rcx, 0, CpuLayout.JumpCacheOffset);
        }
        _w.Alu(AluOp.Cmp, OpSize.B64, entry with { Displacement = entry.Displacement + JumpCacheEntry.PcOffset }, Reg.Rdx);
        AddCold(ColdKind.LookupMiss, _w.Jump(Condition.Ne));
        _w.Alu(AluOp.Cmp, OpSize.B32, entry with { Displacement = entry.Displacement + JumpCacheEntry.FlagsOffset }, (int)context.Flags);
        AddCold(ColdKind.LookupMiss, _w.Jump(Condition.Ne));
        if (_options.CountJumps) _w.IncDec(false, OpSize.B64, HostMem.Env(CpuState.JumpCacheHitsOffset));
        _w.JumpIndirect(entry with { Displacement = entry.Displacement + JumpCacheEntry.EntryOffset });
    }

    /// <summary>
    /// A non-canonical target in RDX is a fault of the branch. The jump cache holds none, so only what misses it asks. With five-level paging the helper
    /// may find it good.
    /// </summary>
    private void CheckTarget()
    {
        var target = Place(Current.A);
        if (!_block.Context.Is64 || target.IsConstant && (long)target.Value << 16 >> 16 == (long)target.Value) return;
        _w.Mov(OpSize.B64, Reg.Rcx, Reg.Rdx);
        _w.Shift(ShiftOp.Sar, OpSize.B64, Reg.Rcx, 47);
        _w.IncDec(false, OpSize.B64, Reg.Rcx);
        _w.Alu(AluOp.Cmp, OpSize.B64, Reg.Rcx, 1);
        var canonical = _w.Jump(Condition.Be);
        CallHelper(HelperId.BranchTarget);
        _w.Mov(OpSize.B64, Reg.Rdx, Reg.Rax);
        _w.PatchHere(canonical);
    }

    private void ExitTb()
    {
        EnsureSaved();
        var target = Place(Current.A);
        if (!target.IsNone) Assign(OpSize.B64, Loc.Env(CpuState.RipOffset), target);
        Leave((TbExitReason)Current.Aux);
    }
}

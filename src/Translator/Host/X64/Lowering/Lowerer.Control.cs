using Tcg.Mttcg.Translator.Cache;
using Tcg.Mttcg.Translator.Ir;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Host.X64.Lowering;

/// <summary>Labels, branches and the ends of blocks. At labels and ends the flags are in the state.</summary>
internal sealed unsafe partial class Lowerer
{
    private int[] _fused = new int[256];

    private bool MayChain => (_block.Context.CompileFlags & TbCompileFlags.NoChain) == 0;

    /// <summary>
    /// A branch to a label that is reached from nowhere else and only jumps on becomes the jump slot itself: one host jump less on the taken way.
    /// </summary>
    private void PlanJumpFusion()
    {
        if (_fused.Length < _block.Count) _fused = new int[_block.Count * 2];
        _fused.AsSpan(0, _block.Count).Fill(-1);
        if (!MayChain || _options.CountJumps || _block.Labels == 0) return;
        var instructions = _block.Instructions;
        for (var i = 1; i < instructions.Length; i++)
        {
            if (instructions[i].Op != IrOp.Label || (OpTable.Of(instructions[i - 1].Op).Traits & OpTraits.EndsBlock) == 0) continue;
            var end = i + 1;
            while (end < instructions.Length && instructions[end].Op == IrOp.InsnStart) end++;
            if (end == instructions.Length || instructions[end].Op != IrOp.GotoTb) continue;
            var branch = OnlyBranchTo(instructions[i].Imm);
            if (branch < 0 || branch > i) continue;
            _fused[branch] = end;
            _skip.AsSpan(i, end - i + 1).Fill(true);
        }
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

    private void InsnStart() => _guestOffset = (int)(Current.Imm - _block.Context.Rip);

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
        if (_fused[_index] >= 0 || _flags.After(_index) != 0) EnsureSaved();
        var a = Place(x.A);
        _resident = false;
        Compare(AluOp.Cmp, x.Size, a, Loc.Constant(0));
        JumpTo(condition);
    }

    private void JumpTo(Condition condition)
    {
        var end = _fused[_index];
        if (end >= 0)
        {
            EnsureSaved();
            _w.Align(4, X64Writer.ConditionalJumpBytes);
            DefineSlot(end, _w.Jump(condition));
            return;
        }
        if (_flags.AtLabel(Current.Imm) != 0) EnsureSaved();
        _labelJumps.Add((_w.Jump(condition), Current.Imm));
    }

    private void GotoTb()
    {
        EnsureSaved();
        if (!MayChain)
        {
            StoreRip(Current.Imm);
            Leave(TbExitReason.Lookup);
            return;
        }
        if (_options.CountJumps) _w.IncDec(false, OpSize.B64, HostMem.Env(CpuState.ChainedJumpsOffset));
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
        Leave(x.Aux == 0 ? TbExitReason.Jump0 : TbExitReason.Jump1);
    }

    private void GotoIndirect()
    {
        EnsureSaved();
        var target = Place(Current.A);
        LoadInto(OpSize.B64, Reg.Rdx, target);
        var context = _block.Context;
        if ((context.Flags & TbFlags.CsBaseZero) == 0 || context.CompileFlags != TbCompileFlags.None)
        {
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

    private void ExitTb()
    {
        EnsureSaved();
        var target = Place(Current.A);
        if (!target.IsNone) Assign(OpSize.B64, Loc.Env(CpuState.RipOffset), target);
        Leave((TbExitReason)Current.Aux);
    }
}

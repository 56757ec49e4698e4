using Tcg.Mttcg.Translator.Ir;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Host.X64.Lowering;

/// <summary>
/// A block that jumps to its own start needs no jump slot. And if the flags at the jump are overwritten early in the next round, they are not even
/// saved: the block is lowered a second time, as a loop copy whose entry state is "flags can be repeated from the last round". The copy has a head
/// of its own, which polls and can be killed; its stub recovers the flags first.
/// </summary>
internal sealed unsafe partial class Lowerer
{
    /// <summary>Blocks with more operations are not worth a copy.</summary>
    private const int MaxLoopOperations = 256;

    private readonly List<int> _loopJumps = [];
    private bool _loops;
    private bool _inLoopCopy;
    private int _loopHead;
    private FlagSource _loopSource;

    private void PlanLoop()
    {
        _loops = false;
        _loopJumps.Clear();
        _inLoopCopy = false;
        _loopSource = FlagSource.None;
        if (_block.Context.CompileFlags != TbCompileFlags.None || _block.Count > MaxLoopOperations || _tb.Checks.Length > 0) return;
        foreach (ref var x in _block.Instructions)
        {
            _loops |= x.Op == IrOp.GotoTb && x.Imm == _block.Context.Rip;
        }
    }

    private bool IsLoopEdge(int index)
    {
        ref var x = ref _block.Instructions[index];
        return _loops && x.Op == IrOp.GotoTb && x.Imm == _block.Context.Rip;
    }

    /// <summary>To the block's start, if the condition holds. EFLAGS survive the way not taken.</summary>
    private void LoopBack(Condition? condition)
    {
        if (MayForgetFlags())
        {
            _loopSource = _source;
            var jump = condition is { } c ? _w.Jump(c) : _w.Jump();
            if (_inLoopCopy) _w.Patch(jump, _loopHead);
            else _loopJumps.Add(jump);
            return;
        }
        EnsureSaved();
        var again = condition is { } when ? _w.Jump(when) : _w.Jump();
        if (_options.CountJumps) AddCold(ColdKind.LoopAgain, again);
        else _w.Patch(again, _start);
    }

    private void CountJump() => _w.IncDec(false, OpSize.B64, HostMem.Env(CpuState.ChainedJumpsOffset));

    private bool MayForgetFlags()
    {
        if (_saved || !_source.IsKnown) return false;
        if (_loopSource.IsKnown) return _source == _loopSource;
        return Intact(_source, _index) && LastsFrom(0, _source);
    }

    private void EmitLoopCopy()
    {
        _w.Align(16);
        _loopHead = _w.Position;
        _tb.LoopOffset = _loopHead;
        (_resident, _saved, _source) = (false, false, _loopSource);
        _inLoopCopy = true;
        _guestOffset = 0;
        EmitPoll(ColdKind.LoopPoll);
        if (_options.CountJumps) CountJump();
        foreach (var jump in _loopJumps) _w.Patch(jump, _loopHead);
    }
}

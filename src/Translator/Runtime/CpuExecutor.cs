using System.Diagnostics;
using Tcg.Mttcg.Translator.Cache;
using Tcg.Mttcg.Translator.Host;

namespace Tcg.Mttcg.Translator.Runtime;

/// <summary>
/// One vCPU's <c>cpu_exec</c>: events, find or translate, run, chain, again. Knows no actor: it returns when its owner must look at something.
/// Used by the vCPU's thread only.
/// </summary>
public sealed unsafe class CpuExecutor
{
    private const TbCompileFlags OneInstruction = (TbCompileFlags)1 | TbCompileFlags.NoChain | TbCompileFlags.NoPoll;

    private readonly Cpu _cpu;
    private readonly IBackEnd _backEnd;
    private readonly TbCache _cache;
    private readonly ExecutorOptions _options;
    private readonly TbFinder _finder;
    private readonly TbTranslator _translator;
    private readonly EventWindow _events;
    private readonly RestlessCode _restless;
    private readonly TbCompileFlags _always;

    // It found its bytes changed: not to be run again before one was made from the new ones.
    private TranslationBlock? _changed;

    public CpuExecutor(Cpu cpu, IBackEnd backEnd, TbCache cache, ICodeCoherence coherence, ExecutorOptions options)
    {
        _cpu = cpu;
        _backEnd = backEnd;
        _cache = cache;
        _options = options;
        cpu.Coherence = coherence;
        if (options.OneInstructionPerTb) _always = (TbCompileFlags)1 | TbCompileFlags.NoChain;
        if (!options.Chain || options.Log is { EveryBlock: true }) _always |= TbCompileFlags.NoChain;
        _finder = new TbFinder(cpu, cache, Counters);
        _translator = new TbTranslator(cpu, backEnd, cache, coherence, options, Counters);
        _restless = new RestlessCode(options.RestlessAfter, (long)(options.RestlessWithin.TotalSeconds * Stopwatch.Frequency), options.CalmAfter);
        _events = new EventWindow(cpu, Counters, options.Log);
    }

    /// <summary>What this vCPU did since it was made.</summary>
    public ExecutorCounters Counters { get; } = new();

    /// <summary>Where it was lately.</summary>
    public RecentBlocks Recent { get; } = new();

    /// <summary>Runs until there is something for the owner to do. On return the vCPU is outside translated code and its state is exact.</summary>
    public SliceEnd Run()
    {
        var state = _cpu.State;
        TranslationBlock? last = null;
        var lastSlot = 0;
        while (true)
        {
            if (Volatile.Read(ref state->ExitRequest) != 0)
            {
                Interlocked.Exchange(ref state->ExitRequest, 0);
                return SliceEnd.Kicked;
            }
            if (_cpu.HasStop) return SliceEnd.Stopped;
            var shadow = state->InterruptShadow != 0 || _cpu.GoesOnAsShown();
            if (!shadow)
            {
                if (!_events.Deliver(out var parked)) return parked;
                // What runs now is the handler, not where the last block's jump leads.
                if (_events.Delivered) last = null;
            }

            if (_cpu.HasCodeBreakpoints && state->InterruptShadow != CpuState.ShadowOfStackLoad && _cpu.TryBreak())
            {
                if (!_events.DeliverException()) return SliceEnd.Shutdown;
                last = null;
                continue;
            }
            var once = shadow || _cpu.SingleStepping || _cpu.NeedsCare ? OneInstruction : TbCompileFlags.None;
            if (FindOrTranslate(once, out var runOnce) is not { } block)
            {
                if (!_events.DeliverException()) return SliceEnd.Shutdown;
                last = null;
                continue;
            }
            if (_cpu.MeetsBreakpoint())
            {
                if (runOnce) _translator.Discard(block);
                return SliceEnd.Stopped;
            }
            if (last is not null && !runOnce && _cache.Jumps.TryChain(last, lastSlot, block)) Counters.Chained++;
            last = null;

            state->InterruptShadow = 0;
            var stepping = _cpu.SingleStepping;
            var exit = Execute(block, runOnce, alone: once != 0);
            if (exit.Reason == TbExitReason.Changed) exit = Changed(exit);
            if (exit.Reason is TbExitReason.SelfModified or TbExitReason.Breakpoint or TbExitReason.Interpret)
            {
                once = OneInstruction;
                if (!TryRepeatAlone(ref exit)) return SliceEnd.Shutdown;
            }
            if (once != 0 && !TryFinish(exit, stepping)) return SliceEnd.Shutdown;
            switch (exit.Reason)
            {
                case TbExitReason.Jump0 or TbExitReason.Jump1 or TbExitReason.Jump2 or TbExitReason.Jump3:
                    if (once == 0 && _always == 0 && !runOnce)
                    {
                        last = _cache.Descriptors[exit.TbId];
                        lastSlot = exit.JumpSlot;
                    }
                    break;
                case TbExitReason.Lookup or TbExitReason.ExitRequest or TbExitReason.Changed:
                    break;
                default:
                    if (Leaves(exit.Reason, out var end)) return end;
                    break;
            }
        }
    }

    /// <summary>Runs the one instruction at RIP. The caller guarantees that every other vCPU is code-quiescent and stays so.</summary>
    public SliceEnd RunExclusive() => RunOne(overBreakpoints: false);

    /// <summary>
    /// The same for a debugger: no interrupt is taken, and no breakpoint of the debugger's met, before the instruction. A stop that it was not told of yet comes
    /// first.
    /// </summary>
    public SliceEnd Step()
    {
        if (_cpu.HasStop) return SliceEnd.Stopped;
        if (_cpu.State->Halted != 0 || _cpu.WaitsForStartUp) return SliceEnd.Halted;
        if (_cpu.HasCodeBreakpoints && _cpu.State->InterruptShadow != CpuState.ShadowOfStackLoad && _cpu.TryBreak())
            return _events.DeliverException() ? SliceEnd.Kicked : SliceEnd.Shutdown;
        return RunOne(overBreakpoints: true);
    }

    private SliceEnd RunOne(bool overBreakpoints)
    {
        if (FindOrTranslate(OneInstruction, out var runOnce) is not { } block) return _events.DeliverException() ? SliceEnd.Kicked : SliceEnd.Shutdown;
        if (!overBreakpoints && _cpu.MeetsBreakpoint())
        {
            if (runOnce) _translator.Discard(block);
            return SliceEnd.Kicked;
        }
        _cpu.State->InterruptShadow = 0;
        _cpu.IsExclusive = true;
        var stepping = _cpu.SingleStepping;
        var exit = Execute(block, runOnce, alone: true);
        var isAlive = TryRepeatAlone(ref exit);
        _cpu.IsExclusive = false;
        if (!isAlive) return SliceEnd.Shutdown;
        if (!TryFinish(exit, stepping)) return SliceEnd.Shutdown;
        return Leaves(exit.Reason, out var end) ? end : SliceEnd.Kicked;
    }

    /// <summary>
    /// The instruction that overwrote its own block, from bytes read anew, that met a breakpoint, or that the interpreter must do. False: triple fault. An exception of it is left to the caller.
    /// </summary>
    private bool TryRepeatAlone(ref TbExit exit)
    {
        while (exit.Reason is TbExitReason.SelfModified or TbExitReason.Breakpoint or TbExitReason.Interpret)
        {
            if (exit.Reason == TbExitReason.SelfModified) Counters.SelfModifications++;
            if (exit.Reason == TbExitReason.Interpret) Counters.Interpreted++;
            var how = exit.Reason switch
            {
                TbExitReason.SelfModified => TbCompileFlags.Uncached,
                TbExitReason.Interpret => TbCompileFlags.Uncached | TbCompileFlags.Interpret,
                _ => TbCompileFlags.None,
            };
            if (FindOrTranslate(OneInstruction | how, out var runOnce) is not { } block)
            {
                exit = new TbExit(0, TbExitReason.ExitRequest);
                return _events.DeliverException();
            }
            exit = Execute(block, runOnce, alone: true);
        }
        return true;
    }

    private TbExit Changed(TbExit exit)
    {
        Counters.ChangedBlocks++;
        _changed = _cache.Descriptors[exit.TbId];
        if (!_restless.IsRestless(_changed, Stopwatch.GetTimestamp())) return exit;
        Counters.RestlessRuns++;
        return new TbExit(exit.TbId, TbExitReason.Interpret);
    }

    // What follows an instruction that ran alone: RF is used up, and debug traps are due. Only if it completed; other exits come back to it.
    private bool TryFinish(TbExit exit, bool stepping)
    {
        if (exit.JumpSlot < 0 && exit.Reason is not (TbExitReason.Lookup or TbExitReason.Halt or TbExitReason.Pause or TbExitReason.Wait))
        {
            if (exit.Reason == TbExitReason.Exception) _cpu.DropTriggers();
            return true;
        }
        _cpu.ForgetShown();
        if (!_cpu.ResumeLoaded) _cpu.State->SystemFlags &= ~Eflag.Rf;
        return !(stepping || _cpu.HasTriggers) || _cpu.AfterInstruction(stepping);
    }

    private TbExit Execute(TranslationBlock block, bool runOnce, bool alone)
    {
        Counters.Dispatches++;
        Recent.Enter(block);
        _options.Log?.Executing(_cpu, block);
        _cpu.Running = block;
        _cpu.RunsAlone = alone;
        _cpu.ResumeLoaded = false;
        var exit = _backEnd.Execute(_cpu, block);
        _cpu.Unwind();
        _cpu.Running = null;
        if (runOnce) _translator.Discard(block);
        return exit;
    }

    private bool Leaves(TbExitReason reason, out SliceEnd end)
    {
        end = default;
        switch (reason)
        {
            case TbExitReason.Exception:
                end = SliceEnd.Shutdown;
                return !_events.DeliverException();
            case TbExitReason.Halt:
                _cpu.State->Halted = 1;
                Counters.Halts++;
                return false;
            case TbExitReason.Pause:
                end = SliceEnd.Paused;
                return true;
            case TbExitReason.Wait:
                end = SliceEnd.Waiting;
                return true;
            case TbExitReason.Exclusive:
                end = SliceEnd.Exclusive;
                return true;
            case TbExitReason.Failure:
                end = SliceEnd.Failure;
                return true;
            case TbExitReason.Leave:
                end = SliceEnd.Left;
                return true;
            default:
                return false;
        }
    }

    private TranslationBlock? FindOrTranslate(TbCompileFlags flags, out bool runOnce)
    {
        runOnce = false;
        var context = _cpu.ComputeContext();
        flags |= _always;
        if (flags != 0) context = context with { CompileFlags = flags };
        if ((flags & TbCompileFlags.Uncached) == 0 && _finder.FindByJumpCache(context) is { } cached && cached != _changed) return cached;

        if (!_cpu.TryResolveCode(new(context.Pc), raise: true, out var page)) return null;
        var block = page.IsRam && (flags & TbCompileFlags.Uncached) == 0 ? _finder.FindByHash(context, page.Offset) : null;
        if (block is null || block == _changed)
        {
            block = _translator.Translate(context, out runOnce);
            _changed = null;
        }
        if (block is not null && !runOnce) _finder.Remember(block);
        return block;
    }
}

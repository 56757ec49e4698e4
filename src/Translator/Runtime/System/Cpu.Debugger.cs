using Tcg.Mttcg.Memory;

namespace Tcg.Mttcg.Translator.Runtime;

/// <summary>
/// Breakpoints and watchpoints that the emulator's user sets, beside the guest's own. No block runs over a breakpoint and none that others jump to begins at
/// one, so the dispatcher alone looks for them; watched data is found as the guest's own is: its page is always slow, and an instruction that meets it runs
/// again alone.
/// </summary>
public sealed unsafe partial class Cpu
{
    private DebugStop? _met;

    /// <summary>Linear address at which the debugger last saw this vCPU: its instruction runs before a breakpoint there is met again.</summary>
    private ulong? _shownAt;

    /// <summary>What the debugger waits for.</summary>
    public DebugPoints Points { get; private set; } = DebugPoints.None;

    /// <summary>A stop that the debugger must be told of before the next instruction.</summary>
    internal bool HasStop => _met is not null;

    /// <summary>The next instruction is the one at which the debugger last saw this vCPU: it comes before every interrupt. Asked before each block.</summary>
    internal bool GoesOnAsShown()
    {
        if (_shownAt is null) return false;
        if (_shownAt == LinearRip.Value) return true;
        _shownAt = null;
        return false;
    }

    /// <summary>New points. Only outside translated code: no block that was made for the old ones is under way.</summary>
    public void Heed(DebugPoints points)
    {
        var changed = points.Watchpoints.Except(Points.Watchpoints).Concat(Points.Watchpoints.Except(points.Watchpoints)).ToArray();
        Points = points;
        foreach (var watchpoint in changed) Tlb.FlushRange(watchpoint.Start, (uint)watchpoint.Length);
    }

    /// <summary>What the debugger is told now; the vCPU goes on from here. Without anything met it is a step.</summary>
    public DebugStop TakeStop()
    {
        var stop = _met ?? new DebugStop(Ports.Index, DebugStopKind.Step, 0, LinearRip);
        _met = null;
        _shownAt = LinearRip.Value;
        return stop with { Rip = State->Rip };
    }

    /// <summary>A breakpoint at RIP that was not told of yet. The caller has found what to run there, and does not run it.</summary>
    internal bool MeetsBreakpoint()
    {
        if (!Points.HasBreakpoints || !Points.IsBreakpoint(LinearRip.Value) || GoesOnAsShown()) return false;
        _met = new DebugStop(Ports.Index, DebugStopKind.Breakpoint, 0, LinearRip);
        return true;
    }

    /// <summary>An instruction is done; the debugger saw nothing since.</summary>
    internal void ForgetShown() => _shownAt = null;

    private bool TryMeetWatchpoint(GuestVirtual address, int bytes, WatchKind access)
    {
        if (_unwatched || Running is null || !Points.TryMeet(address, bytes, access, out var watchpoint, out var at)) return true;
        if (!RunsAlone)
        {
            LeaveAfterHelper(TbExitReason.Breakpoint);
            return false;
        }
        _met ??= new DebugStop(Ports.Index, DebugStopKind.Watchpoint, 0, at, watchpoint);
        return true;
    }
}

using Tcg.Mttcg.Memory;

namespace Tcg.Mttcg.Translator.Runtime;

/// <summary>
/// Breakpoints and watchpoints that the emulator's user has set: a set that never changes, for the memory actor gives every vCPU a new one. Linear
/// addresses, whatever address space they are met in, as gdb has it.
/// </summary>
public sealed class DebugPoints
{
    public static readonly DebugPoints None = new([], []);

    private readonly ulong[] _breakpoints;
    private readonly Watchpoint[] _watchpoints;

    private DebugPoints(ulong[] breakpoints, Watchpoint[] watchpoints) => (_breakpoints, _watchpoints) = (breakpoints, watchpoints);

    public IReadOnlyList<Watchpoint> Watchpoints => _watchpoints;

    internal bool HasBreakpoints => _breakpoints.Length != 0;

    /// <summary>The set with, or without, a breakpoint.</summary>
    public DebugPoints With(GuestVirtual breakpoint, bool isSet)
    {
        var others = _breakpoints.Where(address => address != breakpoint.Value);
        return New([.. (isSet ? others.Append(breakpoint.Value) : others).Order()], _watchpoints);
    }

    /// <summary>The set with, or without, a watchpoint.</summary>
    public DebugPoints With(Watchpoint watchpoint, bool isSet)
    {
        var others = _watchpoints.Where(other => other != watchpoint);
        return New(_breakpoints, [.. isSet ? others.Append(watchpoint) : others]);
    }

    public bool IsBreakpoint(ulong linear) => _breakpoints.Length != 0 && Array.BinarySearch(_breakpoints, linear) >= 0;

    internal bool Watches(GuestVirtual address)
    {
        foreach (ref readonly var watchpoint in _watchpoints.AsSpan())
            if (watchpoint.Touches(address.PageBase)) return true;
        return false;
    }

    /// <summary>The first watchpoint that an access meets.</summary>
    internal bool TryMeet(GuestVirtual address, int bytes, WatchKind access, out Watchpoint met, out GuestVirtual at)
    {
        at = default;
        foreach (ref readonly var watchpoint in _watchpoints.AsSpan())
        {
            met = watchpoint;
            if (watchpoint.Meets(address, bytes, access, out at)) return true;
        }
        met = default;
        return false;
    }

    private static DebugPoints New(ulong[] breakpoints, Watchpoint[] watchpoints) =>
        breakpoints.Length + watchpoints.Length == 0 ? None : new DebugPoints(breakpoints, watchpoints);
}

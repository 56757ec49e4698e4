using Tcg.Mttcg.Memory;
using Tcg.Mttcg.Memory.Tlb;

namespace Tcg.Mttcg.Translator.Runtime;

/// <summary>What DR7 says a breakpoint waits for.</summary>
internal enum BreakpointKind : byte { Execute, Write, Port, Access }

/// <summary>
/// Breakpoints DR0 to DR3 (SDM 3B 18.2). Code without one nearby pays nothing: a page that holds watched data is always slow in the soft TLB, and code in a
/// page that holds an instruction breakpoint runs one instruction at a time. An instruction that meets watched data is left before it has done
/// anything and run again alone (<see cref="RunsAlone"/>); what it touches then is reported behind it.
/// </summary>
public sealed unsafe partial class Cpu
{
    private const int Breakpoints = 4;

    private uint _triggers;
    private bool _watchesData;
    private bool _unwatched;

    /// <summary>Some instruction breakpoint is enabled.</summary>
    internal bool HasCodeBreakpoints { get; private set; }

    /// <summary>The block under way is one instruction, behind which debug traps are delivered.</summary>
    internal bool RunsAlone { get; set; }

    /// <summary>Breakpoints were met by an instruction that has completed.</summary>
    internal bool HasTriggers => _triggers != 0;

    /// <summary>The instruction loaded RF itself (IRET, a task switch): its completion does not clear it.</summary>
    internal bool ResumeLoaded { get; set; }

    /// <summary>Instructions must be run one by one here: RF is good for one, or a breakpoint lies in this page.</summary>
    internal bool NeedsCare
    {
        get
        {
            if (!HasCodeBreakpoints) return false;
            if ((State->SystemFlags & Eflag.Rf) != 0) return true;
            var page = LinearRip.PageBase;
            for (var i = 0; i < Breakpoints; i++)
                if (IsEnabled(i, BreakpointKind.Execute) && new GuestVirtual(State->Dr[i]).PageBase == page) return true;
            return false;
        }
    }

    private GuestVirtual LinearRip => new(IsLongMode64 ? State->Rip : (uint)(State->Cs.Base + State->Rip));

    /// <summary>An instruction breakpoint at RIP that RF does not hide: #DB is pending, as a fault.</summary>
    internal bool TryBreak()
    {
        if ((State->SystemFlags & Eflag.Rf) != 0) return false;
        var linear = LinearRip.Value;
        var hits = 0u;
        for (var i = 0; i < Breakpoints; i++)
            if (IsEnabled(i, BreakpointKind.Execute) && State->Dr[i] == linear) hits |= 1u << i;
        if (hits == 0) return false;
        State->Dr[6] |= hits;
        Raise(ExceptionVector.Debug);
        return true;
    }

    /// <summary>
    /// After an instruction that completed: the single-step trap and those of watched data in one #DB. A load of SS puts off the latter and swallows the
    /// former (SDM 3A 6.8.3). False: triple fault.
    /// </summary>
    public bool AfterInstruction(bool stepped)
    {
        if (_stepMasked)
        {
            _stepMasked = false;
            stepped = false;
        }
        if (State->InterruptShadow == CpuState.ShadowOfStackLoad || (_triggers == 0 && !stepped)) return true;
        State->Dr[6] |= _triggers | (stepped ? Dr.Dr6SingleStep : 0);
        _triggers = 0;
        Record(new PendingEvent(ExceptionVector.Debug, InterruptSource.Trap, false, 0, 0));
        return DeliverPending();
    }

    /// <summary>The instruction faulted: what it met on the way is forgotten.</summary>
    internal void DropTriggers()
    {
        _triggers = 0;
        _met = null;
    }

    /// <summary>A guest access to a page with watched data. False: the instruction must be run again, alone.</summary>
    private bool TryWatched(GuestVirtual address, int bytes, WatchKind access)
    {
        var hits = 0u;
        var write = (access & WatchKind.Write) != 0;
        for (var i = 0; i < Breakpoints; i++)
        {
            if (!(IsEnabled(i, BreakpointKind.Access) || (write && IsEnabled(i, BreakpointKind.Write)))) continue;
            var length = LengthOf(i);
            var start = State->Dr[i] & ~(length - 1);
            if (address.Value < start + length && start < address.Value + (uint)bytes) hits |= 1u << i;
        }
        return TryMeet(hits) && TryMeetWatchpoint(address, bytes, access);
    }

    /// <summary>An access to ports, which CR4.DE lets breakpoints wait for. False: as <see cref="TryWatched"/>.</summary>
    internal bool TryWatchedPort(ushort port, int bytes)
    {
        if ((State->Cr4 & Cr4.De) == 0 || (State->Dr[7] & 0xff) == 0) return true;
        var hits = 0u;
        for (var i = 0; i < Breakpoints; i++)
        {
            if (!IsEnabled(i, BreakpointKind.Port)) continue;
            var length = LengthOf(i);
            var start = State->Dr[i] & ~(length - 1);
            if (port < start + length && start < (ulong)port + (uint)bytes) hits |= 1u << i;
        }
        return TryMeet(hits);
    }

    // Frames that the processor pushes and tables that it reads on its own are not watched.
    private bool TryMeet(uint hits)
    {
        if (hits == 0 || _unwatched || Running is null) return true;
        if (!RunsAlone)
        {
            LeaveAfterHelper(TbExitReason.Breakpoint);
            return false;
        }
        _triggers |= hits;
        return true;
    }

    private bool IsWatchedPage(GuestVirtual address)
    {
        for (var i = 0; i < Breakpoints; i++)
        {
            if (!IsEnabled(i, BreakpointKind.Write) && !IsEnabled(i, BreakpointKind.Access)) continue;
            if (new GuestVirtual(State->Dr[i]).PageBase == address.PageBase) return true;
        }
        return false;
    }

    private bool IsEnabled(int number, BreakpointKind kind) =>
        (State->Dr[7] >> (number * 2) & 3) != 0 && (BreakpointKind)(State->Dr[7] >> (16 + number * 4) & 3) == kind;

    private ulong LengthOf(int number) => (State->Dr[7] >> (18 + number * 4) & 3) switch { 0 => 1, 1 => 2, 2 => 8, _ => 4 };

    /// <summary>A debug register changed: what is cached of pages and jumps was made for the old ones.</summary>
    internal void RefreshBreakpoints()
    {
        bool hadCode = HasCodeBreakpoints, hadData = _watchesData;
        HasCodeBreakpoints = _watchesData = false;
        for (var i = 0; i < Breakpoints; i++)
        {
            HasCodeBreakpoints |= IsEnabled(i, BreakpointKind.Execute);
            _watchesData |= IsEnabled(i, BreakpointKind.Write) || IsEnabled(i, BreakpointKind.Access);
        }
        if (hadData || _watchesData) FlushTlb();
        else if (hadCode || HasCodeBreakpoints) FlushJumpCache();
    }
}

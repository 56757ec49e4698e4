using Tcg.Mttcg.Memory.Physical;
using Tcg.Mttcg.Memory.Tlb;

namespace Tcg.Mttcg.Memory.Paging;

/// <summary>
/// Walks the guest's page tables (SDM 3A chapter 4). Accessed and dirty bits are set by compare-and-swap, after every check has passed, and
/// the walk starts over when an entry changed under it. Tables outside RAM and ROM read as ones. Stateless: safe from any thread. Canonical
/// form is the caller's business; bits above the top level are ignored.
/// </summary>
public sealed class PageWalker(PhysicalMemory memory)
{
    /// <summary>A guest that rewrites its entries for ever must not keep a vCPU here: then the last walk stands without A and D.</summary>
    private const int MaxRestarts = 1000;

    private readonly PageTables _tables = new(memory);

    /// <summary>Translates one access and sets A and D as the processor does.</summary>
    /// <param name="view">Whose access it is; <see cref="MmuIndex.Kernel"/> also for descriptor tables read on behalf of user code.</param>
    public WalkResult Walk(in PagingState state, GuestVirtual address, AccessKind kind, MmuIndex view)
    {
        for (var restarts = 0; ; restarts++)
        {
            var result = Probe(state, address, kind, view, out var trail);
            if (result.IsFault || restarts == MaxRestarts || TryMark(trail, kind == AccessKind.Write))
                return result;
        }
    }

    /// <summary>What <see cref="Walk"/> would yield, without side effects. Not for filling a TLB: A and D are not set.</summary>
    public WalkResult Probe(in PagingState state, GuestVirtual address, AccessKind kind, MmuIndex view) =>
        Probe(state, address, kind, view, out _);

    /// <summary>Translates for a debugger: no rights are checked, nothing changes.</summary>
    public bool TryTranslate(in PagingState state, GuestVirtual address, out GuestPhysical physical)
    {
        physical = new(address.Value & uint.MaxValue);
        if (state.Mode == PagingMode.None)
            return true;
        var outcome = _tables.Find(state, address, out _, out var page, out var shift);
        physical = new(page | (address.Value & PageEntry.Bits(shift - 1, 0)));
        return outcome == TableOutcome.Mapped;
    }

    /// <summary>Loads the PDPTEs that a MOV to CR3 or CR0/CR4 does with PAE paging. False: a reserved bit is set, #GP(0).</summary>
    public bool TryLoadPdptes(in PagingState state, out PagingState loaded)
    {
        Span<ulong> entries = stackalloc ulong[4];
        var table = state.Cr3 & PageEntry.Bits(31, 5);
        var reserved = PageEntry.Bits(63, state.PhysicalBits) | PageEntry.Bits(8, 5) | PageEntry.Bits(2, 1);
        loaded = state;
        for (var i = 0; i < entries.Length; i++)
        {
            entries[i] = _tables.Read(new(table + (ulong)(i * 8)), narrow: false);
            if ((entries[i] & PageEntry.Present) != 0 && (entries[i] & reserved) != 0)
                return false;
        }
        loaded = state with { Pdpte0 = entries[0], Pdpte1 = entries[1], Pdpte2 = entries[2], Pdpte3 = entries[3] };
        return true;
    }

    private WalkResult Probe(in PagingState state, GuestVirtual address, AccessKind kind, MmuIndex view, out PageTrail trail)
    {
        trail = default;
        if (state.Mode == PagingMode.None)
            return WalkResult.Identity(new(address.Value & uint.MaxValue));
        var outcome = _tables.Find(state, address, out trail, out var page, out var shift);
        if (outcome == TableOutcome.NotPresent)
            return WalkResult.Fault(PagePermissions.AccessBits(state, kind, view));
        if (outcome == TableOutcome.Reserved)
            return WalkResult.Fault(PageFaultBits.Present | PageFaultBits.Reserved | PagePermissions.AccessBits(state, kind, view));
        var permissions = new PagePermissions(state, trail);
        var denied = permissions.Check(state, kind, view);
        if (denied != PageFaultBits.None)
            return WalkResult.Fault(denied);
        return new()
        {
            Physical = new(page | (address.Value & PageEntry.Bits(shift - 1, 0))),
            PageShift = (byte)shift,
            Rights = permissions.RightsOf(state, view, writing: kind == AccessKind.Write),
            Attributes = permissions.Attributes | (kind == AccessKind.Write ? PageAttributes.Dirty : PageAttributes.None),
            ProtectionKey = permissions.Key,
        };
    }

    private bool TryMark(in PageTrail trail, bool writing)
    {
        for (var i = 0; i < trail.Count; i++)
        {
            var step = trail[i];
            var wanted = step.Entry | PageEntry.Accessed;
            if (writing && i == trail.Count - 1)
                wanted |= PageEntry.Dirty;
            if (wanted != step.Entry && !_tables.TryReplace(step.Address, step.Entry, wanted, trail.IsNarrow))
                return false;
        }
        return true;
    }
}

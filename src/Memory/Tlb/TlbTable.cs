using System.Runtime.CompilerServices;
using Tcg.Mttcg.Memory.Host;
using Tcg.Mttcg.Memory.Paging;
using Tcg.Mttcg.Memory.Physical;

namespace Tcg.Mttcg.Memory.Tlb;

/// <summary>
/// The table of one privilege view: entries that translated code reads, what the slow path knows of them, and a few victims that were
/// pushed out. A page of linear memory is in the table or among the victims, never in both.
/// </summary>
internal sealed unsafe partial class TlbTable
{
    internal const int Victims = 8;

    private readonly TlbEntry* _entries;
    private readonly uint* _mask;
    private readonly TlbCounters _counters;
    private readonly TlbEntry[] _victims = new TlbEntry[Victims];
    private readonly TlbFullEntry[] _victimFull = new TlbFullEntry[Victims];
    private readonly LargePageRanges _large = new();
    private TlbFullEntry[] _full = [];
    private uint[] _ramPages = [];
    private TlbSizing _sizing;
    private int _shift;
    private int _used;
    private int _evictions;
    private int _nextVictim;
    private bool _hasGlobal;

    /// <summary>Something was entered since all was emptied; a guest that flushes twice pays once.</summary>
    private bool _touched = true;

    internal TlbTable(TlbEntry* entries, uint* mask, TlbOptions options, TlbCounters counters)
    {
        _entries = entries;
        _mask = mask;
        _counters = counters;
        _sizing = new(options);
        SetSize(options.MinShift);
        EmptyAll();
    }

    internal int Entries => 1 << _shift;

    internal int Used => _used;

    internal bool TryLookup(ulong address, AccessKind kind, out TlbHit hit)
    {
        var page = address & PageSize.Mask;
        var index = IndexOf(page);
        if (!TlbTag.Matches(Tag(ref _entries[index], kind), page, out var flags)
            && !(SwapVictimIn(page, index, kind) && TlbTag.Matches(Tag(ref _entries[index], kind), page, out flags)))
        {
            hit = default;
            return false;
        }
        ref readonly var full = ref _full[index];
        var inPage = address - page;
        var host = _entries[index].HostPage;
        hit = new()
        {
            Flags = flags,
            Physical = new(full.PhysicalPage + inPage),
            Host = new(host == 0 ? 0 : host + inPage),
            RamPage = full.RamPage,
            Region = full.Region,
            RegionOffset = full.RegionOffset + inPage,
            PageShift = full.PageShift,
        };
        return true;
    }

    internal void Fill(ulong address, in WalkResult walk, in PhysicalSection section, TlbFlags flags)
    {
        GrowAfterConflicts();
        _touched = true;
        var page = address & PageSize.Mask;
        var physicalPage = new GuestPhysical(walk.Physical.PageBase);
        var index = IndexOf(page);
        ForgetVictims(page);
        MakeRoom(index, page);

        var always = (flags & TlbFlags.Watchpoint) | (section.IsBacked ? TlbFlags.None : TlbFlags.Mmio);
        var stores = always;
        if (section.Kind == PhysicalKind.Ram)
            stores |= flags & TlbFlags.NotDirty;
        else if (section.Kind == PhysicalKind.Rom)
            stores |= TlbFlags.DiscardWrite;

        ref var entry = ref _entries[index];
        entry.ReadTag = TagFor(page, walk.Rights, PageRights.Read, always);
        entry.WriteTag = TagFor(page, walk.Rights, PageRights.Write, stores);
        entry.CodeTag = TagFor(page, walk.Rights, PageRights.Execute, always & ~TlbFlags.Watchpoint);
        entry.HostPage = section.IsBacked ? section.HostOf(physicalPage).Value : 0;

        var ramPage = section.IsBacked ? section.RamOffsetOf(physicalPage).Page : RamPage.None;
        _ramPages[index] = ramPage.Index;
        _full[index] = new()
        {
            VirtualPage = page,
            PhysicalPage = physicalPage.Value,
            RegionOffset = section.IsBacked ? 0 : section.RegionOffsetOf(physicalPage),
            Region = section.Region,
            RamPage = ramPage,
            PageShift = walk.PageShift,
            Global = walk.IsGlobal,
            Key = walk.ProtectionKey,
        };
        _hasGlobal |= walk.IsGlobal;
        if (walk.PageShift > PageSize.Shift)
            _large.Add(page, walk.PageShift);
    }

    private int IndexOf(ulong page) => (int)(page >> PageSize.Shift) & ((1 << _shift) - 1);

    private static ulong TagFor(ulong page, PageRights rights, PageRights needed, TlbFlags flags) =>
        TlbTag.Make(page, (rights & needed) != 0 ? flags : TlbFlags.Invalid);

    private static ref ulong Tag(ref TlbEntry entry, AccessKind kind) =>
        ref Unsafe.AddByteOffset(ref Unsafe.As<TlbEntry, ulong>(ref entry), (nint)(int)kind);

    /// <summary>Usable tags have a clear bit 0, and so have tags with any flag but Invalid.</summary>
    private static bool IsEmpty(in TlbEntry entry) =>
        (entry.ReadTag & entry.WriteTag & entry.CodeTag & (ulong)TlbFlags.Invalid) != 0;

    private void MakeRoom(int index, ulong page)
    {
        if (IsEmpty(_entries[index]))
        {
            _used++;
            return;
        }
        if (_full[index].VirtualPage == page)
            return;
        _victims[_nextVictim] = _entries[index];
        _victimFull[_nextVictim] = _full[index];
        _nextVictim = (_nextVictim + 1) % Victims;
        _evictions++;
    }

    private bool SwapVictimIn(ulong page, int index, AccessKind kind)
    {
        for (var i = 0; i < Victims; i++)
        {
            if (!TlbTag.Matches(Tag(ref _victims[i], kind), page, out _))
                continue;
            if (IsEmpty(_entries[index]))
                _used++;
            (_entries[index], _victims[i]) = (_victims[i], _entries[index]);
            (_full[index], _victimFull[i]) = (_victimFull[i], _full[index]);
            _ramPages[index] = _full[index].RamPage.Index;
            _counters.VictimHits++;
            // Two pages that take turns in one entry send every access here: that ends only in a larger table.
            _evictions++;
            return !GrowAfterConflicts();
        }
        return false;
    }

    /// <summary>True: the table is larger, and empty.</summary>
    private bool GrowAfterConflicts()
    {
        var grown = _sizing.AfterEvictions(_evictions, _shift);
        if (grown == _shift)
            return false;
        Resize(grown);
        return true;
    }

    private void SetSize(int shift)
    {
        _shift = shift;
        *_mask = TlbLayout.MaskFor(shift);
        if (_full.Length >= Entries)
            return;
        _full = new TlbFullEntry[Entries];
        _ramPages = new uint[Entries];
    }
}

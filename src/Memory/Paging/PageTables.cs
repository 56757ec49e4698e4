using Tcg.Mttcg.Memory.Physical;

namespace Tcg.Mttcg.Memory.Paging;

/// <summary>How the search for a leaf ended.</summary>
internal enum TableOutcome : byte
{
    Mapped,
    NotPresent,
    /// <summary>A reserved bit is set in some entry.</summary>
    Reserved,
}

/// <summary>Follows the entries from CR3 to the leaf, by their format only; rights are <see cref="PagePermissions"/>.</summary>
internal sealed class PageTables(PhysicalMemory memory)
{
    private const int IndexBits = 9;

    /// <summary>An entry; tables outside RAM and ROM read as ones.</summary>
    internal ulong Read(GuestPhysical address, bool narrow)
    {
        if (narrow)
            return memory.TryRead<uint>(address, out var half) ? half : uint.MaxValue;
        return memory.TryRead<ulong>(address, out var whole) ? whole : ulong.MaxValue;
    }

    internal bool TryReplace(GuestPhysical address, ulong expected, ulong wanted, bool narrow) => narrow
        ? memory.CompareExchange(address, (uint)expected, (uint)wanted)
        : memory.CompareExchange(address, expected, wanted);

    /// <param name="page">Physical base of the guest's page, valid when mapped.</param>
    /// <param name="shift">log2 of its bytes.</param>
    internal TableOutcome Find(in PagingState state, GuestVirtual address, out PageTrail trail, out ulong page, out int shift)
    {
        switch (state.Mode)
        {
            case PagingMode.Bits32:
                return FindNarrow(state, (uint)address.Value, out trail, out page, out shift);
            case PagingMode.Pae:
                var pointer = state.Pdpte((int)(address.Value >> 30) & 3);
                if ((pointer & PageEntry.Present) != 0)
                    return FindWide(state, address, 2, pointer, PageEntry.Bits(62, state.PhysicalBits), out trail, out page, out shift);
                trail = default;
                page = 0;
                shift = PageSize.Shift;
                return TableOutcome.NotPresent;
            default:
                var levels = state.Mode == PagingMode.FiveLevel ? 5 : 4;
                return FindWide(state, address, levels, state.Cr3, PageEntry.Bits(51, state.PhysicalBits), out trail, out page, out shift);
        }
    }

    /// <summary>32-bit paging (SDM 3A 4.3), with 4 MiB pages that reach 40 physical bits (PSE-36).</summary>
    private TableOutcome FindNarrow(in PagingState state, uint address, out PageTrail trail, out ulong page, out int shift)
    {
        trail = new() { IsNarrow = true };
        var frame = PageEntry.Bits(31, 12);
        var at = new GuestPhysical((state.Cr3 & frame) | (address >> 22 << 2));
        var entry = Read(at, narrow: true);
        trail.Add(at, entry);
        shift = 22;
        page = (entry & PageEntry.Bits(31, 22)) | ((entry & PageEntry.Bits(20, 13)) << 19);
        if ((entry & PageEntry.Present) == 0)
            return TableOutcome.NotPresent;
        if ((entry & PageEntry.Large) != 0 && (state.Cr4 & PagingState.Cr4PageSizeExtensions) != 0)
        {
            var reserved = PageEntry.Bits(21, Math.Min((int)state.PhysicalBits, 40) - 19);
            return (entry & reserved) == 0 ? TableOutcome.Mapped : TableOutcome.Reserved;
        }
        at = new((entry & frame) | ((address >> 12 & 0x3ff) << 2));
        entry = Read(at, narrow: true);
        trail.Add(at, entry);
        shift = PageSize.Shift;
        page = entry & frame;
        return (entry & PageEntry.Present) != 0 ? TableOutcome.Mapped : TableOutcome.NotPresent;
    }

    /// <summary>Tables of 8-byte entries (SDM 3A 4.4.2, 4.5).</summary>
    /// <param name="table">CR3 or the PDPTE: holds the physical base of the first table.</param>
    /// <param name="alwaysReserved">Physical-address bits that the processor does not have.</param>
    private TableOutcome FindWide(
        in PagingState state, GuestVirtual address, int levels, ulong table, ulong alwaysReserved,
        out PageTrail trail, out ulong page, out int shift)
    {
        trail = default;
        var frame = PageEntry.Bits(state.PhysicalBits - 1, 12);
        var reserved = alwaysReserved | ((state.Efer & PagingState.EferNoExecute) == 0 ? PageEntry.NoExecute : 0);
        for (var level = levels; ; level--)
        {
            shift = PageSize.Shift + IndexBits * (level - 1);
            var at = new GuestPhysical((table & frame) | ((address.Value >> shift & 0x1ff) << 3));
            var entry = Read(at, narrow: false);
            trail.Add(at, entry);
            page = entry & frame & PageEntry.Bits(63, shift);
            if ((entry & PageEntry.Present) == 0)
                return TableOutcome.NotPresent;
            var isLeaf = level == 1 || ((entry & PageEntry.Large) != 0 && level <= 3);
            var here = reserved;
            if (level > 3)
                here |= PageEntry.Large;
            else if (isLeaf && level > 1)
                here |= PageEntry.Bits(shift - 1, 13);
            if ((entry & here) != 0)
                return TableOutcome.Reserved;
            if (isLeaf)
                return TableOutcome.Mapped;
            table = entry;
        }
    }
}

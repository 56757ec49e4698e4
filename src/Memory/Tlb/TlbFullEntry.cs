using Tcg.Mttcg.Memory.Physical;

namespace Tcg.Mttcg.Memory.Tlb;

/// <summary>What the slow path knows of a cached page beyond the words that translated code reads.</summary>
internal struct TlbFullEntry
{
    /// <summary>Linear address of the page.</summary>
    internal ulong VirtualPage;

    internal ulong PhysicalPage;

    /// <summary>Offset of the page's first byte in <see cref="Region"/>.</summary>
    internal ulong RegionOffset;

    /// <summary>The device of an MMIO page or hole, else null.</summary>
    internal MmioRegion? Region;

    internal RamPage RamPage;

    /// <summary>log2 of the guest's page size.</summary>
    internal byte PageShift;

    /// <summary>Protection key of a user page; 0 for others.</summary>
    internal byte Key;

    internal bool Global;
}

using Tcg.Mttcg.Memory.Host;
using Tcg.Mttcg.Memory.Physical;

namespace Tcg.Mttcg.Memory.Tlb;

/// <summary>
/// A cached translation of one address as the slow path uses it. A copy, which no flush reaches: it must not be kept over anything that may
/// block.
/// </summary>
public readonly struct TlbHit
{
    /// <summary>Why translated code may not do this access itself; none when it may.</summary>
    public TlbFlags Flags { get; init; }

    public GuestPhysical Physical { get; init; }

    /// <summary>Host address of the byte; none for MMIO and holes.</summary>
    public HostPointer Host { get; init; }

    /// <summary><see cref="RamPage.None"/> for MMIO and holes.</summary>
    public RamPage RamPage { get; init; }

    /// <summary>The device of MMIO, <see cref="MmioRegion.Unassigned"/> of a hole, null for RAM and ROM.</summary>
    public MmioRegion? Region { get; init; }

    /// <summary>Offset of the byte in <see cref="Region"/>.</summary>
    public ulong RegionOffset { get; init; }

    /// <summary>log2 of the guest's page size.</summary>
    public byte PageShift { get; init; }

    public bool IsMmio => Region is not null;
}

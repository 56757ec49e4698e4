using Tcg.Mttcg.Memory.Host;

namespace Tcg.Mttcg.Memory.Physical;

/// <summary>What lies behind a physical address.</summary>
public enum PhysicalKind : byte
{
    Hole,
    Ram,
    /// <summary>Backed like RAM; stores are dropped.</summary>
    Rom,
    Mmio,
}

/// <summary>A maximal run of physical addresses that one mapping answers. Immutable; part of one snapshot of the map.</summary>
public readonly struct PhysicalSection
{
    public PhysicalKind Kind { get; init; }
    public GuestPhysical Start { get; init; }

    /// <summary>Bytes.</summary>
    public ulong Length { get; init; }

    /// <summary>At <see cref="Start"/>: the RAM offset of RAM and ROM, else the byte offset into <see cref="Region"/>.</summary>
    public ulong Offset { get; init; }

    /// <summary>Host address of <see cref="Start"/> for RAM and ROM, else none.</summary>
    public HostPointer HostStart { get; init; }

    /// <summary>The device of MMIO; <see cref="MmioRegion.Unassigned"/> for holes; null for RAM and ROM.</summary>
    public MmioRegion? Region { get; init; }

    /// <summary>RAM or ROM: readable through a host pointer.</summary>
    public bool IsBacked => Kind is PhysicalKind.Ram or PhysicalKind.Rom;

    public bool Contains(GuestPhysical address) => address.Value - Start.Value < Length;

    /// <summary>Bytes from an address of this section to its end.</summary>
    public ulong BytesFrom(GuestPhysical address) => Length - (address.Value - Start.Value);

    /// <summary>Valid for RAM and ROM.</summary>
    public RamOffset RamOffsetOf(GuestPhysical address) => new(Offset + (address.Value - Start.Value));

    /// <summary>Valid for RAM and ROM.</summary>
    public HostPointer HostOf(GuestPhysical address) => HostStart + (address.Value - Start.Value);

    /// <summary>Valid for MMIO and holes: what <see cref="MmioRegion.Read"/> takes.</summary>
    public ulong RegionOffsetOf(GuestPhysical address) => Offset + (address.Value - Start.Value);

    public override string ToString() => $"{Start}+0x{Length:x} {Kind} {Region?.Name ?? new RamOffset(Offset).ToString()}";
}

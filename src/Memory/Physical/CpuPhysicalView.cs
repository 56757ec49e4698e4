using Tcg.Mttcg.Memory.Contracts;

namespace Tcg.Mttcg.Memory.Physical;

/// <summary>
/// The physical map as one vCPU sees it: its own xAPIC page lies over whatever the shared map has there (SDM 3A 11.4.1). Used by the
/// owning vCPU only. When the vCPU moves or disables its APIC page it must flush its own TLB.
/// </summary>
public sealed class CpuPhysicalView
{
    private readonly PhysicalMap _map;
    private readonly ILocalInterrupts? _local;
    private readonly MmioRegion? _registers;
    private PhysicalSection _overlay;

    /// <param name="local">Null for a processor without a local APIC.</param>
    public CpuPhysicalView(PhysicalMap map, ILocalInterrupts? local)
    {
        _map = map;
        _local = local;
        // No gate: only the owning vCPU calls its APIC's registers.
        _registers = local is null ? null : new("xapic", local.Registers, PageSize.Bytes, gate: null);
    }

    /// <inheritdoc cref="PhysicalMap.Generation"/>
    public int Generation => _map.Generation;

    /// <inheritdoc cref="PhysicalMap.Find"/>
    public ref readonly PhysicalSection Find(GuestPhysical address)
    {
        if (IsOwn(address))
            return ref _overlay;
        return ref _map.Find(address);
    }

    /// <inheritdoc cref="PhysicalMap.FindPage"/>
    public ref readonly PhysicalSection FindPage(GuestPhysical address)
    {
        if (IsOwn(address))
            return ref _overlay;
        return ref _map.FindPage(address);
    }

    private bool IsOwn(GuestPhysical address)
    {
        if (_local?.RegistersBase is not { } start || start.PageBase != address.PageBase)
            return false;
        if (_overlay.Start.Value != start.PageBase || _overlay.Length == 0)
            _overlay = new() { Kind = PhysicalKind.Mmio, Start = new(start.PageBase), Length = PageSize.Bytes, Region = _registers };
        return true;
    }
}

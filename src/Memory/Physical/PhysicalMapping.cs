namespace Tcg.Mttcg.Memory.Physical;

/// <summary>One entry of the physical map before overlaps are resolved; the handle by which it is removed.</summary>
public sealed class PhysicalMapping
{
    internal PhysicalKind Kind { get; init; }
    internal bool IsAlias { get; init; }
    internal ulong Start { get; init; }
    internal ulong Length { get; init; }

    /// <summary>RAM offset, offset into the region, or the physical address an alias shows.</summary>
    internal ulong Source { get; init; }

    internal MmioRegion? Region { get; init; }
    internal int Priority { get; init; }
    internal ulong End => Start + Length;
}

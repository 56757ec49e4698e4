namespace Tcg.Mttcg.Memory.Physical;

/// <summary>
/// The editable list behind <see cref="PhysicalMap.Change"/>. Where mappings overlap the higher priority wins, then the later one. RAM, ROM
/// and aliases are whole pages; device regions have any length and may share a page with each other, not with RAM.
/// </summary>
public sealed class PhysicalMapEdit
{
    private readonly GuestRam _ram;
    private readonly List<PhysicalMapping> _mappings;

    internal PhysicalMapEdit(GuestRam ram, List<PhysicalMapping> mappings)
    {
        _ram = ram;
        _mappings = [.. mappings];
    }

    internal IReadOnlyList<PhysicalMapping> Mappings => _mappings;

    /// <summary>RAM; the same offsets may be mapped at several addresses.</summary>
    public PhysicalMapping Ram(GuestPhysical at, RamOffset source, ulong length, int priority = 0) =>
        Backed(PhysicalKind.Ram, at, source, length, priority);

    /// <summary>Backed by <paramref name="source"/>, read-only for the guest.</summary>
    public PhysicalMapping Rom(GuestPhysical at, RamOffset source, ulong length, int priority = 0) =>
        Backed(PhysicalKind.Rom, at, source, length, priority);

    /// <summary>A device region, whole.</summary>
    public PhysicalMapping Mmio(GuestPhysical at, MmioRegion region, int priority = 0) => Mmio(at, region, 0, region.Length, priority);

    /// <summary>A part of a device region.</summary>
    public PhysicalMapping Mmio(GuestPhysical at, MmioRegion region, ulong offset, ulong length, int priority = 0)
    {
        if (offset > region.Length || length > region.Length - offset)
            throw new ArgumentOutOfRangeException(nameof(offset), offset, $"{length} bytes from there leave region {region.Name}.");
        return Add(new()
        {
            Kind = PhysicalKind.Mmio, Start = at.Value, Length = length, Source = offset, Region = region, Priority = priority,
        });
    }

    /// <summary>Shows what is mapped at <paramref name="source"/> at a second address. Other aliases are not seen through.</summary>
    public PhysicalMapping Alias(GuestPhysical at, GuestPhysical source, ulong length, int priority = 0)
    {
        RequirePages(at.Value, source.Value, length);
        RequireRange(source.Value, length);
        return Add(new()
        {
            Kind = PhysicalKind.Hole, IsAlias = true, Start = at.Value, Length = length, Source = source.Value, Priority = priority,
        });
    }

    /// <summary>Covers what is below with nothing.</summary>
    public PhysicalMapping Hole(GuestPhysical at, ulong length, int priority = 0) =>
        Add(new() { Kind = PhysicalKind.Hole, Start = at.Value, Length = length, Priority = priority });

    /// <exception cref="ArgumentException">It is not mapped.</exception>
    public void Remove(PhysicalMapping mapping)
    {
        if (!_mappings.Remove(mapping))
            throw new ArgumentException("The mapping is not in this map.", nameof(mapping));
    }

    private PhysicalMapping Backed(PhysicalKind kind, GuestPhysical at, RamOffset source, ulong length, int priority)
    {
        RequirePages(at.Value, source.Value, length);
        if (source.Value > _ram.TotalLength || length > _ram.TotalLength - source.Value)
            throw new ArgumentOutOfRangeException(nameof(source), source, $"{length} bytes from there leave guest RAM.");
        return Add(new() { Kind = kind, Start = at.Value, Length = length, Source = source.Value, Priority = priority });
    }

    private PhysicalMapping Add(PhysicalMapping mapping)
    {
        RequireRange(mapping.Start, mapping.Length);
        _mappings.Add(mapping);
        return mapping;
    }

    private static void RequirePages(ulong at, ulong source, ulong length)
    {
        if (((at | source | length) & ~PageSize.Mask) != 0)
            throw new ArgumentException($"RAM, ROM and aliases are whole pages: 0x{at:x}+0x{length:x} of 0x{source:x}.");
    }

    private static void RequireRange(ulong start, ulong length)
    {
        if (length == 0 || start >= PhysicalMap.Limit || length > PhysicalMap.Limit - start)
            throw new ArgumentOutOfRangeException(nameof(length), length, $"0x{start:x} + length leaves the 52-bit physical space.");
    }
}

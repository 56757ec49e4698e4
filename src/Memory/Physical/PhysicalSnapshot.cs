using Tcg.Mttcg.Memory.Host;

namespace Tcg.Mttcg.Memory.Physical;

/// <summary>The resolved map: sorted sections without gaps or overlaps, exact and by whole pages.</summary>
internal sealed class PhysicalSnapshot
{
    private static readonly PhysicalSection[] Beyond =
    [
        new()
        {
            Kind = PhysicalKind.Hole,
            Start = new(PhysicalMap.Limit),
            Length = unchecked(0 - PhysicalMap.Limit),
            Region = MmioRegion.Unassigned,
        },
    ];

    private readonly PhysicalSection[] _exact;
    private readonly PhysicalSection[] _pages;

    private PhysicalSnapshot(PhysicalSection[] exact, PhysicalSection[] pages)
    {
        _exact = exact;
        _pages = pages;
    }

    internal ReadOnlySpan<PhysicalSection> Sections => _exact;

    internal ref readonly PhysicalSection Find(GuestPhysical address) => ref Find(_exact, address);

    internal ref readonly PhysicalSection FindPage(GuestPhysical address) => ref Find(_pages, address);

    internal static PhysicalSnapshot Build(IReadOnlyList<PhysicalMapping> mappings, GuestRam ram)
    {
        var direct = Flatten([.. mappings.Where(mapping => !mapping.IsAlias)], [], ram);
        var exact = mappings.Any(mapping => mapping.IsAlias) ? Flatten(mappings, direct, ram) : direct;
        return new([.. exact], [.. SubpageDevice.MergePages(exact)]);
    }

    private static ref readonly PhysicalSection Find(PhysicalSection[] sections, GuestPhysical address)
    {
        if (address.Value >= PhysicalMap.Limit)
            return ref Beyond[0];
        var low = 0;
        var high = sections.Length - 1;
        while (low < high)
        {
            var middle = (low + high + 1) >>> 1;
            if (sections[middle].Start.Value <= address.Value)
                low = middle;
            else
                high = middle - 1;
        }
        return ref sections[low];
    }

    private static List<PhysicalSection> Flatten(IReadOnlyList<PhysicalMapping> mappings, List<PhysicalSection> direct, GuestRam ram)
    {
        SortedSet<ulong> edges = [0, PhysicalMap.Limit];
        foreach (var mapping in mappings)
        {
            edges.Add(mapping.Start);
            edges.Add(mapping.End);
        }
        var cuts = edges.ToArray();
        List<PhysicalSection> sections = [];
        for (var i = 0; i + 1 < cuts.Length; i++)
            foreach (var section in Resolve(Topmost(mappings, cuts[i]), cuts[i], cuts[i + 1], direct, ram))
                Append(sections, section);
        return sections;
    }

    private static PhysicalMapping? Topmost(IReadOnlyList<PhysicalMapping> mappings, ulong address)
    {
        PhysicalMapping? top = null;
        foreach (var mapping in mappings)
            if (address >= mapping.Start && address < mapping.End && (top is null || mapping.Priority >= top.Priority))
                top = mapping;
        return top;
    }

    private static IEnumerable<PhysicalSection> Resolve(
        PhysicalMapping? mapping, ulong start, ulong end, List<PhysicalSection> direct, GuestRam ram)
    {
        if (mapping is { IsAlias: true })
        {
            var from = mapping.Source + (start - mapping.Start);
            return direct.Select(section => Clip(section, from, from + (end - start), start - from)).Where(section => section.Length != 0);
        }
        var kind = mapping?.Kind ?? PhysicalKind.Hole;
        var offset = mapping is null or { Kind: PhysicalKind.Hole } ? start : mapping.Source + (start - mapping.Start);
        var backed = kind is PhysicalKind.Ram or PhysicalKind.Rom;
        return
        [
            new()
            {
                Kind = kind,
                Start = new(start),
                Length = end - start,
                Offset = offset,
                HostStart = backed ? ram.Host(new(offset)) : default,
                Region = backed ? null : mapping?.Region ?? MmioRegion.Unassigned,
            },
        ];
    }

    /// <summary>The part of a section inside [from, to), moved by a distance; length 0 when there is none.</summary>
    private static PhysicalSection Clip(PhysicalSection section, ulong from, ulong to, ulong move)
    {
        var start = Math.Max(section.Start.Value, from);
        var end = Math.Min(section.Start.Value + section.Length, to);
        if (start >= end)
            return default;
        var skipped = start - section.Start.Value;
        return section with
        {
            Start = new(start + move),
            Length = end - start,
            Offset = section.Offset + skipped,
            HostStart = section.IsBacked ? section.HostStart + skipped : default,
        };
    }

    private static void Append(List<PhysicalSection> sections, PhysicalSection next)
    {
        if (sections.Count != 0 && sections[^1] is var last && Continues(last, next))
            sections[^1] = last with { Length = last.Length + next.Length };
        else
            sections.Add(next);
    }

    private static bool Continues(in PhysicalSection last, in PhysicalSection next) =>
        last.Kind == next.Kind && last.Region == next.Region
        && (last.Kind == PhysicalKind.Hole || last.Offset + last.Length == next.Offset);
}

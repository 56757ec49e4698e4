using Tcg.Mttcg.Memory.Contracts;

namespace Tcg.Mttcg.Memory.Physical;

/// <summary>Dispatches the accesses of one page that several small regions, or a region and a hole, share.</summary>
internal sealed class SubpageDevice(ulong page, PhysicalSection[] parts) : IMmioDevice
{
    public ulong Read(ulong offset, int size)
    {
        ref readonly var part = ref Part(offset);
        if ((ulong)size <= part.BytesFrom(new(page + offset)))
            return part.Region!.Read(part.RegionOffsetOf(new(page + offset)), size);
        var value = 0UL;
        for (var i = 0; i < size; i++)
            value |= Read(offset + (ulong)i, 1) << (i * 8);
        return value;
    }

    public void Write(ulong offset, int size, ulong value)
    {
        ref readonly var part = ref Part(offset);
        if ((ulong)size <= part.BytesFrom(new(page + offset)))
        {
            part.Region!.Write(part.RegionOffsetOf(new(page + offset)), size, value);
            return;
        }
        for (var i = 0; i < size; i++)
            Write(offset + (ulong)i, 1, (value >> (i * 8)) & 0xff);
    }

    private ref readonly PhysicalSection Part(ulong offset)
    {
        for (var i = 0; ; i++)
            if (parts[i].Contains(new(page + offset)))
                return ref parts[i];
    }

    /// <summary>Replaces each page that has a section boundary inside by one section over a <see cref="SubpageDevice"/>.</summary>
    internal static List<PhysicalSection> MergePages(List<PhysicalSection> exact)
    {
        List<PhysicalSection> pages = [];
        for (var i = 0; i < exact.Count;)
        {
            var section = exact[i];
            var start = pages.Count == 0 ? 0 : pages[^1].Start.Value + pages[^1].Length;
            var end = section.Start.Value + section.Length;
            if (start >= end)
            {
                i++;
                continue;
            }
            var wholeEnd = end & PageSize.Mask;
            if (wholeEnd > start)
            {
                pages.Add(From(section, start, wholeEnd - start));
                continue;
            }
            pages.Add(Shared(start, exact, i));
        }
        return pages;
    }

    private static PhysicalSection Shared(ulong page, List<PhysicalSection> exact, int first)
    {
        var parts = exact.Skip(first).TakeWhile(part => part.Start.Value < page + PageSize.Bytes).ToArray();
        if (parts.FirstOrDefault(part => part.IsBacked) is { IsBacked: true } ram)
            throw new ArgumentException($"A device covers a part of a page of {ram.Kind} at 0x{page:x}; it must cover whole pages.");
        var name = string.Join('+', parts.Select(part => part.Region!.Name).Distinct());
        return new()
        {
            Kind = PhysicalKind.Mmio,
            Start = new(page),
            Length = PageSize.Bytes,
            Region = new(name, new SubpageDevice(page, parts), PageSize.Bytes, gate: null),
        };
    }

    private static PhysicalSection From(PhysicalSection section, ulong start, ulong length)
    {
        var skipped = start - section.Start.Value;
        return section with
        {
            Start = new(start),
            Length = length,
            Offset = section.Offset + skipped,
            HostStart = section.IsBacked ? section.HostStart + skipped : default,
        };
    }
}

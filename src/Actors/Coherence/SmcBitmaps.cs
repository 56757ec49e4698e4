using Tcg.Mttcg.Memory;
using Tcg.Mttcg.Translator.Cache;

namespace Tcg.Mttcg.Actors.Coherence;

/// <summary>
/// Maps of the code bytes of a page, one bit a byte. A published map is never changed: a new one replaces it, so that a writer reads one or the
/// other.
/// </summary>
public static class SmcBitmaps
{
    public const int Words = PageSize.Bytes / 64;

    /// <summary>"Ask about every store": while a page has seen too few code writes to be worth a map, or has lost its last TB. Read only.</summary>
    public static ulong[] Everything { get; } = NewEverything();

    /// <summary>The bytes of all given TBs that lie in the page.</summary>
    public static ulong[] Of(RamPage page, IEnumerable<TranslationBlock> blocks)
    {
        var map = new ulong[Words];
        foreach (var block in blocks) Add(map, page, block);
        return map;
    }

    /// <summary>The old map and one more TB.</summary>
    public static ulong[] Or(ulong[] old, RamPage page, TranslationBlock block)
    {
        var map = (ulong[])old.Clone();
        Add(map, page, block);
        return map;
    }

    public static bool Overlaps(ulong[]? map, int start, int length)
    {
        if (map is null) return false;
        for (var i = start; i < start + length; i++)
        {
            if ((map[i >> 6] >> (i & 63) & 1) != 0) return true;
        }
        return false;
    }

    private static void Add(ulong[] map, RamPage page, TranslationBlock block)
    {
        var (first, second) = BlockBytes.In(block, page);
        Set(map, first);
        Set(map, second);
    }

    private static void Set(ulong[] map, ByteSpan span)
    {
        for (var i = span.Start; i < span.End; i++) map[i >> 6] |= 1UL << (i & 63);
    }

    private static ulong[] NewEverything()
    {
        var map = new ulong[Words];
        Array.Fill(map, ulong.MaxValue);
        return map;
    }
}

/// <summary>Bytes of a page, from Start up to End.</summary>
public readonly record struct ByteSpan(int Start, int End)
{
    public bool Overlaps(int start, int end) => Start < end && start < End;
}

/// <summary>Which bytes of a page belong to a TB.</summary>
public static class BlockBytes
{
    /// <summary>Two spans, as both linear pages of a TB may be the same RAM page; unused ones are empty.</summary>
    public static (ByteSpan First, ByteSpan Second) In(TranslationBlock block, RamPage page)
    {
        var start = (int)(block.Key.PhysicalPc.Value & ~PageSize.Mask);
        var end = start + block.GuestBytes;
        var first = block.Page0 == page ? new ByteSpan(start, Math.Min(end, PageSize.Bytes)) : default;
        var second = block.Page1 == page && end > PageSize.Bytes ? new ByteSpan(0, end - PageSize.Bytes) : default;
        return (first, second);
    }

    public static bool Overlaps(TranslationBlock block, RamPage page, int start, int end)
    {
        var (first, second) = In(block, page);
        return first.Overlaps(start, end) || second.Overlaps(start, end);
    }
}

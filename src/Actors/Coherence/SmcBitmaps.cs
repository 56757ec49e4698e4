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

    /// <summary>The bytes of all given TBs that lie in the page, but for those that a TB checks itself.</summary>
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
        if (block.Checks.Length == 0)
        {
            var (first, second) = BlockBytes.In(block, page);
            Set(map, first);
            Set(map, second);
            return;
        }
        foreach (var span in BlockBytes.Guarded(block, page)) Set(map, span);
    }

    /// <summary>Marks bytes in a map that is not published yet.</summary>
    public static void Set(ulong[] map, ByteSpan span)
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

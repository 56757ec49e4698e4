using Tcg.Mttcg.Memory;

namespace Tcg.Mttcg.Translator.Cache;

/// <summary>Bytes of a page, from Start up to End.</summary>
public readonly record struct ByteSpan(int Start, int End)
{
    public bool Overlaps(int start, int end) => Start < end && start < End;
}

/// <summary>Which bytes of a page belong to a TB.</summary>
public static class BlockBytes
{
    /// <summary>Two spans, as both linear pages of a TB may be the same RAM page; unused ones are empty.</summary>
    public static (ByteSpan First, ByteSpan Second) In(TranslationBlock block, RamPage page) => In(block, page, 0, block.GuestBytes);

    /// <summary>A store to these bytes of the page changes the TB.</summary>
    public static bool Overlaps(TranslationBlock block, RamPage page, int start, int end)
    {
        var (first, second) = In(block, page);
        return first.Overlaps(start, end) || second.Overlaps(start, end);
    }

    /// <summary>The spans that stores must ask about: all but what the TB compares itself (<see cref="TranslationBlock.Checks"/>).</summary>
    public static IEnumerable<ByteSpan> Guarded(TranslationBlock block, RamPage page)
    {
        var from = 0;
        foreach (var check in block.Checks)
        {
            var (before, after) = In(block, page, from, check.Start);
            yield return before;
            yield return after;
            from = check.End;
        }
        var (first, second) = In(block, page, from, block.GuestBytes);
        yield return first;
        yield return second;
    }

    /// <summary>A store to these bytes must ask because of the TB.</summary>
    public static bool Guards(TranslationBlock block, RamPage page, int start, int end) =>
        Overlaps(block, page, start, end) && (block.Checks.Length == 0 || Guarded(block, page).Any(span => span.Overlaps(start, end)));

    /// <summary>A part of a TB, given in bytes from its first one, as it lies in the page.</summary>
    public static (ByteSpan First, ByteSpan Second) In(TranslationBlock block, RamPage page, int from, int to)
    {
        var start = (int)(block.Key.PhysicalPc.Value & ~PageSize.Mask);
        var first = block.Page0 == page ? Cut(start + from, start + to, 0, PageSize.Bytes) : default;
        var second = block.Page1 == page ? Cut(start + from, start + to, PageSize.Bytes, 2 * PageSize.Bytes) : default;
        return (first, second);
    }

    private static ByteSpan Cut(int start, int end, int low, int high)
    {
        var (from, to) = (Math.Max(start, low), Math.Min(end, high));
        return from < to ? new ByteSpan(from - low, to - low) : default;
    }
}

namespace Tcg.Mttcg.Translator.Cache;

/// <summary>
/// A list of blocks that one thread appends to and any thread reads. It grows by segments that stay where they are and are small: a list that moved to
/// ever larger arrays would bring on a full garbage collection each time.
/// </summary>
public sealed class BlockList
{
    private const int SegmentShift = 12;
    private const int SegmentBlocks = 1 << SegmentShift;

    private TranslationBlock[][] _segments = [];
    private int _count;

    public int Count => Volatile.Read(ref _count);

    /// <param name="index">Below a <see cref="Count"/> read before.</param>
    public TranslationBlock this[int index] => Volatile.Read(ref _segments)[index >> SegmentShift][index & (SegmentBlocks - 1)];

    /// <summary>Owner only.</summary>
    public void Add(TranslationBlock block)
    {
        if (_count == _segments.Length << SegmentShift) Volatile.Write(ref _segments, [.. _segments, new TranslationBlock[SegmentBlocks]]);
        _segments[_count >> SegmentShift][_count & (SegmentBlocks - 1)] = block;
        Volatile.Write(ref _count, _count + 1);
    }

    /// <summary>Owner only.</summary>
    public void RemoveLast() => Volatile.Write(ref _count, _count - 1);

    /// <summary>Nobody may be reading.</summary>
    public void Clear()
    {
        Volatile.Write(ref _count, 0);
        Volatile.Write(ref _segments, []);
    }
}

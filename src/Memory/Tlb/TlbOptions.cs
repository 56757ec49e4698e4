namespace Tcg.Mttcg.Memory.Tlb;

/// <summary>How the tables of a soft TLB grow and shrink. Sizes are log2 of entries.</summary>
public sealed record TlbOptions
{
    public int MinShift { get; init; } = TlbLayout.MinEntriesShift;
    public int MaxShift { get; init; } = TlbLayout.MaxEntriesShift;

    /// <summary>A flush that finds more than this share in use, in percent, doubles the table.</summary>
    public int GrowAbovePercent { get; init; } = 70;

    /// <summary>A window whose fullest moment stayed below this share, in percent, shrinks the table.</summary>
    public int ShrinkBelowPercent { get; init; } = 30;

    /// <summary>Length of the window, in flushes.</summary>
    public int WindowFlushes { get; init; } = 128;

    /// <summary>Between two flushes the table doubles after this many conflicts (evictions, victims that come back) per entry.</summary>
    public int EvictionsPerEntry { get; init; } = 2;

    /// <exception cref="ArgumentOutOfRangeException">A value that no table can have.</exception>
    public void Validate()
    {
        if (MinShift < TlbLayout.MinEntriesShift || MaxShift > TlbLayout.MaxEntriesShift || MinShift > MaxShift)
            throw new ArgumentOutOfRangeException(
                nameof(MinShift), MinShift, $"TLB sizes lie within 2^{TlbLayout.MinEntriesShift} and 2^{TlbLayout.MaxEntriesShift} entries.");
        if (ShrinkBelowPercent < 0 || GrowAbovePercent > 100 || ShrinkBelowPercent * 2 > GrowAbovePercent)
            throw new ArgumentOutOfRangeException(
                nameof(GrowAbovePercent), GrowAbovePercent, "The share to grow above is at least twice the share to shrink below.");
        ArgumentOutOfRangeException.ThrowIfLessThan(WindowFlushes, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(EvictionsPerEntry, 1);
    }
}

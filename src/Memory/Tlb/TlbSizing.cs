namespace Tcg.Mttcg.Memory.Tlb;

/// <summary>
/// Decides a table's size from how full it was found at its flushes: one full moment grows it at once; only a whole window without one
/// shrinks it, so that a burst of flushes does not throw a working set away.
/// </summary>
internal struct TlbSizing(TlbOptions options)
{
    private int _windowPeak;
    private int _windowFlushes;

    /// <summary>log2 of the entries to go on with, after a flush that found <paramref name="used"/> entries in use.</summary>
    internal int AfterFlush(int used, int shift)
    {
        _windowPeak = Math.Max(_windowPeak, used);
        _windowFlushes++;
        if (_windowPeak * 100L > (long)options.GrowAbovePercent << shift)
            return Restart(Math.Min(shift + 1, options.MaxShift));
        if (_windowFlushes < options.WindowFlushes)
            return shift;
        var wanted = shift;
        while (wanted > options.MinShift && _windowPeak * 100L < (long)options.ShrinkBelowPercent << wanted)
            wanted--;
        return Restart(wanted);
    }

    internal int AfterEvictions(int evictions, int shift) =>
        evictions > options.EvictionsPerEntry << shift && shift < options.MaxShift ? Restart(shift + 1) : shift;

    private int Restart(int shift)
    {
        _windowPeak = 0;
        _windowFlushes = 0;
        return shift;
    }
}

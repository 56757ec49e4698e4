namespace Tcg.Mttcg.Memory.Tlb;

/// <summary>What a soft TLB did. Written by its owner without synchronisation; others read an approximation.</summary>
public sealed class TlbCounters
{
    /// <summary>Translations entered.</summary>
    public long Fills;

    /// <summary>Slow-path lookups answered by the victim table.</summary>
    public long VictimHits;

    /// <summary>Flushes of a whole table, of all but global pages, or of many pages.</summary>
    public long Flushes;

    /// <summary>Flushes of single pages.</summary>
    public long PageFlushes;

    public long Resizes;

    /// <summary>Entries turned from fast writing to NotDirty.</summary>
    public long Revocations;
}

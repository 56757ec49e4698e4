namespace Tcg.Mttcg.Actors.Coherence;

/// <summary>Tunables of the memory actor; keys and units in hocon/mttcg.conf.</summary>
/// <param name="BitmapAfterWrites">Asking stores to a page before it gets an exact bitmap (QEMU's SMC_BITMAP_USE_THRESHOLD).</param>
/// <param name="UnprotectAfterWrites">Asking stores to a page without TBs before its protection is dropped.</param>
/// <param name="WriterLooks">How often a link looks whether the stores in flight have ended, before it is refused; at least 1.</param>
/// <param name="CheckAfterKills">Short stores to the same eight bytes that kill a TB before TBs there check these bytes themselves; 0: never, at most 255.</param>
/// <param name="ReleaseAfterDeaths">TBs of the interpreter that die before their descriptors are given back together.</param>
public sealed record CoherenceOptions(
    int BitmapAfterWrites = 10, int UnprotectAfterWrites = 4, int WriterLooks = 128, int CheckAfterKills = 16, int ReleaseAfterDeaths = 1024);

/// <summary>What the owner of coherence did. One writer; readers may see fields of different moments.</summary>
public sealed class CoherenceCounters
{
    public long Protects;
    public long Broadcasts;
    public long GracePeriods;
    public long AcksAwaited;
    public long Unprotects;
    public long Linked;
    /// <summary>Of those linked: the version had moved, the bytes had not.</summary>
    public long SameBytes;
    public long Existing;
    public long StaleVersion;
    public long StaleWriter;
    public long StaleUnprotected;
    public long StalePoints;
    public long CodeWrites;
    public long Invalidations;
    public long BitmapsBuilt;

    /// <summary>Groups of eight bytes that TBs check themselves since.</summary>
    public long GroupsChecked;
    public long BlocksKilled;
    public long Flushes;
    public long DirtyLogs;
}

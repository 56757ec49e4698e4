namespace Tcg.Mttcg.Memory.Pages;

/// <summary>What is published of a RAM page, beside its <see cref="PageWriters"/>: one read or compare-and-swap sees all of it together.</summary>
[Flags]
public enum PageFlags : byte
{
    None = 0,
    /// <summary>TBs were or are being made from the page: no new fast writer is admitted.</summary>
    HasCode = 1,
    /// <summary>No vCPU holds a fast-write entry: the page's bytes may be read for translation.</summary>
    Protected = 2,
}

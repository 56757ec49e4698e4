namespace Tcg.Mttcg.Memory.Paging;

/// <summary>Bits of paging-structure entries that all formats share (SDM 3A tables 4-4 to 4-20).</summary>
internal static class PageEntry
{
    internal const ulong Present = 1;
    internal const ulong Writable = 2;
    internal const ulong User = 4;
    internal const ulong Accessed = 1 << 5;
    internal const ulong Dirty = 1 << 6;
    internal const ulong Large = 1 << 7;
    internal const ulong Global = 1 << 8;
    internal const ulong NoExecute = 1UL << 63;

    /// <summary>Lowest bit of the protection key in a leaf of 4- and 5-level paging.</summary>
    internal const int KeyShift = 59;

    /// <summary>Bits high..low.</summary>
    internal static ulong Bits(int high, int low) => high < low ? 0 : (ulong.MaxValue >> (63 - high)) & (ulong.MaxValue << low);
}

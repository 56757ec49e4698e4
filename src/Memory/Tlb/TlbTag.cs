namespace Tcg.Mttcg.Memory.Tlb;

/// <summary>Makes and reads the tags of <see cref="TlbEntry"/>. Bit 12 is the page number's lowest bit and so the index's lowest bit too.</summary>
public static class TlbTag
{
    private const ulong Flipped = PageSize.Bytes;
    private const ulong FlagMask = PageSize.Bytes - 1;

    /// <summary>A page's tag: usable by translated code when there is no flag, else one that only the slow path understands.</summary>
    public static ulong Make(ulong pageBase, TlbFlags flags) => flags == TlbFlags.None ? pageBase : (pageBase ^ Flipped) | (ulong)flags;

    /// <summary>The tag of an empty slot.</summary>
    public static ulong Empty(int index) => ((ulong)(~index & 1) << PageSize.Shift) | (ulong)TlbFlags.Invalid;

    /// <summary>Whether some address that indexes here can match the tag in translated code.</summary>
    public static bool IsUsable(ulong tag, int index) => (((tag >> PageSize.Shift) ^ (ulong)index) & 1) == 0;

    /// <summary>Whether the tag translates a page, for translated code (<paramref name="flags"/> none) or for the slow path.</summary>
    public static bool Matches(ulong tag, ulong pageBase, out TlbFlags flags)
    {
        var difference = tag ^ pageBase;
        flags = (TlbFlags)(difference & FlagMask);
        // Without any flag it is the usable tag of the neighbouring page, which the victim table may hold.
        return difference == 0
            || ((difference & ~FlagMask) == Flipped && flags != TlbFlags.None && (flags & TlbFlags.Invalid) == 0);
    }

    /// <summary>The flags of a tag that sits at an index.</summary>
    public static TlbFlags FlagsOf(ulong tag, int index) => IsUsable(tag, index) ? TlbFlags.None : (TlbFlags)(tag & FlagMask);
}

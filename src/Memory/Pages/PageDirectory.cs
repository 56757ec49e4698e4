namespace Tcg.Mttcg.Memory.Pages;

/// <summary>
/// The page descriptors of a machine, found by RAM page: a root of leaves, each published by compare-and-swap. Any number of threads may
/// call any member. Flags are kept apart, a byte a page, so that a page that was only ever written costs no descriptor.
/// </summary>
public sealed class PageDirectory
{
    private const int LeafShift = 10;
    private const int LeafPages = 1 << LeafShift;

    private readonly PageDesc?[]?[] _root;
    private readonly byte[] _flags;

    /// <param name="end">The page after the last one: <see cref="Physical.GuestRam.EndPage"/>.</param>
    public PageDirectory(RamPage end)
    {
        _flags = new byte[end.Index];
        _root = new PageDesc?[]?[(end.Index + (ulong)LeafPages - 1) >> LeafShift];
    }

    public RamPage End => new((uint)_flags.Length);

    /// <summary>The descriptor of a page, or null when none was made or the page is outside RAM.</summary>
    public PageDesc? Find(RamPage page)
    {
        var leaf = page.Index < _flags.Length ? Volatile.Read(ref _root[page.Index >> LeafShift]) : null;
        return leaf is null ? null : Volatile.Read(ref leaf[page.Index & (LeafPages - 1)]);
    }

    /// <summary>The descriptor of a page, the same one for every caller, made if need be.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The page is outside RAM.</exception>
    public PageDesc FindOrAllocate(RamPage page)
    {
        Check(page);
        ref var leafSlot = ref _root[page.Index >> LeafShift];
        var leaf = Volatile.Read(ref leafSlot);
        if (leaf is null)
        {
            var fresh = new PageDesc?[LeafPages];
            leaf = Interlocked.CompareExchange(ref leafSlot, fresh, null) ?? fresh;
        }
        ref var slot = ref leaf[page.Index & (LeafPages - 1)];
        if (Volatile.Read(ref slot) is { } known)
            return known;
        var made = new PageDesc(this, page);
        return Interlocked.CompareExchange(ref slot, made, null) ?? made;
    }

    public PageFlags FlagsOf(RamPage page) => (PageFlags)Volatile.Read(ref _flags[page.Index]);

    /// <summary>Sets flags with a full fence. Returns what was set before.</summary>
    public PageFlags SetFlags(RamPage page, PageFlags flags) => Change(page, flags, PageFlags.None);

    /// <summary>Clears flags with a full fence. Returns what was set before.</summary>
    public PageFlags ClearFlags(RamPage page, PageFlags flags) => Change(page, PageFlags.None, flags);

    private PageFlags Change(RamPage page, PageFlags set, PageFlags clear)
    {
        ref var slot = ref _flags[page.Index];
        while (true)
        {
            var old = Volatile.Read(ref slot);
            var wanted = (byte)((old | (byte)set) & ~(byte)clear);
            // Also when nothing changes: the exchange is the fence.
            if (Interlocked.CompareExchange(ref slot, wanted, old) == old)
                return (PageFlags)old;
        }
    }

    private void Check(RamPage page)
    {
        if (page.Index >= _flags.Length)
            throw new ArgumentOutOfRangeException(nameof(page), page, "Outside guest RAM.");
    }
}

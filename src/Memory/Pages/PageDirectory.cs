namespace Tcg.Mttcg.Memory.Pages;

/// <summary>
/// The page descriptors of a machine, found by RAM page: a root of leaves, each published by compare-and-swap. Any number of threads may
/// call any member. Flags and writers are kept apart, a word a page, so that a page that was only ever written costs no descriptor.
/// </summary>
public sealed class PageDirectory
{
    private const int LeafShift = 10;
    private const int LeafPages = 1 << LeafShift;

    // Of a page's word: flags below, its writers above.
    private const int WritersShift = 8;

    private readonly PageDesc?[]?[] _root;
    private readonly ushort[] _words;

    /// <param name="end">The page after the last one: <see cref="Physical.GuestRam.EndPage"/>.</param>
    public PageDirectory(RamPage end)
    {
        _words = new ushort[end.Index];
        _root = new PageDesc?[]?[(end.Index + (ulong)LeafPages - 1) >> LeafShift];
    }

    public RamPage End => new((uint)_words.Length);

    /// <summary>The descriptor of a page, or null when none was made or the page is outside RAM.</summary>
    public PageDesc? Find(RamPage page)
    {
        var leaf = page.Index < _words.Length ? Volatile.Read(ref _root[page.Index >> LeafShift]) : null;
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

    public PageFlags FlagsOf(RamPage page) => (PageFlags)(byte)Volatile.Read(ref _words[page.Index]);

    public PageWriters WritersOf(RamPage page) => Writers(Volatile.Read(ref _words[page.Index]));

    /// <summary>Sets flags with a full fence. Returns what was set before.</summary>
    public PageFlags SetFlags(RamPage page, PageFlags flags) => Change(page, flags, PageFlags.None);

    /// <summary>Clears flags with a full fence. Returns what was set before.</summary>
    public PageFlags ClearFlags(RamPage page, PageFlags flags) => Change(page, PageFlags.None, flags);

    /// <summary>
    /// Notes that a vCPU may hold a fast-write entry from now on. False: the page has code, nothing was noted. Both are in one word, so whoever says that
    /// the page has code afterwards sees the writer.
    /// </summary>
    public bool TryAddWriter(RamPage page, int cpu)
    {
        ref var word = ref _words[page.Index];
        while (true)
        {
            var old = Volatile.Read(ref word);
            if (((PageFlags)(byte)old & PageFlags.HasCode) != 0) return false;
            var writers = Writers(old);
            var more = writers.With(cpu);
            if (more == writers || Interlocked.CompareExchange(ref word, (ushort)(more.Mark << WritersShift | (byte)old), old) == old) return true;
        }
    }

    private static PageWriters Writers(ushort word) => new((byte)(word >> WritersShift));

    private PageFlags Change(RamPage page, PageFlags set, PageFlags clear)
    {
        ref var word = ref _words[page.Index];
        while (true)
        {
            var old = Volatile.Read(ref word);
            var wanted = (ushort)((old | (byte)set) & ~(byte)clear);
            // Also when nothing changes: the exchange is the fence.
            if (Interlocked.CompareExchange(ref word, wanted, old) == old) return (PageFlags)(byte)old;
        }
    }

    private void Check(RamPage page)
    {
        if (page.Index >= _words.Length)
            throw new ArgumentOutOfRangeException(nameof(page), page, "Outside guest RAM.");
    }
}

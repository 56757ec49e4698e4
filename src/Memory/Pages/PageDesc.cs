namespace Tcg.Mttcg.Memory.Pages;

/// <summary>
/// What the machine knows of one RAM page that was translated from or stored to through the slow path. Version, writers and bitmap are
/// published and read by all without locks; the rest belongs to the memory actor.
/// </summary>
public sealed class PageDesc
{
    private const int StoresBetweenLooks = 1 << 16;

    // Writers in flight below, the version above: a writer that ends moves both at once.
    private const int WriterBits = 16;
    private const ulong Writer = 1, NextVersion = 1UL << WriterBits;

    private readonly PageDirectory _directory;
    private ulong _stores;
    private SmcBitmap? _bitmap;
    private SmcBitmap? _checked;

    internal PageDesc(PageDirectory directory, RamPage page)
    {
        _directory = directory;
        Page = page;
    }

    public RamPage Page { get; }

    public PageFlags Flags => _directory.FlagsOf(Page);

    /// <summary>Sets flags with a full fence. Returns what was set before.</summary>
    public PageFlags Set(PageFlags flags) => _directory.SetFlags(Page, flags);

    /// <summary>Clears flags with a full fence. Returns what was set before.</summary>
    public PageFlags Clear(PageFlags flags) => _directory.ClearFlags(Page, flags);

    /// <summary>
    /// Grows with each store through the slow path and each DMA. Taken before bytes are read, it goes to <see cref="IsUnchangedSince"/>.
    /// </summary>
    public ulong Version => Volatile.Read(ref _stores) >> WriterBits;

    /// <summary>Stores and DMA copies that are between their bitmap test and their version bump.</summary>
    public int WritersInFlight => (int)(Volatile.Read(ref _stores) & (NextVersion - 1));

    /// <summary>
    /// Whether no store happened since a version was taken and none is under way, by one look at both. The caller has published its bitmap and fenced
    /// before.
    /// </summary>
    public bool IsUnchangedSince(ulong version) => Volatile.Read(ref _stores) == version << WriterBits;

    /// <summary>
    /// The bytes that are code; null while no bitmap was built: any store to a page with <see cref="PageFlags.HasCode"/> counts as a hit.
    /// The setter publishes; only the memory actor uses it.
    /// </summary>
    public SmcBitmap? Bitmap
    {
        get => Volatile.Read(ref _bitmap);
        set => Volatile.Write(ref _bitmap, value);
    }

    /// <summary>
    /// The bytes that changed too often to be guarded: TBs made from them since compare them with RAM when they are entered, and <see cref="Bitmap"/> leaves
    /// them out for those TBs. Null: none. The setter publishes; only the memory actor uses it.
    /// </summary>
    public SmcBitmap? Checked
    {
        get => Volatile.Read(ref _checked);
        set => Volatile.Write(ref _checked, value);
    }

    /// <summary>Full fence: what is read after it is read after every observer can see the writer.</summary>
    public void EnterWriter() => Interlocked.Add(ref _stores, Writer);

    /// <summary>The store did not happen.</summary>
    public void LeaveWriter() => Interlocked.Add(ref _stores, unchecked(0 - Writer));

    /// <summary>The store is done. Full fence: its bytes are visible before the new version is.</summary>
    public void CompleteWriter() => Interlocked.Add(ref _stores, NextVersion - Writer);

    /// <summary>Full fence.</summary>
    public void BumpVersion() => Interlocked.Add(ref _stores, NextVersion);

    /// <summary>Whether a store of bytes in this page hits code, by all that is published now.</summary>
    public bool HitsCode(int offset, int length) =>
        (Flags & PageFlags.HasCode) != 0 && (Bitmap is not { } bitmap || bitmap.Overlaps(offset, length) || IsLookedAfter);

    /// <summary>Whether a store of bytes in this page may change a TB that lives on, because it compares them when it is entered.</summary>
    public bool HitsChecked(int offset, int length) => Checked is { } bytes && bytes.Overlaps(offset, length);

    // A page whose stores need not ask would keep its protection for ever, whatever it is used for: now and then one asks even so.
    private bool IsLookedAfter => Checked is not null && Version % StoresBetweenLooks == StoresBetweenLooks - 1;
}

using Tcg.Mttcg.Memory;
using Tcg.Mttcg.Memory.Pages;
using Tcg.Mttcg.Memory.Physical;

namespace Tcg.Mttcg.Actors.Coherence;

/// <summary>The machine's page directory as the owner of coherence uses it.</summary>
public sealed class DirectoryPages(StoreTracking stores, GuestRam ram) : ICodePages
{
    public void PublishBitmap(RamPage page, ulong[]? bitmap)
    {
        // A page with code and without a bitmap counts every store as a hit.
        Of(page).Bitmap = bitmap is null || bitmap == SmcBitmaps.Everything ? null : new SmcBitmap(bitmap);
    }

    public void PublishChecked(RamPage page, ulong[]? bytes) => Of(page).Checked = bytes is null ? null : new SmcBitmap(bytes);

    public void SetHasCode(RamPage page) => stores.BeginCode(page);

    public PageWriters Writers(RamPage page) => stores.Pages.WritersOf(page);

    public void SetProtected(RamPage page) => stores.Pages.SetFlags(page, PageFlags.Protected);

    public void ClearCode(RamPage page) => stores.EndCode(page);

    public int WritersInFlight(RamPage page) => Of(page).WritersInFlight;

    public ulong Version(RamPage page) => Of(page).Version;

    public bool Holds(RamPage page, int offset, ReadOnlySpan<byte> bytes) =>
        ram.Span(new RamOffset(page.Start.Value + (ulong)offset), bytes.Length).SequenceEqual(bytes);

    public void BumpVersion(RamPage page) => Of(page).BumpVersion();

    public int ReadAndClearDirty(DirtyClient client, RamPage first, int count, Span<ulong> bits) =>
        stores.Dirty.ReadAndClear(client, first, count, bits);

    public void Fence() => Interlocked.MemoryBarrier();

    private PageDesc Of(RamPage page) => stores.Pages.FindOrAllocate(page);
}

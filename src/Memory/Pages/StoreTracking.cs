namespace Tcg.Mttcg.Memory.Pages;

/// <summary>
/// The order of steps that keeps translated code and dirty bitmaps true, in one place. Safe from any thread.
/// <para>
/// A store to a NotDirty page: <see cref="Begin"/>; when the ticket hits code, ask for the invalidation and wait for the reply, keeping the
/// ticket (no TB can be linked on the page meanwhile); store; <see cref="Complete"/>. The writer is announced before the bitmap is read, and
/// a linker publishes its bitmap before it looks for writers, both with full fences: one of the two always sees the other.
/// </para>
/// </summary>
public sealed class StoreTracking(PageDirectory pages, DirtyBitmaps dirty)
{
    public PageDirectory Pages { get; } = pages;

    public DirtyBitmaps Dirty { get; } = dirty;

    /// <summary>
    /// Asks to fill or upgrade a write entry of a vCPU: true for a fast one, false when it must be NotDirty. The writer of a
    /// page without code is noted, so whoever protects the page afterwards knows of whom to revoke.
    /// </summary>
    public bool AdmitWriter(RamPage page, int cpu) => Pages.TryAddWriter(page, cpu) && Dirty.IsDirtyForAll(page);

    /// <summary>Announces a store of bytes inside one page.</summary>
    public StoreTicket Begin(RamPage page, int offset, int length)
    {
        var desc = Pages.FindOrAllocate(page);
        desc.EnterWriter();
        return new(desc, desc.HitsCode(offset, length), desc.HitsChecked(offset, length));
    }

    /// <summary>The store is done: true when the page's entry may become a fast one (SoftTlb.SetDirty).</summary>
    public bool Complete(in StoreTicket ticket, int cpu)
    {
        Publish(ticket.Desc);
        return AdmitWriter(ticket.Desc.Page, cpu);
    }

    /// <summary>As <see cref="Complete"/> for a writer that holds no TLB entry: a device, a page walk.</summary>
    public void CompleteDma(in StoreTicket ticket) => Publish(ticket.Desc);

    /// <summary>The store will not happen.</summary>
    public void Abandon(in StoreTicket ticket) => ticket.Desc.LeaveWriter();

    /// <summary>
    /// Stops new fast writers of a page that code will be translated from; the existing ones, who are returned, must be revoked.
    /// </summary>
    public PageWriters BeginCode(RamPage page)
    {
        Pages.SetFlags(page, PageFlags.HasCode);
        Dirty.TestAndClear(DirtyClient.Code, page);
        return Pages.WritersOf(page);
    }

    /// <summary>The page holds no code any more and needs no protection.</summary>
    public void EndCode(RamPage page)
    {
        Pages.ClearFlags(page, PageFlags.HasCode | PageFlags.Protected);
        Dirty.Set(DirtyClient.Code, page);
    }

    private void Publish(PageDesc desc)
    {
        desc.CompleteWriter();
        Dirty.Set(DirtyClient.Display, desc.Page);
        Dirty.Set(DirtyClient.Migration, desc.Page);
    }
}

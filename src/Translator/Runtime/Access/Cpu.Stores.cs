using Tcg.Mttcg.Memory;
using Tcg.Mttcg.Memory.Pages;
using Tcg.Mttcg.Memory.Physical;
using Tcg.Mttcg.Memory.Tlb;
using Tcg.Mttcg.Translator.Cache;

namespace Tcg.Mttcg.Translator.Runtime;

/// <summary>Where a store within one page may go now. Between begin and end no translation can be linked that misses it.</summary>
internal unsafe ref struct StoreTarget
{
    /// <summary>Null: a device, or nothing (ROM).</summary>
    public byte* Host;
    public MmioRegion? Region;
    public ulong RegionOffset;

    /// <summary>The store was announced, because the page may hold code or a dirty bitmap wants to know.</summary>
    public bool Tracked;
    public StoreTicket Ticket;
    public GuestVirtual Address;
}

// Stores that may meet translated code: sequence (b) of the design.
public sealed unsafe partial class Cpu
{
    /// <summary>
    /// Claims the right to change <paramref name="bytes"/> bytes within one page. TBs over them are dead on return. False: a guest exception is
    /// pending, or the running TB itself died and its instruction must be run again, alone.
    /// <paramref name="access"/>: a read-modify-write is both.
    /// </summary>
    internal bool TryBeginStore(GuestVirtual address, int bytes, MmuIndex view, out StoreTarget target, WatchKind access = WatchKind.Write)
    {
        target = default;
        while (TryHit(address, AccessKind.Write, view, out var hit))
        {
            if ((hit.Flags & TlbFlags.Watchpoint) != 0 && !TryWatched(address, bytes, access)) return false;
            if (hit.IsMmio)
            {
                target.Region = hit.Region;
                target.RegionOffset = hit.RegionOffset;
                return true;
            }
            if ((hit.Flags & TlbFlags.DiscardWrite) != 0) return true;
            target.Host = hit.Host.Bytes;
            if ((hit.Flags & TlbFlags.NotDirty) == 0) return true;

            target.Address = address;
            target.Ticket = Ports.Stores.Begin(hit.RamPage, (int)address.PageOffset, bytes);
            target.Tracked = true;
            if (!target.Ticket.HitsCode && !target.Ticket.HitsChecked) return true;

            // While the ticket is held nobody links a TB on this page; but the ask may serve invalidations of this very TLB.
            if (target.Ticket.HitsCode) Coherence.CodeWrite(new(hit.RamPage.Start.Value + address.PageOffset), bytes);
            if (RunningBlock is { } running && (running.IsDead || (target.Ticket.HitsChecked && ChangesItself(running, hit.RamPage, (int)address.PageOffset, bytes))))
            {
                Ports.Stores.Abandon(target.Ticket);
                LeaveAfterHelper(TbExitReason.SelfModified);
                return false;
            }
            if (!target.Ticket.HitsCode) return true;
            if (Tlb.TryLookup(view, address, AccessKind.Write, out var again) && again.Host == hit.Host) return true;
            Ports.Stores.Abandon(target.Ticket);
        }
        return false;
    }

    // A block that checks bytes itself did so when it was entered, and has instructions left that were made from the old ones.
    private static bool ChangesItself(TranslationBlock running, RamPage page, int offset, int bytes) =>
        running.GuestInstructions > 1 && BlockBytes.Overlaps(running, page, offset, offset + bytes);

    /// <summary>The store is visible.</summary>
    internal void EndStore(in StoreTarget target)
    {
        if (!target.Tracked) return;
        if (Ports.Stores.Complete(target.Ticket, Ports.Index)) Tlb.SetDirty(target.Address, target.Ticket.Desc.Page);
    }

    /// <summary>The store will not happen.</summary>
    private void Abandon(in StoreTarget target)
    {
        if (target.Tracked) Ports.Stores.Abandon(target.Ticket);
    }

    /// <summary>Whether a claim is still good after something that may have changed this TLB: the same place, and no new wish to hear of the store.</summary>
    private bool StillLeadsTo(GuestVirtual address, MmuIndex view, in StoreTarget target) =>
        Tlb.TryLookup(view, address, AccessKind.Write, out var hit)
        && (target.Tracked || (hit.Flags & TlbFlags.NotDirty) == 0)
        && (hit.IsMmio
            ? hit.Region == target.Region && hit.RegionOffset == target.RegionOffset
            : target.Host == ((hit.Flags & TlbFlags.DiscardWrite) != 0 ? null : hit.Host.Bytes));
}

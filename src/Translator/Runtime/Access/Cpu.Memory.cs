using Tcg.Mttcg.Memory;
using Tcg.Mttcg.Memory.Tlb;

namespace Tcg.Mttcg.Translator.Runtime;

// Guest memory as managed code sees it. Every method that returns false has left the guest exception (or another exit) pending.
public sealed unsafe partial class Cpu
{
    /// <summary>Reads 1, 2, 4 or 8 bytes, little-endian, zero-extended.</summary>
    public bool TryRead(GuestVirtual address, int bytes, MmuIndex view, out ulong value)
    {
        if (!Crosses(address, bytes)) return TryReadWithin(address, bytes, view, out value);
        var first = PageSize.Bytes - (int)address.PageOffset;
        value = 0;
        if (!TryReadPieces(address, first, view, out var low) || !TryReadPieces(Add(address, first), bytes - first, view, out var high)) return false;
        value = low | high << (first * 8);
        return true;
    }

    /// <summary>Writes 1, 2, 4 or 8 bytes; nothing is written when any of them faults.</summary>
    public bool TryWrite(GuestVirtual address, int bytes, MmuIndex view, ulong value)
    {
        if (!Crosses(address, bytes)) return TryWriteWithin(address, bytes, view, value);
        return TryProbeWrite(address, bytes, view) && TryWriteCrossing(address, bytes, view, value);
    }

    /// <summary>A write of these bytes would succeed: translation, rights, and both pages of a crossing.</summary>
    public bool TryProbeWrite(GuestVirtual address, int bytes, MmuIndex view) =>
        TryHit(address, AccessKind.Write, view, out _) && (!Crosses(address, bytes) || TryHit(NextPage(address), AccessKind.Write, view, out _));

    internal static bool Crosses(GuestVirtual address, int bytes) => address.PageOffset + bytes > PageSize.Bytes;

    /// <summary>Where a crossing goes on: the address that its fault reports.</summary>
    private GuestVirtual NextPage(GuestVirtual address) => Add(address, PageSize.Bytes - (int)address.PageOffset);

    // Outside 64-bit mode an access that runs over 4 GiB continues at 0.
    internal GuestVirtual Add(GuestVirtual address, int bytes)
    {
        var sum = address.Value + (ulong)bytes;
        return new(IsLongMode64 ? sum : (uint)sum);
    }

    private bool TryReadWithin(GuestVirtual address, int bytes, MmuIndex view, out ulong value)
    {
        value = 0;
        if (!TryHit(address, AccessKind.Read, view, out var hit)) return false;
        if ((hit.Flags & TlbFlags.Watchpoint) != 0 && !TryWatched(address, bytes, WatchKind.Read)) return false;
        value = hit.IsMmio ? hit.Region!.Read(hit.RegionOffset, bytes) : HostAccess.Load(hit.Host.Bytes, bytes);
        return true;
    }

    private bool TryReadPieces(GuestVirtual address, int bytes, MmuIndex view, out ulong value)
    {
        value = 0;
        for (var done = 0; done < bytes;)
        {
            var piece = HostAccess.Piece(bytes - done);
            if (!TryReadWithin(Add(address, done), piece, view, out var part)) return false;
            value |= part << (done * 8);
            done += piece;
        }
        return true;
    }

    // Both halves are claimed before either is written: a claim may end the running block, and its instruction is then run again from its start.
    private bool TryWriteCrossing(GuestVirtual address, int bytes, MmuIndex view, ulong value)
    {
        var first = PageSize.Bytes - (int)address.PageOffset;
        var next = Add(address, first);
        while (TryBeginStore(address, first, view, out var low))
        {
            if (!TryBeginStore(next, bytes - first, view, out var high))
            {
                Abandon(low);
                return false;
            }
            // The second claim may have let invalidations of this TLB in.
            if (StillLeadsTo(address, view, low))
            {
                Put(low, first, value);
                Put(high, bytes - first, value >> (first * 8));
                return true;
            }
            Abandon(high);
            Abandon(low);
        }
        return false;
    }

    private void Put(in StoreTarget target, int bytes, ulong value)
    {
        for (var done = 0; done < bytes;)
        {
            var piece = HostAccess.Piece(bytes - done);
            if (target.Host != null) HostAccess.Store(target.Host + done, piece, value >> (done * 8));
            else target.Region?.Write(target.RegionOffset + (ulong)done, piece, value >> (done * 8));
            done += piece;
        }
        EndStore(target);
    }

    private bool TryWriteWithin(GuestVirtual address, int bytes, MmuIndex view, ulong value)
    {
        if (!TryBeginStore(address, bytes, view, out var target)) return false;
        if (target.Host != null) HostAccess.Store(target.Host, bytes, value);
        else target.Region?.Write(target.RegionOffset, bytes, value);
        EndStore(target);
        return true;
    }
}

using Tcg.Mttcg.Memory;
using Tcg.Mttcg.Memory.Tlb;

namespace Tcg.Mttcg.Translator.Runtime;

// Runs of guest bytes that need no single-copy atomicity: save areas.
public sealed unsafe partial class Cpu
{
    /// <summary>Reads at most one page's length. False: the exception is pending.</summary>
    internal bool TryReadBytes(GuestVirtual address, Span<byte> bytes, MmuIndex view)
    {
        for (var done = 0; done < bytes.Length;)
        {
            var at = Add(address, done);
            var piece = Math.Min(bytes.Length - done, PageSize.Bytes - (int)at.PageOffset);
            if (!TryHit(at, AccessKind.Read, view, out var hit)) return false;
            if ((hit.Flags & TlbFlags.Watchpoint) != 0 && !TryWatched(at, piece, WatchKind.Read)) return false;
            var target = bytes.Slice(done, piece);
            if (!hit.IsMmio) new ReadOnlySpan<byte>(hit.Host.Bytes, piece).CopyTo(target);
            else for (var i = 0; i < piece; i++) target[i] = (byte)hit.Region!.Read(hit.RegionOffset + (ulong)i, 1);
            done += piece;
        }
        return true;
    }

    /// <summary>Writes at most one page's length, all or nothing as far as faults go.</summary>
    internal bool TryWriteBytes(GuestVirtual address, ReadOnlySpan<byte> bytes, MmuIndex view)
    {
        if (!TryProbeWrite(address, bytes.Length, view)) return false;
        for (var done = 0; done < bytes.Length;)
        {
            var at = Add(address, done);
            var piece = Math.Min(bytes.Length - done, PageSize.Bytes - (int)at.PageOffset);
            if (!TryBeginStore(at, piece, view, out var target)) return false;
            var source = bytes.Slice(done, piece);
            if (target.Host != null) source.CopyTo(new Span<byte>(target.Host, piece));
            else for (var i = 0; i < piece; i++) target.Region?.Write(target.RegionOffset + (ulong)i, 1, source[i]);
            EndStore(target);
            done += piece;
        }
        return true;
    }
}

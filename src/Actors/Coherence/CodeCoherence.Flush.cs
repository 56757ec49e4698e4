using Tcg.Mttcg.Actors.Protocol;
using Tcg.Mttcg.Memory;
using Tcg.Mttcg.Memory.Pages;

namespace Tcg.Mttcg.Actors.Coherence;

// Sequence (f): only flushes that the emulator makes need answers; the guest's own shootdowns carry theirs.
public sealed partial class CodeCoherence
{
    private const int BitsPerWord = 64;

    /// <summary>Answers when no access through an old TLB entry is in flight or can begin.</summary>
    public void FlushTlbs(object asker, TlbFlush flush)
    {
        Counters.Flushes++;
        Flush(flush, () => peers.Reply(asker, FlushTlbsReply.Instance));
    }

    /// <summary>
    /// The bits first, then the rights, then the answer. Why a client that copies the pages after the answer loses no store:
    /// <para>
    /// A vCPU gets a fast-write entry only while the page's bits are set, and looks at them and fills without a safepoint between. So when the bits are
    /// taken, every page with such an entry, or with one about to be filled, is in this log, unless an earlier one that is not answered yet has it. Stores
    /// through those entries end before their vCPU serves the flush, and so before the answer: the copy has them.
    /// </para>
    /// <para>
    /// Every other store sets the bit itself, after it is visible and a fence, unless it finds it set. If this took the bit after that, the store is in the
    /// copy; if before, the bit is set again, and the next log has the page. That holds for devices too, for which nobody waits. After its flush a vCPU
    /// stores that way, and <see cref="StoreTracking.Complete"/> sets the bit before it gives a fast entry again. Flushing first would leave the entries that
    /// come between the flush and the taking of the bits: fast, and of pages whose bits are clear.
    /// </para>
    /// </summary>
    public void ReadDirtyLog(object asker, DirtyClient client, RamPage first, int count)
    {
        Counters.DirtyLogs++;
        var bits = new ulong[(count + BitsPerWord - 1) / BitsPerWord];
        var dirty = pages.ReadAndClearDirty(client, first, count, bits);
        Flush(TlbFlush.Writes, () => peers.Reply(asker, new ReadDirtyLogReply(bits, dirty)));
    }

    private void Flush(TlbFlush flush, Action then)
    {
        _grace.Begin(ticket => new FlushTlb(flush, ticket), then);
        (Counters.GracePeriods, Counters.AcksAwaited) = (_grace.Begun, _grace.AcksAwaited);
    }
}

using Tcg.Mttcg.Actors.Protocol;

namespace Tcg.Mttcg.Actors.Coherence;

// Sequence (f): only flushes that the emulator makes need answers; the guest's own shootdowns carry theirs.
public sealed partial class CodeCoherence
{
    /// <summary>Answers when no access through an old TLB entry is in flight or can begin.</summary>
    public void FlushTlbs(object asker, TlbFlush flush)
    {
        Counters.Flushes++;
        _grace.Begin(ticket => new FlushTlb(flush, ticket), () => peers.Reply(asker, FlushTlbsReply.Instance));
        (Counters.GracePeriods, Counters.AcksAwaited) = (_grace.Begun, _grace.AcksAwaited);
    }
}

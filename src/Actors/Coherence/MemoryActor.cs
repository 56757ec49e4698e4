using Akka.Actor;
using Tcg.Mttcg.Actors.Protocol;

namespace Tcg.Mttcg.Actors.Coherence;

/// <summary>Owner of page lists, bitmaps, protection and the TB hash. Thin: what it does is in <see cref="CodeCoherence"/>. Never blocks.</summary>
public sealed class MemoryActor(CoherenceOptions options, ICodePages pages, ICodeBlocks blocks, CoherenceCounters counters) : UntypedActor
{
    private CodeCoherence? _coherence;

    protected override void OnReceive(object message)
    {
        if (message is MeetVcpus meet)
        {
            _coherence = new CodeCoherence(options, pages, blocks, new ActorPeers(meet.Vcpus, Self), counters);
            return;
        }
        if (_coherence is null) throw new InvalidOperationException($"{message.GetType().Name} came before the vCPUs were introduced");
        switch (message)
        {
            case Link link: _coherence.Link(Sender, link.Block, link.Versions); break;
            case Protect protect: _coherence.Protect(Sender, protect.Page); break;
            case CodeWrite write: _coherence.CodeWrite(Sender, write.Start, write.Length); break;
            case RequestServed served: _coherence.Served(served.Ticket, served.Cpu); break;
            case Invalidate invalidate: _coherence.Invalidate(Sender, invalidate.Start, invalidate.Length); break;
            case RetireBlocks retire: _coherence.Retire(Sender, retire.Region, retire.From, retire.Count); break;
            case FlushTlbs flush: _coherence.FlushTlbs(Sender, flush.Flush); break;
            case ReadDirtyLog log: _coherence.ReadDirtyLog(Sender, log.Client, log.First, log.Count); break;
            case SetBreakpoint point: _coherence.SetBreakpoint(Sender, point.Address, point.IsSet); break;
            case SetWatchpoint point: _coherence.SetWatchpoint(Sender, point.Watchpoint, point.IsSet); break;
            default: Unhandled(message); break;
        }
    }
}

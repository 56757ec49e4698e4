using Akka.Actor;
using Tcg.Mttcg.Actors.Coherence;
using Tcg.Mttcg.Actors.Protocol;
using Tcg.Mttcg.Translator.Cache;

namespace Tcg.Mttcg.Actors.Regions;

/// <summary>Owner of the code regions' states. Thin: what it does is in <see cref="RegionPool"/>. Never blocks.</summary>
public sealed class CodeCacheActor(IReadOnlyList<CodeRegion> regions, RegionOptions options, IActorRef memory, Action<CodeRegion> release, RegionCounters counters)
    : UntypedActor, IRegionWork
{
    private RegionPool? _pool;

    int IRegionWork.Blocks(CodeRegion region) => region.Blocks.Count;

    void IRegionWork.Retire(CodeRegion region, int from, int count) => memory.Tell(new RetireBlocks(region, from, count), Self);

    void IRegionWork.Reset(CodeRegion region) => release(region);

    protected override void OnReceive(object message)
    {
        if (message is MeetVcpus meet)
        {
            _pool = new RegionPool(regions, options, new ActorPeers(meet.Vcpus, Self), this, counters);
            return;
        }
        if (_pool is null) throw new InvalidOperationException($"{message.GetType().Name} came before the vCPUs were introduced");
        switch (message)
        {
            case NextRegion next: _pool.Next(Sender, next.Full); break;
            case RetireBlocksReply retired: _pool.Retired(retired.Region, retired.Next); break;
            case RequestServed served: _pool.Served(served.Ticket, served.Cpu); break;
            case FlushCode: _pool.RetireAll(); break;
            default: Unhandled(message); break;
        }
    }
}

using Akka.Actor;
using Tcg.Mttcg.Actors.Protocol;
using Tcg.Mttcg.Actors.Vcpu;

namespace Tcg.Mttcg.Actors.Coherence;

/// <summary>vCPUs and askers as actors.</summary>
public sealed class ActorPeers(IReadOnlyList<VcpuPeer> vcpus, IActorRef self) : IPeers
{
    public int Cpus => vcpus.Count;

    public bool Post(int cpu, IAccessRequest request) => Post(vcpus[cpu], request, Quiescence.Access);

    public bool Post(int cpu, ICodeRequest request) => Post(vcpus[cpu], request, Quiescence.Code);

    public void Reply(object asker, object reply) => ((IActorRef)asker).Tell(reply, self);

    private bool Post(VcpuPeer vcpu, object request, Quiescence needed)
    {
        vcpu.Actor.Tell(request, self);
        Interlocked.MemoryBarrier();
        return vcpu.Status.IsAtLeast(needed);
    }
}

using Akka.Actor;

namespace Tcg.Mttcg.Actors.Vcpu;

/// <summary>A vCPU as the owners of memory and code see it.</summary>
public sealed record VcpuPeer(IActorRef Actor, VcpuStatus Status);

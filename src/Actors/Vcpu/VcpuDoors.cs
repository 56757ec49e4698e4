using System.Collections.Concurrent;
using Akka.Actor;
using Tcg.Mttcg.Actors.Mailboxes;

namespace Tcg.Mttcg.Actors.Vcpu;

/// <summary>
/// How a vCPU's mailbox, which the actor engine creates, meets the door and lanes that the rest of the machine knows: by the actor's name. One instance
/// an actor system.
/// </summary>
public sealed class VcpuDoors : IExtension
{
    private readonly ConcurrentDictionary<string, KickQueue> _queues = new();

    public static VcpuDoors Of(ActorSystem system) => system.WithExtension<VcpuDoors, Provider>();

    /// <summary>Before the actor of this name is created.</summary>
    public void Register(string actorName, KickQueue queue) => _queues[actorName] = queue;

    public KickQueue Find(string actorName) => _queues.TryGetValue(actorName, out var queue)
        ? queue
        : throw new InvalidOperationException($"no vCPU is called {actorName}: only vCPUs have this mailbox");

    private sealed class Provider : ExtensionIdProvider<VcpuDoors>
    {
        public override VcpuDoors CreateExtension(ExtendedActorSystem system) => new();
    }
}

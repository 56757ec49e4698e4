using System.Collections.Concurrent;
using Akka.Actor;

namespace Tcg.Mttcg.Actors.Vcpu;

/// <summary>
/// How a vCPU's mailbox, which the actor engine creates, meets the door that the rest of the machine knows: by the actor's name. One instance
/// an actor system.
/// </summary>
public sealed class VcpuDoors : IExtension
{
    private readonly ConcurrentDictionary<string, VcpuDoor> _doors = new();
    private readonly ConcurrentDictionary<VcpuDoor, Mailboxes.KickQueue> _queues = new();

    public static VcpuDoors Of(ActorSystem system) => system.WithExtension<VcpuDoors, Provider>();

    /// <summary>Before the actor of this name is created.</summary>
    public void Register(string actorName, VcpuDoor door) => _doors[actorName] = door;

    public VcpuDoor Find(string actorName) => _doors.TryGetValue(actorName, out var door)
        ? door
        : throw new InvalidOperationException($"no vCPU is called {actorName}: only vCPUs have this mailbox");

    public Mailboxes.KickQueue QueueOf(VcpuDoor door) => _queues.GetOrAdd(door, d => new Mailboxes.KickQueue(d));

    private sealed class Provider : ExtensionIdProvider<VcpuDoors>
    {
        public override VcpuDoors CreateExtension(ExtendedActorSystem system) => new();
    }
}

using Akka.Actor;
using Tcg.Mttcg.Actors.Protocol;
using Tcg.Mttcg.Actors.Vcpu;
using Tcg.Mttcg.Memory.Contracts;

namespace Tcg.Mttcg.Actors.Hosting;

/// <summary>What devices and processors ask of the machine, as messages. Also makes every vCPU leave translated code, the asking one first of all.</summary>
internal sealed class MachineControl(IReadOnlyList<VcpuDoor> doors) : IMachineControl
{
    private IActorRef _machine = ActorRefs.Nobody;

    public void Connect(IActorRef machine) => Volatile.Write(ref _machine, machine);

    public void PowerOff() => Tell(new PowerOff());

    public void Reset() => Tell(new Reset());

    public void DebugExit(uint value) => Tell(new DebugExit(value));

    // From a clock's thread: no vCPU waits for what comes of it.
    public void Panic(bool isCertain) => Volatile.Read(ref _machine).Tell(new GuestPanicked(isCertain), ActorRefs.NoSender);

    private void Tell(object message)
    {
        Volatile.Read(ref _machine).Tell(message, ActorRefs.NoSender);
        foreach (var door in doors) door.Kick();
    }
}

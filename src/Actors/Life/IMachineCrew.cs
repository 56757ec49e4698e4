using Akka.Actor;
using Tcg.Mttcg.Actors.Vcpu;
using Tcg.Mttcg.Machine.Boards;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Actors.Life;

/// <summary>Whom the machine actor leads, and what it may do to the hardware. Tests put probes here.</summary>
public interface IMachineCrew
{
    IReadOnlyList<VcpuDoor> Doors { get; }

    /// <summary>Written by the machine actor.</summary>
    LifeCounters Counters { get; }

    /// <summary>Actors, created as children of the machine actor.</summary>
    IActorRef CreateMemory(IActorContext context);

    /// <inheritdoc cref="CreateMemory"/>
    IActorRef CreateCodeCache(IActorContext context, IActorRef memory);

    /// <inheritdoc cref="CreateMemory"/>
    IActorRef CreateVcpu(IActorContext context, int index, IActorRef memory, IActorRef codeCache);

    /// <summary>Bytes of RAM that translated code may come from.</summary>
    long RamBytes { get; }

    /// <summary>Power-on state of devices and RAM. Every vCPU stands still; each resets itself afterwards.</summary>
    void ResetHardware();

    /// <summary>The panic of the guest's kernel that the devices know of; null: none.</summary>
    GuestPanic? Panic { get; }

    /// <summary>Tells the debugger of a stop. Every vCPU stands still.</summary>
    void Report(DebugStop stop);

    /// <summary>A part is gone: whoever waits for an answer gives up.</summary>
    void Abort();

    /// <summary>The registers of all vCPUs, which have stopped; for diagnoses.</summary>
    string Describe();
}

using Akka.Actor;
using Akka.Configuration;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using Tcg.Mttcg.Actors.Counters;
using Tcg.Mttcg.Actors.Mailboxes;
using Tcg.Mttcg.Actors.Settings;
using Tcg.Mttcg.Actors.Vcpu;
using Tcg.Mttcg.Translator.Cache;

namespace Tcg.Mttcg.Actors.Tests.Vcpu;

/// <summary>Real vCPU actors over scripted processors, with probes for everybody around them.</summary>
public abstract class VcpuKit : TestKit
{
    protected static readonly TimeSpan Wait = TimeSpan.FromSeconds(20);

    private readonly List<VcpuDoor> _doors = [];

    protected VcpuKit() : base(MttcgSettings.Reference())
    {
        Supervisor = CreateTestProbe();
        Memory = CreateTestProbe();
        CodeCache = CreateTestProbe();
    }

    protected TestProbe Supervisor { get; }
    protected TestProbe Memory { get; }
    protected TestProbe CodeCache { get; }

    // A vCPU that halts or waits for an answer sleeps in its handler, and the system would wait for it.
    protected override void AfterAll()
    {
        foreach (var door in _doors) door.Abort();
    }

    protected sealed record Rig(IActorRef Actor, VcpuDoor Door, ScriptedEngine Engine, KickQueue Queue, VcpuCoherence Coherence, AskCounters Asks);

    protected Rig NewVcpu(int index = 0) => NewVcpu(Sys, new VcpuDoor(index), Supervisor.Ref, Memory.Ref, CodeCache.Ref);

    protected Rig NewVcpu(IActorRefFactory parent, VcpuDoor door, IActorRef supervisor, IActorRef memory, IActorRef codeCache)
    {
        var name = $"vcpu-{door.Index}";
        _doors.Add(door);
        var queue = new KickQueue(door);
        VcpuDoors.Of(Sys).Register(name, queue);
        var engine = new ScriptedEngine(door);
        var options = new VcpuOptions();
        var asks = new AskCounters();
        var coherence = new VcpuCoherence(queue, options, asks);
        var parts = new VcpuParts(queue, engine, coherence, new PausePolicy(options, oversubscribed: true), supervisor, memory, codeCache);
        var props = Props.Create(() => new VcpuActor(parts)).WithDispatcher(MttcgSettings.VcpuDispatcher).WithMailbox(MttcgSettings.VcpuMailbox);
        return new Rig(parent.ActorOf(props, name), door, engine, queue, coherence, asks);
    }

    protected static unsafe CodeRegion Region(int index) => new(index, null, null, 65536, 60000);
}

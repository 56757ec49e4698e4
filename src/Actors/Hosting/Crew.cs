using System.Threading.Channels;
using Akka.Actor;
using Tcg.Mttcg.Actors.Coherence;
using Tcg.Mttcg.Actors.Life;
using Tcg.Mttcg.Actors.Protocol;
using Tcg.Mttcg.Actors.Regions;
using Tcg.Mttcg.Actors.Settings;
using Tcg.Mttcg.Actors.Vcpu;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Actors.Hosting;

/// <summary>A machine's body as the machine actor leads it: who creates the actors on which dispatcher.</summary>
internal sealed class Crew(MachineBody body, ActorSystem system, CancellationTokenSource teardown) : IMachineCrew
{
    public CoherenceCounters MemoryCounters { get; } = new();
    public RegionCounters RegionCounters { get; } = new();
    public LifeCounters Counters { get; } = new();
    public IReadOnlyList<VcpuDoor> Doors => body.Doors;
    public long RamBytes => (long)body.Ram.TotalLength;

    public IActorRef CreateMemory(IActorContext context)
    {
        var options = body.Settings.Coherence;
        ICodePages pages = new DirectoryPages(body.Stores, body.Ram);
        ICodeBlocks blocks = new CachedBlocks(body.Code.Cache);
        var memory = context.ActorOf(
            Props.Create(() => new MemoryActor(options, pages, blocks, MemoryCounters)).WithDispatcher(MttcgSettings.InlineDispatcher).WithMailbox(MttcgSettings.OwnerMailbox), "memory");
        body.Dma.Connect(memory);
        // The physical map has published its change; cached translations follow before anything else is served.
        body.Map.Changed += () => memory.Tell(new FlushTlbs(TlbFlush.All), ActorRefs.NoSender);
        return memory;
    }

    public IActorRef CreateCodeCache(IActorContext context, IActorRef memory)
    {
        var regions = body.Code.Regions();
        var options = body.Settings.Regions;
        Action<Translator.Cache.CodeRegion> reset = body.Code.Reset;
        return context.ActorOf(
            Props.Create(() => new CodeCacheActor(regions, options, memory, reset, RegionCounters)).WithDispatcher(MttcgSettings.InlineDispatcher).WithMailbox(MttcgSettings.OwnerMailbox), "code-cache");
    }

    public IActorRef CreateVcpu(IActorContext context, int index, IActorRef memory, IActorRef codeCache)
    {
        var vcpu = body.Vcpus[index];
        var name = $"vcpu-{index}";
        VcpuDoors.Of(system).Register(name, vcpu.Queue);
        var parts = new VcpuParts(vcpu.Queue, vcpu.Engine(body.EnterBoot), vcpu.Coherence, vcpu.Pauses, context.Self, memory, codeCache, body.Turns, body.Settings.Vcpu.MwaitRest);
        var props = Props.Create(() => new VcpuActor(parts)).WithDispatcher(MttcgSettings.VcpuDispatcher).WithMailbox(MttcgSettings.VcpuMailbox);
        return context.ActorOf(props, name);
    }

    public void ResetHardware() => body.Reset();

    public Machine.Boards.GuestPanic? Panic => body.Board.Panic;

    /// <summary>Where the debugger hears of stops.</summary>
    public Channel<DebugStop> Stops { get; } = Channel.CreateUnbounded<DebugStop>();

    public void Report(DebugStop stop) => Stops.Writer.TryWrite(stop);

    public void Abort()
    {
        teardown.Cancel();
        foreach (var door in body.Doors) door.Abort();
    }

    public string Describe() => string.Join(Environment.NewLine, body.Vcpus.Select(vcpu => vcpu.Describe()));
}

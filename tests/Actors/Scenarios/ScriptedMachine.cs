using System.Collections.Concurrent;
using Akka.Actor;
using Tcg.Mttcg.Actors.Coherence;
using Tcg.Mttcg.Actors.Life;
using Tcg.Mttcg.Actors.Protocol;
using Tcg.Mttcg.Actors.Regions;
using Tcg.Mttcg.Actors.Settings;
using Tcg.Mttcg.Actors.Tests.Coherence;
using Tcg.Mttcg.Actors.Tests.Vcpu;
using Tcg.Mttcg.Actors.Vcpu;
using Tcg.Mttcg.Machine.Boards;
using Tcg.Mttcg.Memory;
using Tcg.Mttcg.Memory.Pages;
using Tcg.Mttcg.Translator.Cache;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Actors.Tests.Scenarios;

/// <summary>A whole machine of real actors; only processors, pages and TBs are a test's.</summary>
public abstract class ScriptedMachine : VcpuKit, IMachineCrew
{
    protected const int Cpus = 3, Regions = Cpus + 1;
    protected static readonly RamPage Page = new(5), Other = new(6);

    private readonly TaskCompletionSource<MachineResult> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<Rig[]> _vcpus = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _teardown = new();
    private readonly List<Rig> _created = [];
    private readonly VcpuDoor[] _doors = [.. Enumerable.Range(0, Cpus).Select(i => new VcpuDoor(i))];

    protected ScriptedMachine()
    {
        // Both exist before anybody runs: the table of pages is nobody's to change then.
        Pages = new FakePages(() => BeforePageAccess());
        foreach (var page in new[] { Page, Other }) Pages[page].FastWriters = PageWriters.Any;
        Dma = new DmaInvalidation(_teardown.Token);
        IMachineCrew crew = this;
        var life = new LifeOptions(Wait, Wait, RebootOnReset: true, RebootOnTripleFault: false, EndOnPanic: true);
        var result = _result;
        Machine = Sys.ActorOf(Props.Create(() => new MachineActor(crew, life, result)), "machine");
        Assert.True(_vcpus.Task.Wait(Wait));
        Vcpus = _vcpus.Task.Result;
    }

    protected FakePages Pages { get; }
    protected FakeBlocks Table { get; } = new();
    protected CoherenceCounters MemoryCounters { get; } = new();
    protected RegionCounters RegionCounters { get; } = new();
    protected DmaInvalidation Dma { get; }
    protected IActorRef Machine { get; }
    protected IActorRef MemoryOwner { get; private set; } = ActorRefs.Nobody;
    protected IReadOnlyList<Rig> Vcpus { get; }

    /// <summary>Runs in the memory actor before each of its accesses to a page.</summary>
    protected Action BeforePageAccess { get; set; } = () => { };

    /// <summary>Runs in the code-cache actor when a region is about to be reused.</summary>
    protected Action<CodeRegion> BeforeReuse { get; set; } = _ => { };

    protected ConcurrentQueue<string> Hardware { get; } = new();

    protected void Start() => Machine.Tell(new StartMachine());

    protected MachineResult AwaitEnd()
    {
        Assert.True(_result.Task.Wait(Wait), "the machine did not end");
        return _result.Task.Result;
    }

    protected PageVersions Versions(RamPage page) => new(Pages[page].Version, 0);

    /// <summary>What a processor does that runs guest code until somebody wants something of it.</summary>
    protected void UntilWanted(int cpu)
    {
        while (!Vcpus[cpu].Door.ExitRequested) Thread.Yield();
    }

    IReadOnlyList<VcpuDoor> IMachineCrew.Doors => _doors;
    LifeCounters IMachineCrew.Counters { get; } = new();
    long IMachineCrew.RamBytes => 16L << PageSize.Shift;
    GuestPanic? IMachineCrew.Panic => null;

    IActorRef IMachineCrew.CreateMemory(IActorContext context)
    {
        var options = new CoherenceOptions(UnprotectAfterWrites: 1);
        ICodePages pages = Pages;
        ICodeBlocks blocks = Table;
        var counters = MemoryCounters;
        MemoryOwner = context.ActorOf(Props.Create(() => new MemoryActor(options, pages, blocks, counters)).WithDispatcher(MttcgSettings.InlineDispatcher), "memory");
        Dma.Connect(MemoryOwner);
        return MemoryOwner;
    }

    IActorRef IMachineCrew.CreateCodeCache(IActorContext context, IActorRef memory)
    {
        var regions = Enumerable.Range(0, Regions).Select(Region).ToArray();
        var options = new RegionOptions();
        var counters = RegionCounters;
        Action<CodeRegion> reuse = region =>
        {
            BeforeReuse(region);
            region.Reset();
        };
        return context.ActorOf(
            Props.Create(() => new CodeCacheActor(regions, options, memory, reuse, counters)).WithDispatcher(MttcgSettings.InlineDispatcher), "code-cache");
    }

    IActorRef IMachineCrew.CreateVcpu(IActorContext context, int index, IActorRef memory, IActorRef codeCache)
    {
        var rig = NewVcpu(context, _doors[index], context.Self, memory, codeCache);
        _created.Add(rig);
        if (_created.Count == Cpus) _vcpus.SetResult([.. _created]);
        return rig.Actor;
    }

    void IMachineCrew.Report(DebugStop stop) => Hardware.Enqueue($"stop {stop.Cpu}");

    void IMachineCrew.ResetHardware() => Hardware.Enqueue("reset");

    void IMachineCrew.Abort()
    {
        _teardown.Cancel();
        foreach (var door in _doors) door.Abort();
    }

    string IMachineCrew.Describe() => "registers of all";
}

using Tcg.Mttcg.Actors.Counters;
using Tcg.Mttcg.Actors.Mailboxes;
using Tcg.Mttcg.Actors.Settings;
using Tcg.Mttcg.Actors.Vcpu;
using Tcg.Mttcg.Memory;
using Tcg.Mttcg.Memory.Host;
using Tcg.Mttcg.Translator.Cache;
using Tcg.Mttcg.Translator.Diagnostics;
using Tcg.Mttcg.Translator.Host;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Actors.Hosting;

/// <summary>One vCPU without its actor: native memory, processor, back end, executor.</summary>
internal sealed unsafe class VcpuBody : IDisposable
{
    private readonly HostMapping _environment;
    private readonly IBackEnd _backEnd;
    private readonly CpuExecutor _executor;
    private readonly VcpuOptions _options;

    public VcpuBody(VcpuDoor door, CpuPorts ports, IBackEnd backEnd, TbCache cache, MttcgSettings settings, ExecutorOptions executor, bool oversubscribed)
    {
        Door = door;
        _backEnd = backEnd;
        _options = settings.Vcpu;
        _environment = HostMapping.Allocate((CpuLayout.Bytes + PageSize.Bytes - 1) & PageSize.Mask);
        Queue = new KickQueue(door);
        Coherence = new VcpuCoherence(Queue, _options, Asks);
        Pauses = new PausePolicy(_options, oversubscribed);
        Cpu = new Cpu(_environment.Bytes, ports, settings.Tlb) { CodeBuffer = cache.Buffer };
        _executor = new CpuExecutor(Cpu, backEnd, cache, Coherence, executor);
        door.Attach(&Cpu.State->ExitRequest);
        Cpu.Reset();
    }

    public VcpuDoor Door { get; }
    public KickQueue Queue { get; }
    public Cpu Cpu { get; }
    public AskCounters Asks { get; } = new();
    public VcpuCoherence Coherence { get; }
    public PausePolicy Pauses { get; }
    public VcpuCounters Counters => new(Door, _executor.Counters, Cpu.Tlb.Counters, Asks, Pauses);

    /// <summary>Registers and recent TBs. The vCPU must stand still.</summary>
    public string Describe() => RegisterDump.Of(Cpu, _executor.Recent);

    /// <param name="reset">Called after each reset of the processor.</param>
    public CpuEngine Engine(Action<Cpu> reset) => new(Cpu, _executor, reset);

    public void Dispose()
    {
        Door.Detach();
        _backEnd.Dispose();
        Cpu.Dispose();
        _environment.Dispose();
    }
}

using Tcg.Mttcg.Actors.Coherence;
using Tcg.Mttcg.Actors.Settings;
using Tcg.Mttcg.Actors.Vcpu;
using Tcg.Mttcg.Machine.Boards;
using Tcg.Mttcg.Machine.Boot;
using Tcg.Mttcg.Machine.Clocks;
using Tcg.Mttcg.Machine.Wiring;
using Tcg.Mttcg.Memory;
using Tcg.Mttcg.Memory.Pages;
using Tcg.Mttcg.Memory.Paging;
using Tcg.Mttcg.Memory.Physical;
using Tcg.Mttcg.Translator.Cache;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Actors.Hosting;

/// <summary>
/// A machine without actors: RAM, board, clock, code buffer and vCPU bodies, wired, with the boot image loaded. Owns all native memory and all
/// threads but the vCPUs'.
/// </summary>
internal sealed class MachineBody : IDisposable
{
    private readonly Stack<IDisposable> _owned = new();
    private readonly MachineOptions _options;
    private readonly BoardMemory _boardMemory;
    private readonly CpuModel _model;

    public MachineBody(MachineOptions options, MttcgSettings settings, CancellationToken teardown)
    {
        _options = options;
        Settings = settings;
        Doors = [.. Enumerable.Range(0, options.Cpus).Select(i => new VcpuDoor(i))];
        _model = new CpuModel { Topology = options.Topology, Features = CpuSelection.Parse(options.Cpu ?? settings.Cpu).Resolve(CodeSetup.MissingFeatures(options)) };
        Control = new MachineControl(Doors);
        Dma = new DmaInvalidation(teardown);
        Turns = options.SingleThread ? new TurnTaking(settings.Vcpu.Turn) : null;
        try
        {
            Ram = Own(new GuestRam(options.RamBytes));
            _boardMemory = new BoardMemory(Ram);
            var clock = Own(new MachineClock());
            var tsc = new HostTsc(clock);
            Board = Own(new Board(BoardOptions(options, clock, tsc, Control)));
            Map = new PhysicalMap(Ram);
            var ports = new PortMap();
            Stores = new StoreTracking(new PageDirectory(Ram.EndPage), new DirtyBitmaps(Ram.EndPage));
            Memory = new PhysicalMemory(Map, Stores, Dma);
            Board.Connect(Ram, Map, ports, Memory);
            Boot = Load();
            Code = Own(new CodeSetup(options, _model, settings));
            Vcpus = [.. Doors.Select(door => NewVcpu(door, tsc, ports))];
            BootProcessor.Enter(Vcpus[0].Cpu, Boot);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public MttcgSettings Settings { get; }
    public IReadOnlyList<VcpuDoor> Doors { get; }
    public MachineControl Control { get; }
    public DmaInvalidation Dma { get; }

    /// <summary>Null: all vCPUs run at once.</summary>
    public TurnTaking? Turns { get; }
    public GuestRam Ram { get; }
    public Board Board { get; }
    public PhysicalMap Map { get; }
    public PhysicalMemory Memory { get; }
    public StoreTracking Stores { get; }
    public CodeSetup Code { get; }
    public IReadOnlyList<VcpuBody> Vcpus { get; }
    public BootState Boot { get; private set; }
    public BoardMemory BoardMemory => _boardMemory;

    /// <summary>Power-on state of everything but the vCPUs, which stand still. The image is loaded anew.</summary>
    public void Reset()
    {
        Board.Reset();
        Boot = Load();
        // Loaders write past the tracking of stores.
        for (var client = DirtyClient.Display; client <= DirtyClient.Migration; client++)
            Stores.Dirty.SetRange(client, new RamPage(0), (int)Ram.EndPage.Index);
    }

    /// <summary>After the power-on reset of a processor.</summary>
    public void EnterBoot(Cpu cpu)
    {
        if (cpu.Ports.Index == 0) BootProcessor.Enter(cpu, Boot);
    }

    public void Dispose()
    {
        while (_owned.TryPop(out var part)) part.Dispose();
    }

    private BootState Load() => Board.Load(_options.Boot, _boardMemory);

    private VcpuBody NewVcpu(VcpuDoor door, HostTsc tsc, PortMap ports)
    {
        var index = door.Index;
        var apic = Board.LocalInterrupts[index];
        var cpuPorts = new CpuPorts(index, apic, tsc, Control, new CpuPhysicalView(Map, apic), Memory, new PageWalker(Memory), ports, Stores)
        {
            Model = _model,
        };
        var executor = Settings.Executor with { OneInstructionPerTb = _options.OneInstructionPerTb, Log = _options.Trace };
        var body = Own(new VcpuBody(door, cpuPorts, Code.NewBackEnd(), Code.Cache, Settings, executor, Doors.Count > Environment.ProcessorCount));
        Board.AttachProcessor(index, door);
        return body;
    }

    private static BoardOptions BoardOptions(MachineOptions options, MachineClock clock, HostTsc tsc, MachineControl control) => new()
    {
        Topology = options.Topology,
        RamBytes = options.RamBytes,
        Model = options.Model,
        Serial = options.Serial,
        DebugExit = options.DebugExit,
        DebugConsole = options.DebugConsole,
        TestDevice = options.TestDevice,
        PvPanic = options.PvPanic,
        Virtio = options.Virtio,
        RtcStart = options.RtcStart ?? DateTime.UtcNow,
        Clock = clock,
        Tsc = tsc,
        Control = control,
        Log = options.Log ?? SilentDeviceLog.Instance,
    };

    private T Own<T>(T part) where T : IDisposable
    {
        _owned.Push(part);
        return part;
    }
}

using Tcg.Mttcg.Machine.Boot;
using Tcg.Mttcg.Machine.Chipset;
using Tcg.Mttcg.Machine.Firmware;
using Tcg.Mttcg.Machine.Interrupts;
using Tcg.Mttcg.Machine.Video;
using Tcg.Mttcg.Memory;
using Tcg.Mttcg.Memory.Contracts;
using Tcg.Mttcg.Memory.Physical;

namespace Tcg.Mttcg.Machine.Boards;

/// <summary>A wired machine without processors and RAM: what answers at which address, and each processor's local APIC.</summary>
public sealed class Board : IDisposable
{
    private readonly DeviceMap _map = new();
    private readonly InterruptFabric _fabric;
    private readonly TimerDevices _timers;
    private readonly ChipsetDevices _chipset;
    private readonly PanicDevices _panic;
    private readonly BoardOptions _options;

    /// <exception cref="ArgumentOutOfRangeException">No board has that many processors.</exception>
    public Board(BoardOptions options)
    {
        if (options.Cpus is < 1 or > BoardOptions.MaximumCpus)
            throw new ArgumentOutOfRangeException(nameof(options), options.Cpus, $"a board has 1 to {BoardOptions.MaximumCpus} processors");
        options.Topology.Validate();
        if (options.Virtio.Count > 0 && options.Model != BoardModel.Pc) throw new ArgumentException("virtio devices need a board with PCI: -M pc", nameof(options));
        _options = options;
        Layout = new RamLayout(options.RamBytes);
        _fabric = new InterruptFabric(options, _map);
        _panic = new PanicDevices(options, _map);
        IsaDevices.Add(options, _fabric, _map, _panic);
        _timers = new TimerDevices(options, _fabric, _map);
        _chipset = new ChipsetDevices(options, _fabric, _map);
    }

    public RamLayout Layout { get; }

    /// <summary>Ports and registers of all devices; the local APICs are mapped by their own processors.</summary>
    public DeviceMap Devices => _map;

    /// <summary>By processor number.</summary>
    public IReadOnlyList<LocalApic> LocalApics => _fabric.Apics;

    public IReadOnlyList<ILocalInterrupts> LocalInterrupts => _fabric.Apics;

    /// <summary>Connects a processor to its local APIC; until then its interrupts wait.</summary>
    public void AttachProcessor(int cpu, IProcessorKick kick) => _fabric.Apics[cpu].Attach(kick);

    /// <summary>A new source on an ISA interrupt request, 0 to 15.</summary>
    public IInterruptLine IsaLine(int request) => _fabric.IsaLine(request);

    /// <summary>The operator's NMI button. Without effect while the guest masks NMIs through port 0x70.</summary>
    public void RaiseNmi()
    {
        if (_timers.Rtc.IsNmiMasked) return;
        foreach (var apic in LocalApics) apic.RaiseLint1();
    }

    /// <summary>The panic of the guest's kernel, if it told of one.</summary>
    public GuestPanic? Panic => _panic.Panic;

    /// <summary>Asks the guest to shut down.</summary>
    public void PressPowerButton() => _chipset.PressPowerButton();

    /// <summary>Where to publish named items for the guest, before it runs.</summary>
    public FwCfg FwCfg => _chipset.FwCfg;

    /// <summary>The text screen, or null on a board without VGA.</summary>
    public VgaTextScreen? CreateScreen(IGuestMemory memory) => _chipset.Vga is { } vga ? new VgaTextScreen(memory, vga) : null;

    /// <summary>Maps RAM and all devices.</summary>
    /// <param name="memory">What the devices that reach memory by themselves write to.</param>
    /// <exception cref="ArgumentException">The RAM is not the board's, or there are more PCI devices than slots.</exception>
    public void Connect(GuestRam ram, PhysicalMap map, PortMap ports, PhysicalMemory memory)
    {
        if (ram.Length != Layout.Bytes) throw new ArgumentException($"the board was built for {Layout.Bytes} bytes of RAM, not {ram.Length}", nameof(ram));
        map.Change(edit =>
        {
            edit.Ram(new GuestPhysical(0), new RamOffset(0), Layout.LowBytes);
            if (Layout.HighBytes > 0) edit.Ram(new GuestPhysical(RamLayout.HighStart), new RamOffset(Layout.LowBytes), Layout.HighBytes);
            foreach (var range in _map.Mmio) edit.Mmio(new GuestPhysical(range.Start), new MmioRegion(range.Name, range.Device, range.Bytes, range.Gate.Monitor, range.MaxAccess));
        });
        _chipset.Pci?.Connect(map, memory);
        foreach (var range in _map.Ports) ports.Map(range.First, new PortRegion(range.Name, range.Device, range.Count, range.Gate.Monitor, range.MaxAccess));
    }

    /// <summary>Writes the firmware's tables and loads the image. Repeat it after <see cref="Reset"/>.</summary>
    /// <exception cref="BootImageException">The image cannot be booted here.</exception>
    public BootState Load(BootRequest request, IGuestMemory memory)
    {
        bool isPc = _options.Model == BoardModel.Pc;
        if (memory.Layout.Bytes < MemoryMap.OneMebibyte) throw new BootImageException($"a machine of {memory.Layout.Bytes} bytes is too small to boot");
        ulong rsdp = FirmwareTables.Write(new FirmwareOptions
        {
            ApicIds = _options.Topology.ApicIds, SerialPorts = Math.Min(_options.Serial.Count, Platform.SerialPorts.Length), HasPci = isPc, HasKeyboard = isPc,
            HasVga = isPc, HasHpet = isPc, HasPvPanic = _options.PvPanic,
        }, memory);
        _chipset.Pci?.AssignAddresses();
        FwCfg.SetCommandLine(request.CommandLine);
        return BootLoader.Load(request with { HasVgaText = isPc, RsdpAddress = rsdp }, memory);
    }

    /// <summary>All devices and local APICs to their power-on state. No vCPU may run.</summary>
    public void Reset()
    {
        foreach (var (gate, device) in _map.Resettable) gate.Run(device.Reset);
        foreach (var apic in LocalApics) apic.Reset(init: false);
    }

    public void Dispose()
    {
        foreach (var disposable in _map.Disposables.Reverse()) disposable.Dispose();
    }
}

using Tcg.Mttcg.Machine.Boot;
using Tcg.Mttcg.Machine.Firmware;
using Tcg.Mttcg.Machine.Interrupts;
using Tcg.Mttcg.Memory.Contracts;

namespace Tcg.Mttcg.Machine.Boards;

/// <summary>A wired machine without processors and RAM: what answers at which address, and each processor's local APIC.</summary>
public sealed class Board : IDisposable
{
    private readonly DeviceMap _map = new();
    private readonly InterruptFabric _fabric;
    private readonly BoardOptions _options;

    /// <exception cref="ArgumentOutOfRangeException">No board has that many processors.</exception>
    public Board(BoardOptions options)
    {
        if (options.Cpus is < 1 or > BoardOptions.MaximumCpus)
            throw new ArgumentOutOfRangeException(nameof(options), options.Cpus, $"a board has 1 to {BoardOptions.MaximumCpus} processors");
        _options = options;
        Layout = new RamLayout(options.RamBytes);
        _fabric = new InterruptFabric(options, _map);
        IsaDevices.Add(options, _fabric, _map);
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

    /// <summary>The operator's NMI button.</summary>
    public void RaiseNmi()
    {
        foreach (var apic in LocalApics) apic.RaiseLint1();
    }

    /// <summary>Writes the firmware's tables and loads the image. Repeat it after <see cref="Reset"/>.</summary>
    /// <exception cref="BootImageException">The image cannot be booted here.</exception>
    public BootState Load(BootRequest request, IGuestMemory memory)
    {
        bool hasVga = _options.Model == BoardModel.Pc;
        return BootLoader.Load(request with { HasVgaText = hasVga }, memory);
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

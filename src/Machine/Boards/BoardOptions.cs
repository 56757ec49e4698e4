using Tcg.Mttcg.Machine.Serial;
using Tcg.Mttcg.Machine.Wiring;
using Tcg.Mttcg.Memory.Contracts;

namespace Tcg.Mttcg.Machine.Boards;

public enum BoardModel
{
    /// <summary>A classic PC: everything.</summary>
    Pc,
    /// <summary>Without PCI, VGA, keyboard controller and HPET.</summary>
    MicroVm,
}

/// <summary>isa-debug-exit: where it is and how many ports it has.</summary>
public sealed record DebugExitOptions(ushort IoBase = 0x501, ushort IoSize = 2);

/// <summary>What to build a board from.</summary>
public sealed record BoardOptions
{
    /// <summary>Processors, 1 to <see cref="MaximumCpus"/>: one package of as many cores.</summary>
    public int Cpus { get => Topology.Processors; init => Topology = new CpuTopology(value); }

    /// <summary>Processors, and what their APIC ids follow from.</summary>
    public CpuTopology Topology { get; init; } = new(1);

    public const int MaximumCpus = 256;

    public required ulong RamBytes { get; init; }
    public BoardModel Model { get; init; } = BoardModel.Pc;

    /// <summary>Cables of COM1 to COM4; a missing one leaves the port out.</summary>
    public IReadOnlyList<SerialLink> Serial { get; init; } = [];

    public DebugExitOptions? DebugExit { get; init; }

    /// <summary>isa-debugcon at port 0xe9.</summary>
    public SerialLink? DebugConsole { get; init; }

    /// <summary>pc-testdev.</summary>
    public bool TestDevice { get; init; }

    /// <summary>pvpanic at port 0x505.</summary>
    public bool PvPanic { get; init; }

    /// <summary>Devices on the PCI bus, in the order of their slots.</summary>
    public IReadOnlyList<VirtioOptions> Virtio { get; init; } = [];

    /// <summary>What the real-time clock shows at power-on.</summary>
    public DateTime RtcStart { get; init; } = DateTime.UtcNow;

    public required IClock Clock { get; init; }
    public required ITimeStampCounter Tsc { get; init; }
    public required IMachineControl Control { get; init; }
    public IDeviceLog Log { get; init; } = SilentDeviceLog.Instance;
}

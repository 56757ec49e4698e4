using Tcg.Mttcg.Actors.Settings;
using Tcg.Mttcg.Machine.Boards;
using Tcg.Mttcg.Machine.Boot;
using Tcg.Mttcg.Machine.Chipset;
using Tcg.Mttcg.Machine.Serial;
using Tcg.Mttcg.Machine.Wiring;
using Tcg.Mttcg.Memory.Contracts;
using Tcg.Mttcg.Translator.Diagnostics;
using Tcg.Mttcg.Translator.Host.X64;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Actors.Hosting;

/// <summary>How translated code is run.</summary>
public enum BackEndKind : byte
{
    /// <summary>Host code where the host can run it, else the interpreter.</summary>
    Auto,
    Jit,
    Interpreter,
}

/// <summary>Everything that one machine is built from. Immutable; cables and boot sources belong to that machine.</summary>
public sealed record MachineOptions
{
    /// <summary>vCPUs, 1 to <see cref="BoardOptions.MaximumCpus"/>: one package of as many cores.</summary>
    public int Cpus { get => Topology.Processors; init => Topology = new CpuTopology(value); }

    /// <summary>vCPUs, and how they are packaged.</summary>
    public CpuTopology Topology { get; init; } = new(1);

    /// <summary>Model and features, as <see cref="CpuSelection"/> reads them: <c>x86-64-v2,+aes</c>. Null: as the settings say.</summary>
    public string? Cpu { get; init; }

    /// <summary>RAM in bytes: 1 MiB to 64 GiB, whole pages.</summary>
    public ulong RamBytes { get; init; } = 128UL << 20;

    public BoardModel Model { get; init; } = BoardModel.Pc;

    /// <summary>What to boot. The sources stay open until the machine is disposed, and are disposed with it.</summary>
    public required BootRequest Boot { get; init; }

    /// <summary>Cables of COM1 to COM4.</summary>
    public IReadOnlyList<SerialLink> Serial { get; init; } = [];
    public DebugExitOptions? DebugExit { get; init; }
    public SerialLink? DebugConsole { get; init; }
    public bool TestDevice { get; init; }

    /// <summary>Devices on the PCI bus.</summary>
    public IReadOnlyList<VirtioOptions> Virtio { get; init; } = [];
    public DateTime? RtcStart { get; init; }
    public IDeviceLog? Log { get; init; }

    public BackEndKind BackEnd { get; init; }
    public X64Options? Jit { get; init; }
    public bool OneInstructionPerTb { get; init; }

    /// <summary>Only one vCPU runs at a time, in turns; each still has its own thread.</summary>
    public bool SingleThread { get; init; }

    /// <summary>Size of the code buffer (QEMU's tb-size) in bytes; null: as the settings say.</summary>
    public long? CodeBytes { get; init; }

    /// <summary>Null: as the settings say. False: a reset by the guest ends the machine.</summary>
    public bool? RebootOnReset { get; init; }

    /// <summary>Null: as the settings say. False: a guest whose kernel panicked is left alone.</summary>
    public bool? EndOnPanic { get; init; }

    /// <summary>pvpanic, by which a guest's kernel can tell of its panic.</summary>
    public bool PvPanic { get; init; }

    /// <summary>Where processors and translators tell what they do; null: nowhere.</summary>
    public ExecutionLog? Trace { get; init; }

    /// <summary>Tunables; null: the reference.</summary>
    public MttcgSettings? Settings { get; init; }
}

using Tcg.Mttcg.Actors.Settings;
using Tcg.Mttcg.Machine.Boards;
using Tcg.Mttcg.Memory.Contracts;

namespace Tcg.Mttcg.Cli.Options;

/// <summary>What <c>-accel tcg,...</c> says.</summary>
public sealed record AccelSettings(bool Interpret, bool SingleThread, long? CodeBytes, bool OneInstructionPerTb)
{
    public static readonly AccelSettings Default = new(false, false, null, false);

    /// <exception cref="UsageException"/>
    public static AccelSettings Parse(string text)
    {
        var list = new PropertyList("-accel", text);
        if (list.Head != "tcg") throw new UsageException($"-accel {list.Head}: 'tcg' is the only accelerator here");
        var settings = new AccelSettings(
            list.TakeChoice("backend", false, ("jit", false), ("interp", true)),
            list.TakeChoice("thread", false, ("multi", false), ("single", true)),
            list.TakeNumber("tb-size", 0, 1, 2000) is > 0 and var mebibytes ? mebibytes << 20 : null,
            list.TakeSwitch("one-insn-per-tb", false));
        list.Finish();
        return settings;
    }
}

/// <summary>The devices of <c>-device</c>.</summary>
public sealed record DeviceSettings(DebugExitOptions? DebugExit, bool TestDevice, bool PvPanic = false)
{
    /// <exception cref="UsageException"/>
    public static DeviceSettings Parse(IEnumerable<string> texts)
    {
        var settings = new DeviceSettings(null, false);
        foreach (var text in texts)
        {
            var list = new PropertyList("-device", text);
            settings = list.Head switch
            {
                "isa-debug-exit" => settings with { DebugExit = DebugExitOf(list) },
                "pc-testdev" => settings with { TestDevice = true },
                "pvpanic" => settings with { PvPanic = PvPanicOf(list) },
                _ => throw new UsageException($"-device {list.Head}: no such device: see -device help"),
            };
            list.Finish();
        }
        return settings;
    }

    // Elsewhere the guest would not find it.
    private static bool PvPanicOf(PropertyList list) => list.TakeNumber("ioport", 0x505, 0x505, 0x505) > 0;

    private static DebugExitOptions DebugExitOf(PropertyList list)
    {
        var at = list.TakeNumber("iobase", 0x501, 0, 0xffff);
        var size = list.TakeNumber("iosize", 2, 1, 8);
        if (at + size > 0x10000) throw new UsageException($"-device isa-debug-exit: {size} ports from 0x{at:x} run past 0xffff");
        return new DebugExitOptions((ushort)at, (ushort)size);
    }
}

/// <summary>A checked <c>mttcg run</c> command line.</summary>
public sealed record RunSettings
{
    public const ulong LeastMemory = 1UL << 20, MostMemory = 64UL << 30;

    public BoardModel Model { get; init; } = BoardModel.Pc;
    public CpuTopology Topology { get; init; } = new(1);
    public int Cpus => Topology.Processors;

    /// <summary>Bytes.</summary>
    public ulong Memory { get; init; } = 128UL << 20;

    /// <summary>What -cpu says; null: as the settings say.</summary>
    public string? Cpu { get; init; }
    public required string Kernel { get; init; }
    public string? Initrd { get; init; }
    public string Append { get; init; } = "";

    /// <summary>COM1 to COM4.</summary>
    public IReadOnlyList<SerialTarget> Serial { get; init; } = [new(SerialKind.Stdio)];
    public SerialTarget? DebugConsole { get; init; }
    public DeviceSettings Devices { get; init; } = new(null, false);
    public IReadOnlyList<NetdevSettings> Netdevs { get; init; } = [];
    public IReadOnlyList<VirtioSettings> Virtio { get; init; } = [];
    public AccelSettings Accel { get; init; } = AccelSettings.Default;

    /// <summary>A reset by the guest ends the machine; null: as the settings say.</summary>
    public bool? EndOnReset { get; init; }

    /// <summary>A panic of the guest's kernel ends the machine; null: as the settings say.</summary>
    public bool? EndOnPanic { get; init; }

    /// <summary>Tunables; null: the reference.</summary>
    public MttcgSettings? Tunables { get; init; }
    public bool Stats { get; init; }

    /// <summary>Names of translated code go where <c>perf</c> looks for them.</summary>
    public bool PerfMap { get; init; }

    /// <summary>Translated code counts its instructions and jumps, which costs a few percent.</summary>
    public bool CountWork { get; init; }
    public IReadOnlyList<string> LogItems { get; init; } = [];
    public string? LogFile { get; init; }

    /// <exception cref="UsageException"/>
    public static BoardModel ParseModel(string text) => text.Split(',')[0] switch
    {
        "pc" or "q35" => BoardModel.Pc,
        "microvm" => BoardModel.MicroVm,
        var name => throw new UsageException($"-M {name}: no such machine (pc, microvm)"),
    };

    /// <exception cref="UsageException"/>
    public static ulong ParseMemory(string text)
    {
        if (text.StartsWith("size=", StringComparison.Ordinal)) text = text["size=".Length..];
        var bytes = ByteSize.Parse("-m", text, 'M');
        if (bytes < LeastMemory || bytes > MostMemory)
            throw new UsageException($"-m {text}: guest memory is {ByteSize.Format(LeastMemory)} to {ByteSize.Format(MostMemory)}");
        return bytes & ~4095UL;
    }
}

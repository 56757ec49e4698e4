using Tcg.Mttcg.Actors.Hosting;
using Tcg.Mttcg.Actors.Life;
using Tcg.Mttcg.Actors.Settings;
using Tcg.Mttcg.Machine.Boards;
using Tcg.Mttcg.Machine.Boot;
using Tcg.Mttcg.Machine.Storage;
using Tcg.Mttcg.Memory.Contracts;

namespace Tcg.Mttcg;

/// <summary>
/// An x86-64 SMP machine in this process: <c>await using var vm = Vm.Start(new VmOptions { Kernel = "vmlinuz" }); await vm.Console.WaitForAsync(...)</c>.
/// For more control use <see cref="EmulatedMachine"/>.
/// </summary>
public sealed class Vm : IAsyncDisposable
{
    private Vm(EmulatedMachine machine, VmConsole console)
    {
        (Machine, Console) = (machine, console);
        Completion = CompleteAsync();
    }

    public EmulatedMachine Machine { get; }

    /// <summary>The first serial port.</summary>
    public VmConsole Console { get; }

    /// <summary>How the machine ended; the console's text is complete then.</summary>
    public Task<MachineResult> Completion { get; }

    /// <exception cref="ArgumentException">Options that no machine can have.</exception>
    /// <exception cref="BootImageException">The image cannot be booted.</exception>
    /// <exception cref="DiskImageException">A disk cannot be opened.</exception>
    public static Vm Start(VmOptions options)
    {
        var console = new VmConsole();
        var machine = new EmulatedMachine(options.ToMachine(console));
        machine.Start();
        return new Vm(machine, console);
    }

    public async ValueTask DisposeAsync()
    {
        await Machine.DisposeAsync();
        await Console.DisposeAsync();
    }

    private async Task<MachineResult> CompleteAsync()
    {
        var result = await Machine.Completion;
        await Console.DisposeAsync();
        return result;
    }
}

/// <summary>What to boot, and on what.</summary>
public sealed record VmOptions
{
    /// <summary>vCPUs: one package of as many cores.</summary>
    public int Cpus { get => Topology.Processors; init => Topology = new CpuTopology(value); }

    /// <summary>vCPUs, and how they are packaged.</summary>
    public CpuTopology Topology { get; init; } = new(1);

    /// <summary>Processor model and features, as <c>-cpu</c> takes them: <c>x86-64-v2,+aes</c>; null: as the settings say.</summary>
    public string? Cpu { get; init; }

    /// <summary>RAM in bytes.</summary>
    public ulong RamBytes { get; init; } = 128UL << 20;
    public BoardModel Model { get; init; } = BoardModel.Pc;

    /// <summary>A path, unless <see cref="KernelBytes"/> is given.</summary>
    public string Kernel { get; init; } = "";
    public ReadOnlyMemory<byte>? KernelBytes { get; init; }

    /// <summary>Initial ramdisk or multiboot module.</summary>
    public string? Initrd { get; init; }
    public string CommandLine { get; init; } = "";

    /// <summary>Disk images, as /dev/vda, /dev/vdb and so on.</summary>
    public IReadOnlyList<DiskOptions> Disks { get; init; } = [];

    /// <summary>Network cards and other devices on the PCI bus, after the disks.</summary>
    public IReadOnlyList<VirtioOptions> Virtio { get; init; } = [];

    /// <summary>isa-debug-exit; null: none.</summary>
    public DebugExitOptions? DebugExit { get; init; } = new(0xf4, 4);

    public BackEndKind BackEnd { get; init; }

    /// <summary>Only one vCPU runs at a time, in turns.</summary>
    public bool SingleThread { get; init; }

    /// <summary>Code buffer in bytes; null: as the settings say.</summary>
    public long? CodeBytes { get; init; }
    public bool RebootOnReset { get; init; }

    /// <summary>Tunables, as <see cref="SettingsProfile"/> or a program of your own overrides them; null: the reference.</summary>
    public MttcgSettings? Settings { get; init; }

    internal MachineOptions ToMachine(VmConsole console) => new()
    {
        Topology = Topology,
        Cpu = Cpu,
        RamBytes = RamBytes,
        Model = Model,
        Boot = new BootRequest(KernelBytes is { } bytes ? BootSource.FromBytes("kernel", bytes) : BootSource.Open(Kernel, "kernel"))
        {
            CommandLine = CommandLine,
            Modules = Initrd is null ? [] : [new BootModule(BootSource.Open(Initrd, "initrd"))],
        },
        Serial = [console.Link],
        Virtio = [.. Disks.Select(disk => new VirtioBlockOptions(DiskImages.Open(disk))), .. Virtio],
        DebugExit = DebugExit,
        BackEnd = BackEnd,
        SingleThread = SingleThread,
        CodeBytes = CodeBytes,
        RebootOnReset = RebootOnReset,
        Settings = Settings,
    };
}

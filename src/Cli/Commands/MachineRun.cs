using Tcg.Mttcg.Actors.Hosting;
using Tcg.Mttcg.Actors.Life;
using Tcg.Mttcg.Cli.Options;
using Tcg.Mttcg.Machine.Boards;
using Tcg.Mttcg.Machine.Boot;
using Tcg.Mttcg.Machine.Serial;
using Tcg.Mttcg.Memory.Host;
using Tcg.Mttcg.Translator.Diagnostics;
using Tcg.Mttcg.Translator.Host.X64;

namespace Tcg.Mttcg.Cli.Commands;

/// <summary>From checked settings to a machine.</summary>
internal static class MachineRun
{
    /// <exception cref="UsageException">The host cannot give what is asked for.</exception>
    /// <exception cref="BootImageException"/>
    public static EmulatedMachine Create(RunSettings settings, BootSource kernel, IReadOnlyList<SerialLink> serial, SerialLink? debugConsole, ExecutionLog? log, IReadOnlyList<VirtioOptions>? virtio = null)
    {
        try
        {
            return new EmulatedMachine(new MachineOptions
            {
                Topology = settings.Topology,
                Cpu = settings.Cpu,
                RamBytes = settings.Memory,
                Model = settings.Model,
                Boot = new BootRequest(kernel) { CommandLine = settings.Append, Modules = Modules(settings.Initrd) },
                Serial = serial,
                DebugExit = settings.Devices.DebugExit,
                DebugConsole = debugConsole,
                Virtio = virtio ?? [],
                TestDevice = settings.Devices.TestDevice,
                BackEnd = settings.Accel.Interpret ? BackEndKind.Interpreter : BackEndKind.Auto,
                OneInstructionPerTb = settings.Accel.OneInstructionPerTb,
                SingleThread = settings.Accel.SingleThread,
                Jit = new X64Options(settings.CountWork, settings.CountWork, settings.PerfMap ? new X64PerfMap() : null),
                CodeBytes = settings.Accel.CodeBytes,
                RebootOnReset = !settings.EndOnReset,
                EndOnPanic = settings.EndOnPanic,
                PvPanic = settings.Devices.PvPanic,
                Trace = log,
                Settings = settings.Tunables,
            });
        }
        catch (ArgumentException e)
        {
            // Without .NET's "(Parameter 'options')".
            throw new UsageException(e.ParamName is null ? e.Message : e.Message.Split(" (Parameter")[0]);
        }
        catch (HostMemoryException e)
        {
            throw new UsageException(e.Message);
        }
    }

    /// <summary>Runs to the end; Ctrl-C and SIGTERM pull the plug.</summary>
    public static async Task<MachineResult> ToEnd(EmulatedMachine machine, CancellationToken cancel)
    {
        using var registration = cancel.Register(() => _ = machine.StopAsync());
        machine.Start();
        return await machine.Completion;
    }

    // QEMU: "-initrd 'file arguments,file arguments'" names multiboot modules.
    private static BootModule[] Modules(string? initrd)
    {
        if (initrd is null) return [];
        if (File.Exists(initrd)) return [new BootModule(BootSource.Open(initrd, "initrd"), initrd)];
        return [.. initrd.Split(',').Select(text => new BootModule(BootSource.Open(text.Split(' ')[0], "initrd"), text))];
    }
}

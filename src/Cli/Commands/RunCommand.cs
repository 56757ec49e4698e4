using System.CommandLine;
using Tcg.Mttcg.Actors.Hosting;
using Tcg.Mttcg.Actors.Life;
using Tcg.Mttcg.Cli.Help;
using Tcg.Mttcg.Cli.Options;
using Tcg.Mttcg.Cli.Output;
using Tcg.Mttcg.Machine.Boot;
using Tcg.Mttcg.Machine.Serial;

namespace Tcg.Mttcg.Cli.Commands;

/// <summary><c>mttcg run</c>: boots an image with QEMU's flags.</summary>
internal static class RunCommand
{
    private const string Codes = """
        Exit codes:
          0    the guest powered the machine off
          1    the command line or a file makes no sense
          2    triple fault
          4    the guest is stuck: every CPU halts with interrupts off
          6    internal error
          8    the guest's kernel panicked
          130  stopped by Ctrl-C, SIGTERM or Ctrl-A x
          odd  isa-debug-exit: (value << 1) | 1
        2, 4 and 6 come with the registers and the last code blocks of every CPU,
        8 with the kernel's words; -action panic=none lets it reboot or wait.
        """;

    private const string Keys = "On a terminal every key reaches the guest; Ctrl-A x ends the machine, Ctrl-A c is a small monitor, Ctrl-A h shows more.";

    private const string Examples = """
        Examples:
          mttcg run -smp 2 -m 32M -kernel memtest86+x64.bin -append console=ttyS0
          mttcg run -kernel test.elf -device isa-debug-exit,iobase=0xf4 -no-reboot
          mttcg run -kernel vmlinuz -initrd initrd -nic user,hostfwd=tcp::2222-:22
          mttcg run -kernel test.elf -d in_asm,int -D log.txt -serial file:out.txt
        """;

    public static Command Create()
    {
        var options = new RunOptions();
        var command = new DocumentedCommand("run", "Boot a kernel or a bare-metal image, with QEMU's flags", "-kernel FILE [OPTIONS]") { Groups = options.Groups, Notes = [Codes, Keys, Examples] };
        foreach (var option in options.All) command.Add(option);
        command.SetMachineAction(options.Listing, (parsed, cancel) => RunAsync(options.Read(parsed), cancel));
        return command;
    }

    private static async Task<int> RunAsync(RunSettings settings, CancellationToken cancel)
    {
        using var log = LogFile.Open(settings);
        var kernel = BootSource.Open(settings.Kernel, "kernel");
        SerialTarget[] targets = [.. settings.Serial, .. settings.DebugConsole is { } debug ? [debug] : Array.Empty<SerialTarget>(), .. settings.Virtio.OfType<VirtioTerminal>().Select(console => console.Target)];
        if (targets.Count(target => target.Kind == SerialKind.Stdio) > 1) throw new UsageException("-serial: only one port can use standard input and output");
        SerialLink[] links = [.. targets.Select(target => new SerialLink(discardOutput: target.Kind == SerialKind.Null))];
        await using var networks = await NetworkParts.StartAsync(settings.Netdevs);
        var virtio = VirtioParts.Open(settings.Virtio, links.AsSpan(targets.Length - settings.Virtio.OfType<VirtioTerminal>().Count()), networks.Links);
        await using var machine = Load(settings, () => MachineRun.Create(settings, kernel, links[..settings.Serial.Count], settings.DebugConsole is null ? null : links[settings.Serial.Count], log.Log, virtio));
        ConsoleKeys Keys(SerialLink link) => new(link.Input, new ConsoleMonitor(machine, Console.Error), () => _ = machine.StopAsync());
        var ends = new List<IAsyncDisposable>();
        MachineResult result;
        try
        {
            foreach (var (link, target) in links.Zip(targets)) ends.Add(SerialPump.Start(link, target, Keys));
            foreach (var socket in ends.OfType<SocketPump>()) await socket.Ready.WaitAsync(cancel);
            result = await MachineRun.ToEnd(machine, cancel);
        }
        catch (OperationCanceledException)
        {
            return ExitCode.Interrupted;
        }
        finally
        {
            foreach (var end in ends) await end.DisposeAsync();
        }
        Report(result, settings);
        if (settings.Stats) StatsTable.Write(Console.Error, machine);
        return ExitCode.Of(result);
    }

    private static EmulatedMachine Load(RunSettings settings, Func<EmulatedMachine> create)
    {
        using var loading = LoadingLine.ShowFor(settings);
        return create();
    }

    private static void Report(MachineResult result, RunSettings settings)
    {
        if (result is { Reason: ExitReason.Panicked, Diagnosis: { } words })
            Console.Error.WriteLine($"\nmttcg: the guest gave up: {(settings.Serial.Any(port => port.Kind == SerialKind.Stdio) ? words.Split(Environment.NewLine)[0] : words)}");
        if (result.Reason is ExitReason.TripleFault or ExitReason.Stuck or ExitReason.Failed)
            Console.Error.WriteLine($"\nmttcg: {Describe(result.Reason)}\n{result.Diagnosis}");
    }

    private static string Describe(ExitReason reason) => reason switch
    {
        ExitReason.TripleFault => "the guest met a triple fault",
        ExitReason.Stuck => "the guest is stuck: every CPU halts with interrupts off",
        _ => "internal error",
    };
}

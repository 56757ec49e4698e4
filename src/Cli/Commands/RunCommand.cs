using System.CommandLine;
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
          130  stopped by Ctrl-C, SIGTERM or Ctrl-A x
          odd  isa-debug-exit: (value << 1) | 1
        2, 4 and 6 come with the registers and the last code blocks of every CPU.
        """;

    private const string Keys = "On a terminal every key reaches the guest; Ctrl-A x ends the machine, Ctrl-A h shows more.";

    private const string Examples = """
        Examples:
          mttcg run -smp 2 -m 32M -kernel memtest86+x64.bin -append console=ttyS0
          mttcg run -kernel test.elf -device isa-debug-exit,iobase=0xf4 -no-reboot
          mttcg run -kernel test.elf -d in_asm,int -D log.txt -serial file:out.txt
        """;

    public static Command Create()
    {
        var options = new RunOptions();
        var command = new DocumentedCommand("run", "Boot a kernel or a bare-metal image, with QEMU's flags", "-kernel FILE [OPTIONS]") { Groups = options.Groups, Notes = [Codes, Keys, Examples] };
        foreach (var option in options.All) command.Add(option);
        command.SetAction((parsed, cancel) => RunAsync(options.Read(parsed), cancel));
        return command;
    }

    private static async Task<int> RunAsync(RunSettings settings, CancellationToken cancel)
    {
        using var log = LogFile.Open(settings);
        var kernel = BootSource.Open(settings.Kernel, "kernel");
        var links = new List<SerialPump>();
        var serial = NewLink(settings.Serial);
        var debug = settings.DebugConsole is { } target ? NewLink(target) : null;
        await using var machine = MachineRun.Create(settings, kernel, [serial], debug, log.Log);
        links.Add(SerialPump.Start(serial, settings.Serial, () => _ = machine.StopAsync()));
        if (debug is not null) links.Add(SerialPump.Start(debug, settings.DebugConsole!, () => _ = machine.StopAsync()));

        var result = await MachineRun.ToEnd(machine, cancel);
        foreach (var pump in links) await pump.DisposeAsync();
        Report(result);
        if (settings.Stats) StatsTable.Write(Console.Error, machine);
        return ExitCode.Of(result);
    }

    private static SerialLink NewLink(SerialTarget target) => new(discardOutput: target.Kind == SerialKind.Null);

    private static void Report(MachineResult result)
    {
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

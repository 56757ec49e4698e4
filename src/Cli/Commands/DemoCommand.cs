using System.CommandLine;
using System.Diagnostics;
using System.Text;
using Tcg.Mttcg.Actors.Life;
using Tcg.Mttcg.Cli.Demo;
using Tcg.Mttcg.Cli.Options;
using Tcg.Mttcg.Cli.Output;
using Tcg.Mttcg.Guests.Demo;
using Tcg.Mttcg.Machine.Boot;
using Tcg.Mttcg.Machine.Serial;

namespace Tcg.Mttcg.Cli.Commands;

/// <summary><c>mttcg demo</c>: our own SMP kernel, assembled now, drawn as it runs, and what the machine did.</summary>
internal static class DemoCommand
{
    private const int MostCpus = 16;

    public static Command Create()
    {
        var options = new RunOptions(cpus: "4");
        var command = new Command("demo", "Boot a small SMP kernel of ours and show what the machine does. Exit code 0: all its checks passed.");
        foreach (var option in options.WithoutImage) command.Add(option);
        command.SetMachineAction(options.Listing, (parsed, cancel) => RunAsync(options.Read(parsed, kernel: "demo"), cancel));
        return command;
    }

    private static async Task<int> RunAsync(RunSettings settings, CancellationToken cancel)
    {
        if (settings.Cpus > MostCpus) throw new UsageException($"demo -smp {settings.Cpus}: at most {MostCpus}");
        if (settings.Memory < 16UL << 20) throw new UsageException($"demo -m: at least 16M");
        settings = settings with { Devices = new DeviceSettings(new(0xf4, 4), false), CountWork = true };
        using var log = LogFile.Open(settings);
        var live = !Console.IsOutputRedirected && Environment.GetEnvironmentVariable("TERM") is not (null or "" or "dumb");
        IDemoScreen screen = live ? new LiveScreen(Console.Out) : new PlainScreen(Console.Out);
        var report = new DemoReport(settings.Cpus, screen);
        var serial = new SerialLink();

        await using var machine = MachineRun.Create(settings, BootSource.FromBytes("demo", DemoGuest.Build().Bytes), [serial], null, log.Log);
        var reading = ReadAsync(serial, report);
        var clock = Stopwatch.StartNew();
        var result = await MachineRun.ToEnd(machine, cancel);
        clock.Stop();
        serial.CompleteOutput();
        await reading;
        screen.Finish();
        var passed = result is { Reason: ExitReason.DebugExit, Code: 0 } && IsComplete(report, settings.Cpus);
        StatsTable.Write(Console.Out, machine);
        DemoTable.Write(Console.Out, machine, report, clock.Elapsed);
        if (passed) return ExitCode.PoweredOff;
        Console.Error.WriteLine($"mttcg: the demo failed ({result.Reason})\n{result.Diagnosis}");
        return result.Reason == ExitReason.DebugExit ? ExitCode.Internal : ExitCode.Of(result);
    }

    private static bool IsComplete(DemoReport report, int cpus) =>
        report is { Finished: true, Rows: DemoGuest.Rows, Checks.Count: DemoGuest.Checks } && report.Arrived == cpus && report.Checks.All(c => c.Failures == 0);

    private static async Task ReadAsync(SerialLink serial, DemoReport report)
    {
        var line = new StringBuilder();
        await foreach (var value in serial.Output.ReadAllAsync())
        {
            if (value != '\n')
            {
                line.Append((char)value);
                continue;
            }
            report.Line(line.ToString());
            line.Clear();
        }
    }
}

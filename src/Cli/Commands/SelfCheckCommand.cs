using System.CommandLine;
using Tcg.Mttcg.Actors.Life;
using Tcg.Mttcg.Cli.Options;
using Tcg.Mttcg.Cli.Output;
using Tcg.Mttcg.Guests.BareMetal;
using Tcg.Mttcg.Guests.SelfCheck;
using Tcg.Mttcg.Machine.Boards;
using Tcg.Mttcg.Machine.Boot;
using Tcg.Mttcg.Machine.Serial;

namespace Tcg.Mttcg.Cli.Commands;

/// <summary><c>mttcg selfcheck</c>: a guest that compares the processor with the manual, one line a check.</summary>
internal static class SelfCheckCommand
{
    public static Command Create()
    {
        var options = new RunOptions(cpus: "1");
        var write = new Option<string?>("--write") { Description = "Write the guest's multiboot image to a directory instead, for other emulators", HelpName = "DIR" };
        var skip = new Option<string[]>("--skip") { Description = "Leave out checks whose name contains this; may be repeated", HelpName = "TEXT", DefaultValueFactory = _ => [] };
        var command = new Command(
            "selfcheck", "Walk every exception, gate, mode and paging feature of the processor, and compare each with the manual. Exit code 0: all agree.") { write, skip };
        foreach (var option in options.WithoutImage) command.Add(option);
        command.SetMachineAction(options.Listing, (parsed, cancel) =>
        {
            var image = SelfCheckGuest.Build(parsed.GetValue(skip) ?? []);
            return parsed.GetValue(write) is { } directory ? Task.FromResult(Write(image, directory)) : RunAsync(options.Read(parsed, kernel: "selfcheck"), image, cancel);
        });
        return command;
    }

    private static int Write(GuestImage image, string directory)
    {
        try
        {
            Console.WriteLine(image.WriteTo(directory));
            return ExitCode.PoweredOff;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"--write {directory}: {e.Message}");
        }
    }

    private static async Task<int> RunAsync(RunSettings settings, GuestImage image, CancellationToken cancel)
    {
        if (settings.Memory < 16UL << 20) throw new UsageException("selfcheck -m: at least 16M");
        settings = settings with { Devices = new DeviceSettings(new DebugExitOptions(0xf4, 4), false) };
        using var log = LogFile.Open(settings);
        var serial = new SerialLink();
        await using var machine = MachineRun.Create(settings, BootSource.FromBytes(image.Name, image.Bytes), [serial], null, log.Log);
        var printing = PrintAsync(serial);
        var result = await MachineRun.ToEnd(machine, cancel);
        serial.CompleteOutput();
        await printing;
        if (result is { Reason: ExitReason.DebugExit, Code: 0 }) return ExitCode.PoweredOff;
        if (result.Reason == ExitReason.DebugExit)
        {
            Console.Error.WriteLine($"mttcg: selfcheck: {result.Code} failed");
            return ExitCode.Internal;
        }
        Console.Error.WriteLine($"mttcg: selfcheck: {result.Reason}\n{result.Diagnosis}");
        return ExitCode.Of(result);
    }

    private static async Task PrintAsync(SerialLink serial)
    {
        await foreach (var value in serial.Output.ReadAllAsync()) Console.Write((char)value);
    }
}

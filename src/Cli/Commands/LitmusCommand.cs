using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Tcg.Mttcg.Actors.Life;
using Tcg.Mttcg.Cli.Options;
using Tcg.Mttcg.Guests.BareMetal;
using Tcg.Mttcg.Guests.Litmus;
using Tcg.Mttcg.Machine.Boards;
using Tcg.Mttcg.Machine.Boot;

namespace Tcg.Mttcg.Cli.Commands;

/// <summary><c>mttcg litmus</c>: guests that race on purpose, each with its number of forbidden outcomes.</summary>
internal static class LitmusCommand
{
    private static readonly (string Name, string Meaning, Func<uint, GuestImage> Build)[] Tests =
    [
        ("stale-alone", "patched code, alone on its page", rounds => StaleCode.Build(rounds, keep: false)),
        ("stale-keep",  "patched code beside other code",  rounds => StaleCode.Build(rounds, keep: true)),
    ];

    public static Command Create()
    {
        var options = new RunOptions(cpus: "2");
        var name = new Argument<string?>("name") { Description = "One of: " + string.Join(", ", Tests.Select(t => t.Name)), Arity = ArgumentArity.ZeroOrOne };
        var rounds = new Option<int>("--rounds") { Description = "Rounds of each test", HelpName = "R", DefaultValueFactory = _ => 10_000 };
        var write = new Option<string?>("--write") { Description = "Write the guests' multiboot images to a directory instead, for other emulators", HelpName = "DIR" };
        var command = new Command("litmus", "Race vCPUs on purpose and count forbidden outcomes. Exit code 0: there were none.") { name, rounds, write };
        foreach (var option in options.WithoutImage) command.Add(option);
        command.SetAction((parsed, cancel) =>
        {
            var count = parsed.GetValue(rounds);
            if (count < 1) throw new UsageException($"--rounds {count}: at least 1");
            var tests = Choose(parsed.GetValue(name));
            return parsed.GetValue(write) is { } directory
                ? Task.FromResult(Write(tests, count, directory))
                : RunAsync(options.Read(parsed, kernel: "litmus"), tests, count, cancel);
        });
        return command;
    }

    private static (string Name, string Meaning, Func<uint, GuestImage> Build)[] Choose(string? name)
    {
        var tests = Tests.Where(t => name is null || t.Name == name).ToArray();
        return tests.Length > 0 ? tests : throw new UsageException($"litmus {name}: no such test ({string.Join(", ", Tests.Select(t => t.Name))})");
    }

    private static int Write((string Name, string Meaning, Func<uint, GuestImage> Build)[] tests, int rounds, string directory)
    {
        try
        {
            foreach (var test in tests) Console.WriteLine(test.Build((uint)rounds).WriteTo(directory));
            return ExitCode.PoweredOff;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"--write {directory}: {e.Message}");
        }
    }

    private static async Task<int> RunAsync(
        RunSettings settings, (string Name, string Meaning, Func<uint, GuestImage> Build)[] tests, int rounds, CancellationToken cancel)
    {
        Console.WriteLine($"  {"test",-12} {"",-34} {"rounds",10} {"forbidden",9} {"s",7}");
        var worst = ExitCode.PoweredOff;
        foreach (var test in tests)
        {
            var clock = Stopwatch.StartNew();
            var (result, console) = await RunAsync(settings, test.Build((uint)rounds), cancel);
            if (result.Reason != ExitReason.DebugExit)
            {
                Console.Error.WriteLine($"mttcg: {test.Name}: {result.Reason}\n{result.Diagnosis}");
                return ExitCode.Of(result);
            }
            if (result.Code != 0) worst = ExitCode.Internal;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"  {test.Name,-12} {test.Meaning,-34} {rounds,10:n0} {Forbidden(console),9:n0} {clock.Elapsed.TotalSeconds,7:f1}"));
        }
        return worst;
    }

    private static async Task<(MachineResult Result, string Console)> RunAsync(RunSettings settings, GuestImage image, CancellationToken cancel)
    {
        await using var console = new VmConsole();
        settings = settings with { Devices = new DeviceSettings(new DebugExitOptions(0xf4, 4), false) };
        await using var machine = MachineRun.Create(settings, BootSource.FromBytes(image.Name, image.Bytes), [console.Link], null, null);
        var result = await MachineRun.ToEnd(machine, cancel);
        await console.DisposeAsync();
        return (result, console.Text);
    }

    // The guest's last word: "stale " and 16 hexadecimal digits.
    private static long Forbidden(string console) =>
        long.TryParse(console.Trim().Split(' ')[^1], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var count) ? count : -1;
}

using System.CommandLine;
using Tcg.Mttcg.Cli.Litmus;
using Tcg.Mttcg.Cli.Options;
using Tcg.Mttcg.Guests.Litmus;

namespace Tcg.Mttcg.Cli.Commands;

/// <summary><c>mttcg litmus</c>: guests that race on purpose, each with its number of forbidden outcomes.</summary>
internal static class LitmusCommand
{
    public static Command Create()
    {
        var options = new RunOptions(cpus: "2");
        var names = new Argument<string[]>("name")
        {
            Description = "Tests or groups of them (tso, smc, stale, dma): " + string.Join(", ", LitmusTests.All.Select(test => test.Name)),
            Arity = ArgumentArity.ZeroOrMore,
        };
        var rounds = new Option<long>("--rounds") { Description = "Rounds of each test", HelpName = "R", DefaultValueFactory = _ => 10_000 };
        var timeout = new Option<int>("--timeout") { Description = "Seconds after which a test has hung", HelpName = "S", DefaultValueFactory = _ => 600 };
        var write = new Option<string?>("--write") { Description = "Write the guests' multiboot images, and the raw disk image NAME.img of those that need one, to a directory instead, for other emulators", HelpName = "DIR" };
        var command = new Command("litmus", "Race vCPUs on purpose and count forbidden outcomes. Exit code 0: there were none.") { names, rounds, timeout, write };
        foreach (var option in options.WithoutImage) command.Add(option);
        command.SetMachineAction(options.Listing, (parsed, cancel) =>
        {
            var count = parsed.GetValue(rounds);
            if (count < 1) throw new UsageException($"--rounds {count}: at least 1");
            if (parsed.GetValue(timeout) < 1) throw new UsageException($"--timeout {parsed.GetValue(timeout)}: at least 1 second");
            var tests = Choose(parsed.GetValue(names) ?? []);
            return parsed.GetValue(write) is { } directory
                ? Task.FromResult(Write(tests, count, directory))
                : RunAsync(options.Read(parsed, kernel: "litmus"), tests, count, TimeSpan.FromSeconds(parsed.GetValue(timeout)), cancel);
        });
        return command;
    }

    private static LitmusTest[] Choose(string[] names)
    {
        foreach (var name in names)
        {
            if (!LitmusTests.All.Any(test => Matches(test, name)))
                throw new UsageException($"litmus {name}: no such test ({string.Join(", ", LitmusTests.All.Select(test => test.Name))})");
        }
        return [.. LitmusTests.All.Where(test => names.Length == 0 || names.Any(name => Matches(test, name)))];
    }

    private static bool Matches(LitmusTest test, string name) => test.Name == name || test.Name.StartsWith(name + "-", StringComparison.Ordinal);

    private static int Write(LitmusTest[] tests, long rounds, string directory)
    {
        try
        {
            foreach (var test in tests)
            {
                Console.WriteLine(test.For(rounds).WriteTo(directory));
                if (test.Disk is { } content) Console.WriteLine(WriteDisk(Path.Combine(directory, test.Name + ".img"), content()));
            }
            return ExitCode.PoweredOff;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"--write {directory}: {e.Message}");
        }
    }

    private static string WriteDisk(string path, byte[] content)
    {
        File.WriteAllBytes(path, content);
        return path;
    }

    private static async Task<int> RunAsync(RunSettings settings, LitmusTest[] tests, long rounds, TimeSpan timeout, CancellationToken cancel)
    {
        LitmusReport.Header();
        var worst = ExitCode.PoweredOff;
        foreach (var test in tests)
        {
            if (settings.Cpus < test.Cpus)
            {
                LitmusReport.Skipped(test);
                continue;
            }
            var outcome = await LitmusRun.RunAsync(settings, test, rounds, timeout, cancel);
            LitmusReport.Line(test, rounds, outcome);
            if (cancel.IsCancellationRequested) return ExitCode.Interrupted;
            if (!outcome.Passed) worst = ExitCode.Internal;
        }
        return worst;
    }
}

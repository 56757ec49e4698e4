using System.Globalization;
using Tcg.Mttcg.Cli.Options;
using Tcg.Mttcg.Cli.Output;
using Tcg.Mttcg.SelfTest.Fuzz;

namespace Tcg.Mttcg.Cli.Commands;

/// <summary>Runs the fuzzer and says what it found.</summary>
internal static class FuzzReport
{
    private const long DefaultCases = 1_000_000;
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    public static int Run(long? cases, int? seconds, int seed, long from, CancellationToken cancel)
    {
        if (cases < 1 || seconds < 1 || from < 0) throw new UsageException("selftest --fuzz: --cases and --seconds are at least 1, --from at least 0");
        using var mark = new CaseMark(seed);
        var options = new FuzzOptions
        {
            Cases = cases ?? (seconds is null ? DefaultCases : long.MaxValue),
            Time = seconds is { } limit ? TimeSpan.FromSeconds(limit) : TimeSpan.MaxValue,
            Seed = seed,
            From = from,
            Beginning = mark.Write,
            Hung = some =>
            {
                Console.Error.WriteLine($"\nmttcg: the processor does not leave: {some}");
                Environment.Exit(ExitCode.Internal);
            },
        };
        var progress = new ProgressLine(Interval);
        FuzzSummary summary;
        try
        {
            summary = new FuzzRun(options, at => progress.Show(() => Text(at))).Run(cancel);
        }
        catch (OperationCanceledException)
        {
            progress.Clear();
            return ExitCode.Interrupted;
        }
        progress.Clear();
        foreach (var failure in summary.Failures) Console.WriteLine($"{failure}\n");
        Console.WriteLine(string.Join(", ", summary.Ends.Select(end => string.Create(CultureInfo.InvariantCulture, $"{end.Key.ToLowerInvariant()} {end.Value:n0}"))));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{summary.Cases:n0} cases, seed {seed}: {summary.Compared:n0} compared, {summary.Unpredictable:n0} with undefined results, {summary.TimedOut:n0} ended by the clock, {summary.FailureCount} failures"));
        return summary.FailureCount == 0 ? ExitCode.PoweredOff : ExitCode.Internal;
    }

    private static string Text(FuzzProgress at) => string.Create(CultureInfo.InvariantCulture,
        $"{at.Done:n0} cases, {at.Done / Math.Max(1, at.Elapsed.TotalSeconds):n0} a second, {at.Failures} failures");
}

using System.Diagnostics;
using System.Globalization;
using System.Text;
using Iced.Intel;
using Tcg.Mttcg.Cli.Options;
using Tcg.Mttcg.Cli.Output;
using Tcg.Mttcg.SelfTest.Isa;
using Tcg.Mttcg.SelfTest.Oracle;

namespace Tcg.Mttcg.Cli.Commands;

/// <summary>Runs the oracle and says what it found.</summary>
internal static class OracleReport
{
    private const int Width = 100;
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    /// <param name="record">A file for the cases of each mnemonic; null: none.</param>
    public static int Run(OracleOptions options, string? record, CancellationToken cancel)
    {
        var clock = Stopwatch.StartNew();
        var progress = new ProgressLine(Interval);
        OracleSummary summary;
        try
        {
            summary = new OracleRun(options, at => progress.Show(() => Text(at, clock.Elapsed))).Run(cancel);
        }
        catch (OperationCanceledException)
        {
            progress.Clear();
            return ExitCode.Interrupted;
        }
        progress.Clear();
        foreach (var failure in summary.Failures) Console.WriteLine($"{failure.Instruction}, {failure.Mode}-bit code:\n{failure.Difference}\n{failure.Test}\n");
        Console.Write(Table(summary.Ran));
        foreach (var gap in KnownGaps.Stale) Console.WriteLine($"known-gaps.txt lists {gap}, which has a row");
        if (record is not null) Record(record, summary, options);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{summary.Cases:n0} cases, {summary.Ran.Count} mnemonics, {options.Modes.Count} modes, seed {options.Seed}, {clock.Elapsed.TotalSeconds:f0} s: {summary.Mismatches} mismatches"));
        return summary.Mismatches == 0 && !KnownGaps.Stale.Any() ? ExitCode.PoweredOff : ExitCode.Internal;
    }

    private static string Text(OracleProgress at, TimeSpan elapsed) => string.Create(CultureInfo.InvariantCulture,
        $"{at.Mode}-bit: {at.Done:n0} of {at.Cases:n0} cases, {at.Done / Math.Max(1, elapsed.TotalSeconds):n0} a second, {at.Mismatches} mismatches");

    private static string Table(IReadOnlyDictionary<Mnemonic, long> ran)
    {
        var cells = ran.OrderBy(row => row.Key.ToString(), StringComparer.Ordinal)
            .Select(row => string.Create(CultureInfo.InvariantCulture, $"{row.Key.ToString().ToLowerInvariant()} {row.Value}")).ToArray();
        if (cells.Length == 0) return "";
        var column = cells.Max(cell => cell.Length) + 2;
        var text = new StringBuilder();
        foreach (var line in cells.Chunk(Math.Max(1, Width / column))) text.AppendLine(string.Concat(line.Select(cell => cell.PadRight(column))).TrimEnd());
        return text.ToString();
    }

    private static void Record(string file, OracleSummary summary, OracleOptions options)
    {
        var how = string.Create(CultureInfo.InvariantCulture, $"--cases {options.Cases} --seed {options.Seed}");
        try
        {
            File.WriteAllText(file, OracleCases.Format(summary.Ran, how));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"--record {file}: {e.Message}");
        }
    }
}

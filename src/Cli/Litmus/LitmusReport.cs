using System.Globalization;
using Tcg.Mttcg.Guests.Litmus;

namespace Tcg.Mttcg.Cli.Litmus;

/// <summary>The table that <c>mttcg litmus</c> prints.</summary>
internal static class LitmusReport
{
    private static readonly int Names = LitmusTests.All.Max(test => test.Name.Length), Meanings = Math.Min(44, LitmusTests.All.Max(test => test.Meaning.Length));

    public static void Header() =>
        Console.WriteLine($"  {"test".PadRight(Names)}  {"".PadRight(Meanings)} {"rounds",11} {"forbidden",9} {"relaxed",9} {"s",7}");

    public static void Skipped(LitmusTest test) => Console.WriteLine($"  {test.Name.PadRight(Names)}  {Meaning(test)} not run: it needs {test.Cpus} CPUs (-smp {test.Cpus})");

    public static void Line(LitmusTest test, long rounds, LitmusOutcome outcome)
    {
        var counts = outcome.Forbidden < 0 ? $"{"-",9} {"-",9}" : string.Create(CultureInfo.InvariantCulture, $"{outcome.Forbidden,9:n0} {Relaxed(test, outcome),9}");
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"  {test.Name.PadRight(Names)}  {Meaning(test)} {rounds,11:n0} {counts} {outcome.Time.TotalSeconds,7:f1}{(outcome.Passed ? "" : "  FAILED")}"));
        if (outcome.Trouble.Length > 0) Console.Error.WriteLine($"mttcg: {test.Name}: {outcome.Trouble}");
        else if (!outcome.Passed && outcome.Forbidden == 0) Console.Error.WriteLine($"mttcg: {test.Name}: the relaxed outcome was never seen; more rounds may show it");
    }

    private static string Relaxed(LitmusTest test, LitmusOutcome outcome) => test.MustRelax ? outcome.Relaxed.ToString("n0", CultureInfo.InvariantCulture) : "";

    private static string Meaning(LitmusTest test) => (test.Meaning.Length > Meanings ? test.Meaning[..(Meanings - 1)] + "…" : test.Meaning).PadRight(Meanings);
}

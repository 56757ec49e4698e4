using Iced.Intel;
using Tcg.Mttcg.SelfTest.Oracle;
using Xunit.Abstractions;

namespace Tcg.Mttcg.Translator.Tests.Oracle;

/// <summary>
/// The host processor against the translator, as <c>mttcg selftest --oracle</c> runs it. <c>MTTCG_ORACLE_CASES</c> sets the cases,
/// <c>MTTCG_ORACLE_SEED</c> the seed, <c>MTTCG_ORACLE_ONLY</c> one mnemonic.
/// </summary>
[Collection(HostPages.Collection)]
public class OracleTests(ITestOutputHelper output)
{
    private const int Fewest = 200_000;

    private static readonly int Cases = Setting("MTTCG_ORACLE_CASES", 260_000);
    private static readonly int Seed = Setting("MTTCG_ORACLE_SEED", 1);

    public static TheoryData<int, bool> Modes => new() { { 64, false }, { 64, true }, { 32, false }, { 32, true } };

    [Fact]
    public void Both_back_ends_agree_with_the_host()
    {
        if (!OracleRun.IsSupported) return;
        Mnemonic? only = Enum.TryParse<Mnemonic>(Environment.GetEnvironmentVariable("MTTCG_ORACLE_ONLY"), ignoreCase: true, out var name) ? name : null;
        var summary = new OracleRun(new() { Cases = Cases, Seed = Seed, Only = only }).Run();
        output.WriteLine($"{summary.Cases} cases, {summary.Ran.Count} mnemonics, {summary.Mismatches} mismatches");
        Assert.True(summary.Mismatches == 0, string.Join("\n\n", summary.Failures.Select(failure => $"{failure.Instruction}, {failure.Mode}-bit code:\n{failure.Difference}\n{failure.Test}")));
        Assert.True(only is not null || summary.Cases >= Math.Min(Fewest, Cases), $"only {summary.Cases} cases ran");
    }

    internal static int Setting(string name, int otherwise) => int.TryParse(Environment.GetEnvironmentVariable(name), out var value) ? value : otherwise;
}

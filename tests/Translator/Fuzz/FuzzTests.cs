using Tcg.Mttcg.SelfTest.Fuzz;
using Tcg.Mttcg.SelfTest.Oracle;
using Tcg.Mttcg.Translator.Tests.Oracle;
using Xunit.Abstractions;

namespace Tcg.Mttcg.Translator.Tests.Fuzz;

/// <summary>Random code in both back ends, for some seconds; a minute in CI. <c>MTTCG_FUZZ_SECONDS</c> and <c>MTTCG_FUZZ_SEED</c> say otherwise.</summary>
public class FuzzTests(ITestOutputHelper output)
{
    private static readonly int Seconds = OracleTests.Setting("MTTCG_FUZZ_SECONDS", Environment.GetEnvironmentVariable("CI") is null ? 8 : 60);
    private static readonly int Seed = OracleTests.Setting("MTTCG_FUZZ_SEED", 1);

    [Fact]
    public void Random_code_neither_escapes_nor_hangs_and_both_back_ends_agree()
    {
        if (!NativeRunner.IsSupported) return;
        var options = new FuzzOptions { Time = TimeSpan.FromSeconds(Seconds), Seed = Seed, Hung = some => Environment.FailFast($"the processor does not leave: {some}") };
        var summary = new FuzzRun(options).Run();
        output.WriteLine($"{summary.Cases} cases, {summary.Compared} compared");
        Assert.True(summary.FailureCount == 0, string.Join('\n', summary.Failures));
        Assert.True(summary.Compared > summary.Cases / 2, $"only {summary.Compared} of {summary.Cases} compared");
    }

    [Fact]
    public void The_same_number_is_the_same_case()
    {
        var one = new FuzzSource(3).Draw(17);
        var other = new FuzzSource(3).Draw(17);
        Assert.Equal(one.ToString(), other.ToString());
        Assert.Equal(one.Registers, other.Registers);
        Assert.NotEqual(one.ToString(), new FuzzSource(4).Draw(17).ToString());
    }
}

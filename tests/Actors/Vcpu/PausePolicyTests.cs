using Tcg.Mttcg.Actors.Vcpu;

namespace Tcg.Mttcg.Actors.Tests.Vcpu;

public class PausePolicyTests
{
    private static readonly VcpuOptions Options = new(PauseYieldAfter: 2, PauseYieldAfterWithCores: 5, PauseSleepAfter: 8, PauseSleepMicroseconds: 50);

    private static (int Yields, int Sleeps) After(int pauses, bool oversubscribed, bool computes = false)
    {
        var policy = new PausePolicy(Options, oversubscribed);
        for (var i = 1; i <= pauses; i++) policy.Paused(computes ? (ulong)i : 1);
        return ((int)policy.Yields, (int)policy.Sleeps);
    }

    [Theory]
    [InlineData(2, 0, 0)]
    [InlineData(9, 7, 0)]
    [InlineData(12, 7, 3)]
    public void A_vcpu_that_only_waits_gives_its_core_away_and_then_sleeps(int pauses, int yields, int sleeps) =>
        Assert.Equal((yields, sleeps), After(pauses, oversubscribed: true));

    [Fact]
    public void A_loop_that_computes_between_its_pauses_never_sleeps_and_seldom_yields() => Assert.Equal((3, 0), After(100, oversubscribed: true, computes: true));

    [Fact]
    public void With_a_core_for_each_a_wait_never_sleeps() => Assert.Equal((15, 0), After(20, oversubscribed: false));

    [Fact]
    public void Whatever_else_the_vcpu_does_starts_the_count_anew()
    {
        var policy = new PausePolicy(Options, oversubscribed: true);
        policy.Paused(1);
        policy.Paused(1);
        policy.Restart();
        policy.Paused(1);
        Assert.Equal(0, policy.Yields);
    }
}

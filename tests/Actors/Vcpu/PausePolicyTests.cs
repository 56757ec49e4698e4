using Tcg.Mttcg.Actors.Mailboxes;
using Tcg.Mttcg.Actors.Vcpu;

namespace Tcg.Mttcg.Actors.Tests.Vcpu;

public class PausePolicyTests
{
    private static readonly VcpuOptions Options = new(PauseYieldAfter: 2, PauseYieldAfterWithCores: 5, PauseSleepAfter: 8, PauseSleep: TimeSpan.FromMilliseconds(1));

    private static PausePolicy After(int pauses, bool oversubscribed)
    {
        var policy = new PausePolicy(Options, new Parker(), oversubscribed);
        for (var i = 0; i < pauses; i++) policy.Paused();
        return policy;
    }

    [Theory]
    [InlineData(2, 0, 0)]
    [InlineData(8, 6, 0)]
    [InlineData(10, 6, 2)]
    public void A_long_wait_gives_the_core_away_and_then_sleeps(int pauses, int yields, int sleeps)
    {
        var policy = After(pauses, oversubscribed: true);
        Assert.Equal((yields, sleeps), ((int)policy.Yields, (int)policy.Sleeps));
    }

    [Fact]
    public void With_a_core_for_each_a_wait_never_sleeps()
    {
        var policy = After(20, oversubscribed: false);
        Assert.Equal((15, 0), ((int)policy.Yields, (int)policy.Sleeps));
    }

    [Fact]
    public void Whatever_else_the_vcpu_does_starts_the_count_anew()
    {
        var policy = After(2, oversubscribed: true);
        policy.Restart();
        policy.Paused();
        Assert.Equal(0, policy.Yields);
    }
}

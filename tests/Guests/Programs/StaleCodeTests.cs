using Tcg.Mttcg.Actors.Life;
using Tcg.Mttcg.Guests.Litmus;
using Tcg.Mttcg.Guests.Tests.Support;

namespace Tcg.Mttcg.Guests.Tests.Programs;

public class StaleCodeTests
{
    [Theory]
    [InlineData(2, false, 4000)]
    [InlineData(2, true, 4000)]
    [InlineData(4, false, 1000)]
    [InlineData(4, true, 1000)]
    public async Task Code_that_another_cpu_rewrote_is_never_run_stale(int cpus, bool keep, int rounds)
    {
        await using var vm = Vm.Start(Boot.Options(StaleCode.Build((uint)rounds, keep), cpus));
        var result = await vm.ToEnd();

        Assert.Equal("stale 0000000000000000\n", vm.Console.Text);
        Assert.Equal((ExitReason.DebugExit, 0u), (result.Reason, result.Code));
        // Every round but the first killed the translation that the one before had made.
        Assert.InRange(vm.Machine.Counters.Memory.BlocksKilled, rounds - 1, long.MaxValue);
    }
}

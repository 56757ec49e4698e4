using Tcg.Mttcg.Actors.Hosting;
using Tcg.Mttcg.Actors.Life;
using Tcg.Mttcg.Guests.Tests.Support;
using Tcg.Mttcg.Guests.Workloads;

namespace Tcg.Mttcg.Guests.Tests.Programs;

/// <summary>Data beside code: what is translated again is what changed, and no more.</summary>
public class BesideCodeTests
{
    // Start-up is the same in both runs but for a kick that comes at another moment.
    private const int Slack = 4;

    [Theory]
    [InlineData(0, BackEndKind.Jit)]
    [InlineData(1000, BackEndKind.Jit)]
    [InlineData(3, BackEndKind.Jit)]
    [InlineData(0, BackEndKind.Interpreter)]
    [InlineData(1000, BackEndKind.Interpreter)]
    [InlineData(3, BackEndKind.Interpreter)]
    public async Task A_change_of_code_costs_one_translation_and_a_store_beside_it_none(int changeEvery, BackEndKind backEnd)
    {
        const long few = 3_000, many = 30_000;
        var (before, after) = (await Run(few, changeEvery, backEnd), await Run(many, changeEvery, backEnd));
        var changes = BesideCode.Changes(many, changeEvery) - BesideCode.Changes(few, changeEvery);
        // What runs uncached, as it changes too often, is not a translation that was made again.
        Assert.InRange(after.Translations - before.Translations, 0, changes + Slack);
        Assert.InRange(after.Made - before.Made, changes - Slack, long.MaxValue);
        // The stores beside it do not even ask, but for one while the page holds no code and one that gives it its bitmap back.
        Assert.InRange(after.CodeWrites - before.CodeWrites, 0, 3 * changes + Slack);
    }

    private static async Task<(long Translations, long Made, long CodeWrites)> Run(long rounds, int changeEvery, BackEndKind backEnd)
    {
        await using var vm = Vm.Start(Boot.Options(BesideCode.Build(rounds, changeEvery)) with { BackEnd = backEnd });
        var result = await vm.ToEnd();
        Assert.Equal((ExitReason.DebugExit, 0u), (result.Reason, result.Code));
        var executor = vm.Machine.Counters.Vcpus[0].Executor;
        return (executor.Translations - executor.RestlessRuns, executor.Translations, vm.Machine.Counters.Memory.CodeWrites);
    }
}

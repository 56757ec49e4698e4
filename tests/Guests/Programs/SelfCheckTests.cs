using Tcg.Mttcg.Actors.Hosting;
using Tcg.Mttcg.Actors.Life;
using Tcg.Mttcg.Guests.SelfCheck;
using Tcg.Mttcg.Guests.Tests.Support;

namespace Tcg.Mttcg.Guests.Tests.Programs;

public class SelfCheckTests
{
    [Theory]
    [InlineData(BackEndKind.Jit, 1)]
    [InlineData(BackEndKind.Jit, 2)]
    [InlineData(BackEndKind.Interpreter, 1)]
    [InlineData(BackEndKind.Interpreter, 2)]
    public async Task The_processor_agrees_with_the_manual(BackEndKind backEnd, int cpus)
    {
        await using var vm = Vm.Start(Boot.Options(SelfCheckGuest.Build(), cpus) with { BackEnd = backEnd });
        var result = await vm.ToEnd();
        var lines = vm.Console.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries);

        Assert.Equal(ExitReason.DebugExit, result.Reason);
        Assert.Equal(SelfCheckGuest.Checks.Count * cpus, lines.Length);
        Assert.DoesNotContain(lines, line => line.Contains("FAIL", StringComparison.Ordinal));
        Assert.All(lines.Index(), line => Assert.StartsWith($"cpu {line.Index / SelfCheckGuest.Checks.Count}  ", line.Item));
        Assert.Equal(0u, result.Code);
    }

    [Fact]
    public void Every_check_has_a_name_of_its_own_and_a_source() =>
        Assert.All(SelfCheckGuest.Checks.GroupBy(check => check.Name), group => Assert.True(group.Count() == 1 && group.Single().Source.Length > 0, group.Key));
}

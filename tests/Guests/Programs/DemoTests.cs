using Tcg.Mttcg.Actors.Hosting;
using Tcg.Mttcg.Actors.Life;
using Tcg.Mttcg.Guests.Demo;
using Tcg.Mttcg.Guests.Tests.Support;

namespace Tcg.Mttcg.Guests.Tests.Programs;

public class DemoTests
{
    [Theory]
    [InlineData(1, BackEndKind.Jit)]
    [InlineData(2, BackEndKind.Jit)]
    [InlineData(4, BackEndKind.Jit)]
    [InlineData(16, BackEndKind.Jit)]
    [InlineData(1, BackEndKind.Interpreter)]
    [InlineData(4, BackEndKind.Interpreter)]
    public async Task All_cpus_arrive_the_picture_is_whole_and_every_check_passes(int cpus, BackEndKind backEnd)
    {
        await using var vm = Vm.Start(Boot.Options(DemoGuest.Build(), cpus) with { BackEnd = backEnd });
        var result = await vm.ToEnd();

        Assert.Equal((ExitReason.DebugExit, 0u), (result.Reason, result.Code));
        var lines = vm.Console.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(cpus, lines.Where(IsOf("hello")).Distinct().Count());
        Assert.Equal(DemoGuest.Rows, lines.Where(IsOf("row")).Select(line => line.Split(' ')[2]).Distinct().Count());
        var checks = lines.Where(IsOf("check")).ToArray();
        Assert.Equal(DemoGuest.Checks, checks.Length);
        Assert.All(checks, line => Assert.EndsWith(" 0000000000000000", line));
        Assert.Equal("done 0000000000000000", lines[^1]);
    }

    [Fact]
    public async Task The_picture_is_the_same_on_both_engines()
    {
        var pictures = new List<string[]>();
        foreach (var backEnd in (BackEndKind[])[BackEndKind.Jit, BackEndKind.Interpreter])
        {
            await using var vm = Vm.Start(Boot.Options(DemoGuest.Build(), cpus: 2) with { BackEnd = backEnd });
            await vm.ToEnd();
            pictures.Add([.. vm.Console.Text.Split('\n').Where(IsOf("row")).Select(line => line.Split(' ', 3)[2]).Order(StringComparer.Ordinal)]);
        }
        Assert.Equal(pictures[0], pictures[1]);
    }

    private static Func<string, bool> IsOf(string kind) => line => line.StartsWith(kind + " ", StringComparison.Ordinal);
}

using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Tests.SystemState;

public unsafe class MonitorTests
{
    private const ulong Line = 0x20040;

    [Fact]
    public void A_wait_for_an_unchanged_line_rests_and_one_for_a_changed_line_does_not()
    {
        using var bench = SystemBench.Long();
        bench.Call(HelperId.Monitor, Line + 5);
        Assert.Equal(0UL, bench.Call(HelperId.Mwait));
        bench.Call(HelperId.Monitor, Line + 5);
        bench.Write(Line + 63, 1, 1);
        Assert.Equal(1UL, bench.Call(HelperId.Mwait));
        bench.Call(HelperId.Monitor, Line + 5);
        bench.Write(Line + 64, 1, 1);
        Assert.Equal(0UL, bench.Call(HelperId.Mwait));
    }

    [Fact]
    public void A_wait_without_a_monitored_line_does_not_rest()
    {
        using var bench = SystemBench.Long();
        Assert.Equal(1UL, bench.Call(HelperId.Mwait));
        bench.Call(HelperId.Monitor, Line);
        bench.Call(HelperId.Mwait);
        Assert.Equal(1UL, bench.Call(HelperId.Mwait));
        bench.Call(HelperId.Monitor, Line);
        bench.Cpu.Reset(init: true);
        Assert.Equal(1UL, bench.Call(HelperId.Mwait));
    }

    [Fact]
    public void Monitoring_is_a_load()
    {
        using var bench = SystemBench.Long();
        bench.Call(HelperId.Monitor, 0x100000);
        bench.AssertRaised(ExceptionVector.PageFault, 0);
    }

    [Theory]
    [InlineData(HelperId.Monitor)]
    [InlineData(HelperId.Mwait)]
    public void Extensions_that_are_not_announced_are_refused(HelperId helper)
    {
        using var bench = SystemBench.Long();
        bench.State->Gpr[1] = 1;
        bench.Call(helper, Line);
        bench.AssertRaised(ExceptionVector.GeneralProtection, 0);
    }
}

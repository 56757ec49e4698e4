using Tcg.Mttcg.SelfTest.Oracle;

namespace Tcg.Mttcg.Translator.Tests.Oracle;

/// <summary>What <c>mttcg selftest --oracle</c> once printed: paste it here.</summary>
[Collection(HostPages.Collection)]
public class RegressionTests
{
    // adc ax,r12w: found with seed 1.
    [Fact]
    public void Adc_rm16_r16_agrees_with_the_host_in_long_mode() =>
        Agrees(OracleMode.Long, "664411e0",
            "rsp=2003fe20");

    // Everything that a state can name.
    [Fact]
    public void A_state_is_read_as_it_is_written()
    {
        const string State = "rax=80 rsp=2003fe20 flags=a03 mxcsr=9fa0 fcw=27f fsw=3800 inuse=81 ymm1=1 ymm15=8000000000000000000000000000000000000000000000000000000000000002 st0=3fff8000000000000000 data+400=00112233445566778899aabbccddeeff stack+0=01000000000000000000000000000000";
        var memory = new byte[OracleCase.MemoryBytes];
        var registers = StateText.Parse(State, memory);
        Assert.Equal(State, StateText.Format(registers, memory));
    }

    private static void Agrees(OracleMode mode, string code, string state)
    {
        if (!OracleRun.IsSupported || !OracleMode.Available.Contains(mode)) return;
        using var bench = new OracleBench(mode, OracleBackEnds.Both);
        var some = OracleCase.Parse(mode, code, state);
        Assert.Null(bench.SetForm(some.Form, some.Optimise));
        Assert.Null(some.Run(bench));
    }
}

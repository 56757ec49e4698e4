namespace Tcg.Mttcg.Actors.Tests.Coherence;

public class DirtyInterleavingTests
{
    private static string? Search(DirtyFault fault, int worlds)
    {
        for (var seed = 0; seed < worlds; seed++)
        {
            if (new DirtyWorld(seed, cpus: 1 + seed % 3, fault).Run(steps: 50 + seed % 200) is { } wrong) return $"seed {seed}: {wrong}";
        }
        return null;
    }

    [Fact]
    public void No_interleaving_loses_a_store() => Assert.Null(Search(DirtyFault.None, worlds: 5_000));

    [Theory]
    [InlineData(DirtyFault.NoWait)]
    [InlineData(DirtyFault.FlushFirst)]
    [InlineData(DirtyFault.BitBeforeStore)]
    [InlineData(DirtyFault.NoRevocation)]
    public void The_model_notices(DirtyFault fault) => Assert.Contains("copied", Search(fault, worlds: 20_000));
}

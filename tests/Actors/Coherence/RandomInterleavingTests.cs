using Tcg.Mttcg.Actors.Coherence;

namespace Tcg.Mttcg.Actors.Tests.Coherence;

public class RandomInterleavingTests
{
    private const int Worlds = 2_000;
    private const int Steps = 300;

    private static string? Search(Mutations mutations, int worlds, int steps)
    {
        for (var seed = 0; seed < worlds; seed++)
        {
            var options = new CoherenceOptions(BitmapAfterWrites: seed % 3, UnprotectAfterWrites: 1 + seed % 2, WriterLooks: 1 + seed % 4, CheckAfterKills: seed % 4);
            var world = new World(seed, cpus: 2 + seed % 3, options, mutations);
            world.Run(steps);
            if (world.Violation is { } violation) return $"seed {seed}: {violation}";
            if (!world.Settle()) return $"seed {seed}: somebody waits for ever; {world.Owner.PendingWaits} waits pending";
        }
        return null;
    }

    [Fact]
    public void No_interleaving_leaves_a_live_block_over_changed_bytes() => Assert.Null(Search(Mutations.None, Worlds, Steps));

    [Theory]
    [InlineData(Mutations.ReadBeforeProtect)]
    [InlineData(Mutations.NoVersionCheck)]
    [InlineData(Mutations.NoWritersCheck)]
    [InlineData(Mutations.BitmapNotOred)]
    [InlineData(Mutations.NoAcks)]
    [InlineData(Mutations.HasCodeLate)]
    [InlineData(Mutations.NoByteCheck)]
    [InlineData(Mutations.CheckedIsUnguarded)]
    public void The_model_notices(Mutations mutation)
    {
        var found = Search(mutation, worlds: 20_000, Steps);
        Assert.Contains("TB at", found);
    }
}

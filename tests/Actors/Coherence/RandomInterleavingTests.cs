using Tcg.Mttcg.Actors.Coherence;
using Xunit.Abstractions;

namespace Tcg.Mttcg.Actors.Tests.Coherence;

/// <summary>
/// The owner of coherence as a pure state machine under many interleavings. One world is one interleaving: a sequence of draws of who takes the
/// next step, drawn anew after each step and between any two accesses of the owner; no two worlds may draw the same. A normal run takes some
/// thousand; a million take minutes:
/// <code>MTTCG_INTERLEAVINGS=1000000 dotnet test tests/Actors -c Release --filter No_interleaving --logger "console;verbosity=detailed"</code>
/// </summary>
public class RandomInterleavingTests(ITestOutputHelper output)
{
    private const int Steps = 300;
    private static readonly int Worlds = int.Parse(Environment.GetEnvironmentVariable("MTTCG_INTERLEAVINGS") ?? "4000");

    private sealed record Search(string? Found, long Decisions, int Distinct)
    {
        /// <summary>Until something is found: then that of the lowest seed among those tried.</summary>
        public static Search In(int worlds, Mutations mutations)
        {
            var found = new SortedDictionary<int, string>();
            var signatures = new HashSet<ulong>();
            var decisions = 0L;
            Parallel.For(0, worlds, (seed, loop) =>
            {
                var (violation, world) = Try(seed, mutations);
                lock (found)
                {
                    decisions += world.Decisions;
                    signatures.Add(world.Signature);
                    if (violation is null) return;
                    found.Add(seed, violation);
                    loop.Break();
                }
            });
            return new Search(found.Values.FirstOrDefault(), decisions, signatures.Count);
        }

        private static (string? Violation, World World) Try(int seed, Mutations mutations)
        {
            var options = new CoherenceOptions(BitmapAfterWrites: seed % 3, UnprotectAfterWrites: 1 + seed % 2, WriterLooks: 1 + seed % 4, CheckAfterKills: seed % 4);
            var world = new World(seed, cpus: 2 + seed % 3, options, mutations);
            world.Run(Steps);
            if (world.Violation is { } violation) return ($"seed {seed}: {violation}", world);
            return (world.Settle() ? null : $"seed {seed}: somebody waits for ever; {world.Owner.PendingWaits} waits pending", world);
        }
    }

    [Fact]
    public void No_interleaving_leaves_a_live_block_over_changed_bytes()
    {
        var search = Search.In(Worlds, Mutations.None);
        output.WriteLine($"{search.Distinct} interleavings, {search.Decisions} scheduling decisions");
        Assert.Null(search.Found);
        Assert.Equal(Worlds, search.Distinct);
    }

    [Theory]
    [InlineData(Mutations.ReadBeforeProtect)]
    [InlineData(Mutations.NoVersionCheck)]
    [InlineData(Mutations.NoWritersCheck)]
    [InlineData(Mutations.BitmapNotOred)]
    [InlineData(Mutations.NoAcks)]
    [InlineData(Mutations.HasCodeLate)]
    [InlineData(Mutations.NoByteCheck)]
    [InlineData(Mutations.CheckedIsUnguarded)]
    public void The_model_notices(Mutations mutation) => Assert.Contains("TB at", Search.In(20_000, mutation).Found);
}

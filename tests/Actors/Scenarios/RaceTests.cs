using Tcg.Mttcg.Actors.Protocol;
using Tcg.Mttcg.Actors.Tests.Coherence;
using Tcg.Mttcg.Translator.Cache;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Actors.Tests.Scenarios;

/// <summary>All vCPUs ask for the same, or for what another holds, at the same moment.</summary>
public class RaceTests : ScriptedMachine
{
    private const int Rounds = 50;

    // Every vCPU plays each round; they meet before it, looking at their exit requests as guest code does.
    private void Play(Action<int, int> round)
    {
        var arrived = new int[Rounds];
        using var over = new CountdownEvent(Cpus);
        for (var cpu = 0; cpu < Cpus; cpu++)
        {
            var (me, at) = (cpu, 0);
            var hasArrived = false;
            Vcpus[me].Engine.Then(Meet);

            SliceEnd Meet()
            {
                Vcpus[me].Engine.Then(at < Rounds ? Meet : Vcpus[me].Engine.Spin);
                if (at == Rounds)
                {
                    over.Signal();
                    return SliceEnd.Kicked;
                }
                if (!hasArrived) Interlocked.Increment(ref arrived[at]);
                hasArrived = true;
                while (Volatile.Read(ref arrived[at]) < Cpus)
                {
                    if (Vcpus[me].Door.ExitRequested) return SliceEnd.Kicked;
                    Thread.Yield();
                }
                round(me, at++);
                hasArrived = false;
                return SliceEnd.Kicked;
            }
        }
        Start();
        Assert.True(over.Wait(Wait), "somebody waits for ever");
    }

    [Fact]
    public void All_translate_one_place_and_one_block_remains()
    {
        var outcomes = new (LinkOutcome Outcome, TranslationBlock Block)[Rounds, Cpus];
        Play((cpu, round) =>
        {
            var coherence = Vcpus[cpu].Coherence;
            coherence.Protect(Page);
            var mine = Blocks.New(Page, round * 16, 8, id: cpu);
            var outcome = coherence.Link(mine, Versions(Page), out var existing);
            outcomes[round, cpu] = (outcome, existing ?? mine);
        });
        for (var round = 0; round < Rounds; round++)
        {
            var all = Enumerable.Range(0, Cpus).Select(cpu => outcomes[round, cpu]).ToArray();
            Assert.Single(all, one => one.Outcome == LinkOutcome.Linked);
            Assert.Equal(Cpus - 1, all.Count(one => one.Outcome == LinkOutcome.Existing));
            Assert.Single(all.Select(one => one.Block).Distinct());
        }
        Assert.Equal((Rounds, Rounds * (Cpus - 1)), (MemoryCounters.Linked, MemoryCounters.Existing));
        Assert.Equal(1, MemoryCounters.Broadcasts);
    }

    [Fact]
    public void Each_protects_a_page_while_the_others_do_and_nobody_waits_for_ever()
    {
        Play((cpu, round) =>
        {
            var page = (cpu + round) % 2 == 0 ? Page : Other;
            Vcpus[cpu].Coherence.Protect(page);
            Vcpus[cpu].Coherence.CodeWrite(page.Start, 1);
        });
        // One broadcast for each time that a page became code.
        Assert.Equal(MemoryCounters.Broadcasts, MemoryCounters.Unprotects + new[] { Page, Other }.Count(page => Pages[page].HasCode));
        Assert.True(MemoryCounters.Broadcasts >= Rounds, $"{MemoryCounters.Broadcasts} broadcasts");
    }

    [Fact]
    public void All_run_out_of_their_region_at_once_and_each_gets_one_of_its_own()
    {
        var held = new CodeRegion?[Cpus];
        Play((cpu, round) =>
        {
            var full = Interlocked.Exchange(ref held[cpu], null);
            var got = Vcpus[cpu].Coherence.NextRegion(full);
            held[cpu] = got;
            Assert.DoesNotContain(held.Where((_, other) => other != cpu), other => other == got);
        });
        Assert.Equal(Rounds * Cpus, RegionCounters.Asked);
        // Four regions, one for each vCPU and one more: nearly every ask had one retire.
        Assert.InRange(RegionCounters.Retirements, Rounds * Cpus - Regions, Rounds * Cpus);
    }
}

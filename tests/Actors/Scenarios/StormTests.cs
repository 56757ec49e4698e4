using Akka.Actor;
using Tcg.Mttcg.Actors.Counters;
using Tcg.Mttcg.Actors.Life;
using Tcg.Mttcg.Actors.Protocol;
using Tcg.Mttcg.Actors.Vcpu;
using Tcg.Mttcg.Translator.Cache;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Actors.Tests.Scenarios;

/// <summary>Everything at once: vCPUs that run, halt and ask all the time, while others kick, flush, reset and stop them.</summary>
public class StormTests : ScriptedMachine
{
    // One round of a busy guest: turns a page into code and back into data, or fills a region, or halts, or runs until kicked.
    private void KeepBusy(int cpu)
    {
        var random = new Random(cpu);
        CodeRegion? region = null;
        var (engine, coherence) = (Vcpus[cpu].Engine, Vcpus[cpu].Coherence);
        engine.Then(Round);

        SliceEnd Round()
        {
            engine.Then(Round);
            switch (random.Next(8))
            {
                case 0: return SliceEnd.Halted;
                case 1: return SliceEnd.Paused;
                case 2:
                    region = coherence.NextRegion(region);
                    return SliceEnd.Kicked;
                default:
                    var page = random.Next(2) == 0 ? Page : Other;
                    coherence.Protect(page);
                    coherence.CodeWrite(page.Start, 4);
                    return SliceEnd.Kicked;
            }
        }
    }

    private void StartBusy()
    {
        for (var cpu = 0; cpu < Cpus; cpu++) KeepBusy(cpu);
        Start();
    }

    private long Asks() => Vcpus.Sum(rig => rig.Asks[AskKind.Protect].Count);

    // Whoever halts is kicked on, as timers would.
    private void AwaitWork(Func<bool> done) => AwaitCondition(
        () =>
        {
            foreach (var rig in Vcpus) rig.Door.Kick();
            return done();
        },
        Wait, TimeSpan.FromMilliseconds(1));

    private void AwaitAsks()
    {
        var before = Asks();
        AwaitWork(() => Asks() > before + 100);
    }

    private int Told(int cpu, string what) => Vcpus[cpu].Engine.Done.Count(told => told.StartsWith(what, StringComparison.Ordinal));

    [Fact]
    public void No_request_is_lost_or_served_twice_under_kicks_from_many_threads()
    {
        const int Kickers = 4, Flushes = 200;
        StartBusy();
        var kickers = Enumerable.Range(0, Kickers).Select(kicker => Task.Factory.StartNew(
            () =>
            {
                var random = new Random(100 + kicker);
                for (var i = 0; i < Flushes; i++)
                {
                    for (var kicks = random.Next(8); kicks > 0; kicks--) Vcpus[random.Next(Cpus)].Door.Kick();
                    Assert.True(MemoryOwner.Ask<FlushTlbsReply>(new FlushTlbs(TlbFlush.All)).Wait(Wait), "a flush was never answered");
                }
            },
            TaskCreationOptions.LongRunning)).ToArray();
        AwaitWork(() => Task.WhenAll(kickers).IsCompleted);
        Task.WaitAll(kickers);
        AwaitAsks();
        Assert.True(Machine.Ask<PauseMachineReply>(new PauseMachine()).Wait(Wait));
        for (var cpu = 0; cpu < Cpus; cpu++)
        {
            Assert.Equal(Kickers * Flushes, Told(cpu, "flush"));
            Assert.Equal(MemoryCounters.Broadcasts, Told(cpu, "revoke"));
            Assert.Equal(RegionCounters.Retirements, Told(cpu, "forget"));
        }
        Assert.True(MemoryCounters.Broadcasts > 0 && RegionCounters.Retirements > 0);
        Assert.Equal(MemoryCounters.Flushes + MemoryCounters.Broadcasts, MemoryCounters.GracePeriods);
    }

    [Fact]
    public void Resets_and_a_stop_come_through_while_all_vcpus_ask()
    {
        StartBusy();
        for (var life = 1; life <= 5; life++)
        {
            AwaitAsks();
            Machine.Tell(new Reset());
            AwaitWork(() => Enumerable.Range(0, Cpus).All(cpu => Told(cpu, "reset") == life));
            Assert.Equal(life, Hardware.Count);
        }
        AwaitAsks();
        Machine.Tell(new StopMachine());
        var result = AwaitEnd();
        Assert.Equal((ExitReason.Stopped, true), (result.Reason, result.IsClean));
        Assert.All(Vcpus, rig => Assert.False(rig.Door.IsAborted));
    }

    [Fact]
    public void Safe_work_of_many_askers_runs_one_at_a_time_while_all_vcpus_ask()
    {
        const int Askers = 8, Each = 10;
        StartBusy();
        int inside = 0, done = 0;
        var askers = Enumerable.Range(0, Askers).Select(_ => Task.Factory.StartNew(
            () =>
            {
                for (var i = 0; i < Each; i++)
                {
                    var reply = Machine.Ask<RunAloneReply>(new RunAlone(() =>
                    {
                        Assert.Equal(1, Interlocked.Increment(ref inside));
                        Assert.All(Vcpus, rig => Assert.Equal(Quiescence.Code, rig.Door.Status.Current));
                        done++;
                        Interlocked.Decrement(ref inside);
                    }));
                    Assert.True(reply.Wait(Wait), "safe work was never done");
                    Assert.Null(reply.Result.Failure);
                }
            },
            TaskCreationOptions.LongRunning)).ToArray();
        AwaitWork(() => Task.WhenAll(askers).IsCompleted);
        Task.WaitAll(askers);
        Assert.Equal(Askers * Each, done);
        AwaitAsks();
    }
}

using Tcg.Mttcg.Machine.Boards;
using System.Diagnostics;
using Akka.Actor;
using Tcg.Mttcg.Actors.Coherence;
using Tcg.Mttcg.Actors.Counters;
using Tcg.Mttcg.Actors.Life;
using Tcg.Mttcg.Actors.Protocol;
using Tcg.Mttcg.Actors.Settings;
using Tcg.Mttcg.Actors.Tests.Coherence;
using Tcg.Mttcg.Actors.Vcpu;
using Tcg.Mttcg.Memory;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Actors.Tests.Vcpu;

public class VcpuActorTests : VcpuKit
{
    private static readonly RamPage Page = new(5);

    [Fact]
    public void Each_vcpu_keeps_one_thread_and_shares_it_with_nobody()
    {
        var rigs = Enumerable.Range(0, 3).Select(NewVcpu).ToArray();
        foreach (var rig in rigs) rig.Actor.Tell(new StartVcpu());
        // The engine itself asserts that each run is on the thread it was bound to.
        for (var i = 1; i < 20; i++)
        {
            AwaitCondition(() => rigs.All(rig => Volatile.Read(ref rig.Engine.Runs) >= i), Wait, TimeSpan.FromMilliseconds(1));
            foreach (var rig in rigs) rig.Door.Kick();
        }
        Assert.Equal(3, rigs.Select(rig => rig.Engine.ThreadId).Distinct().Count());
    }

    [Fact]
    public void A_message_ends_an_endless_loop()
    {
        var rig = NewVcpu();
        rig.Actor.Tell(new StartVcpu());
        AwaitCondition(() => Volatile.Read(ref rig.Engine.Runs) > 0, Wait);
        rig.Actor.Tell(new PauseVcpu(), Supervisor.Ref);
        Assert.Equal(0, Supervisor.ExpectMsg<VcpuPaused>(Wait).Cpu);
        Assert.Equal(Quiescence.Code, rig.Door.Status.Current);
        var runs = rig.Engine.Runs;
        rig.Actor.Tell(new ResumeVcpu());
        AwaitCondition(() => Volatile.Read(ref rig.Engine.Runs) > runs, Wait);
    }

    [Fact]
    public void A_running_vcpu_revokes_and_answers()
    {
        var rig = NewVcpu();
        rig.Actor.Tell(new StartVcpu());
        AwaitCondition(() => rig.Door.Status.Current == Quiescence.Running && rig.Engine.Runs > 0, Wait);
        rig.Actor.Tell(new RevokeWrite(Page, 77), Memory.Ref);
        Assert.Equal(new RequestServed(77, 0), Memory.ExpectMsg<RequestServed>(Wait));
        Assert.Contains("revoke 5", rig.Engine.Done);
    }

    [Fact]
    public void A_halted_vcpu_is_code_quiescent_and_is_not_woken_by_a_request_but_serves_it_before_it_runs_on()
    {
        var rig = NewVcpu();
        var seen = new List<string>();
        rig.Engine.Then(SliceEnd.Halted).Then(() =>
        {
            seen.AddRange(rig.Engine.Done);
            return rig.Engine.Spin();
        });
        rig.Actor.Tell(new StartVcpu());
        AwaitCondition(() => rig.Door.Status.Current == Quiescence.Code && rig.Engine.Runs == 1, Wait);
        rig.Actor.Tell(new RevokeWrite(Page, 1), Memory.Ref);
        rig.Actor.Tell(new ForgetRegion(Region(3), 2), CodeCache.Ref);
        Memory.ExpectNoMsg(TimeSpan.FromMilliseconds(50));
        Assert.Equal(1, rig.Engine.Runs);
        rig.Door.Kick();
        Memory.ExpectMsg<RequestServed>(Wait);
        CodeCache.ExpectMsg<RequestServed>(Wait);
        AwaitCondition(() => seen.Count == 2, Wait);
        Assert.Equal(["revoke 5", "forget 3"], seen);
    }

    [Fact]
    public void Run_time_stands_while_a_vcpu_halts_and_while_it_is_paused_and_goes_on_while_it_waits_for_a_region()
    {
        var rig = NewVcpu();
        rig.Engine.Then(SliceEnd.Halted).Then(() =>
        {
            rig.Coherence.NextRegion(Region(3));
            return rig.Engine.Spin();
        });
        Assert.Equal(TimeSpan.Zero, rig.Door.RunTime.Elapsed);
        rig.Actor.Tell(new StartVcpu());
        AwaitCondition(() => rig.Engine.Runs == 1 && Stands(rig.Door.RunTime), Wait);
        Assert.Equal(Quiescence.Code, rig.Door.Status.Current);

        rig.Door.Kick();
        CodeCache.ExpectMsg<NextRegion>(Wait);
        Assert.False(Stands(rig.Door.RunTime));
        rig.Actor.Tell(new NextRegionReply(Region(4)), CodeCache.Ref);

        rig.Actor.Tell(new PauseVcpu(), Supervisor.Ref);
        Supervisor.ExpectMsg<VcpuPaused>(Wait);
        Assert.True(Stands(rig.Door.RunTime));
        rig.Actor.Tell(new ResumeVcpu());
        AwaitCondition(() => !Stands(rig.Door.RunTime), Wait);
    }

    // At two moments for certain.
    private static bool Stands(RunClock clock)
    {
        var now = Stopwatch.GetTimestamp();
        return clock.At(now) == clock.At(now + Stopwatch.Frequency);
    }

    [Fact]
    public void A_halted_vcpu_with_a_full_mailbox_is_woken_and_serves_all_of_it_in_order()
    {
        const int Patience = 256, Requests = 3 * Patience + 50;
        var rig = NewVcpu();
        for (var i = 0; i < Requests; i++) rig.Engine.Then(SliceEnd.Halted);
        rig.Actor.Tell(new StartVcpu());
        AwaitCondition(() => rig.Door.Status.Current == Quiescence.Code && rig.Engine.Runs == 1, Wait);
        for (var i = 1; i <= Patience; i++) rig.Actor.Tell(new RevokeWrite(new RamPage((uint)i), i), Memory.Ref);
        Assert.Equal(1, rig.Engine.Runs);
        Assert.Empty(rig.Engine.Done);
        for (var i = Patience + 1; i <= Requests; i++) rig.Actor.Tell(new RevokeWrite(new RamPage((uint)i), i), Memory.Ref);
        // Nobody kicked it: the pile did.
        for (var i = 1; i <= Patience + 1; i++) Memory.ExpectMsg(new RequestServed(i, 0), Wait);
        rig.Door.Kick();
        for (var i = Patience + 2; i <= Requests; i++) Memory.ExpectMsg(new RequestServed(i, 0), Wait);
        Assert.Equal(Enumerable.Range(1, Requests).Select(i => $"revoke {i}"), rig.Engine.Done);
    }

    [Fact]
    public void A_vcpu_blocked_in_an_ask_of_a_helper_is_access_quiescent_and_not_code_quiescent()
    {
        var rig = NewVcpu();
        rig.Engine.Then(() =>
        {
            rig.Coherence.CodeWrite(new RamOffset(0x5010), 4);
            rig.Engine.Done.Enqueue("stored");
            return SliceEnd.Kicked;
        });
        rig.Actor.Tell(new StartVcpu());
        Memory.ExpectMsg<CodeWrite>(Wait);
        Assert.Equal(Quiescence.Access, rig.Door.Status.Current);

        rig.Actor.Tell(new ForgetRegion(Region(3), 9), CodeCache.Ref);
        rig.Actor.Tell(new RevokeWrite(Page, 8), Memory.Ref);
        CodeCache.ExpectNoMsg(TimeSpan.FromMilliseconds(50));
        rig.Actor.Tell(CodeWriteReply.Instance, Memory.Ref);
        // Back from the ask: first its own TLB, then the store; the region only when translated code was left.
        Memory.ExpectMsg(new RequestServed(8, 0), Wait);
        CodeCache.ExpectMsg(new RequestServed(9, 0), Wait);
        Assert.Equal(["revoke 5", "stored", "forget 3"], rig.Engine.Done);
        Assert.Equal(1, rig.Asks[AskKind.CodeWrite].Count);
    }

    [Fact]
    public void A_vcpu_that_waits_for_a_region_is_code_quiescent()
    {
        var rig = NewVcpu();
        rig.Engine.Then(() =>
        {
            Assert.Equal(4, rig.Coherence.NextRegion(Region(3)).Index);
            rig.Engine.Done.Enqueue("got it");
            return SliceEnd.Kicked;
        });
        rig.Actor.Tell(new StartVcpu());
        Assert.Equal(3, CodeCache.ExpectMsg<NextRegion>(Wait).Full!.Index);
        Assert.Equal(Quiescence.Code, rig.Door.Status.Current);
        rig.Actor.Tell(new ForgetRegion(Region(3), 9), CodeCache.Ref);
        rig.Actor.Tell(new NextRegionReply(Region(4)), CodeCache.Ref);
        CodeCache.ExpectMsg(new RequestServed(9, 0), Wait);
        AwaitCondition(() => rig.Engine.Done.Contains("got it"), Wait);
        Assert.Equal(["forget 3", "got it"], rig.Engine.Done);
    }

    [Fact]
    public void A_request_seen_before_the_ask_is_answered_while_the_vcpu_waits()
    {
        var rig = NewVcpu();
        using var posted = new ManualResetEventSlim();
        rig.Engine.Then(() =>
        {
            // Somebody saw this vCPU run and waits for its answer; it now goes to sleep in an ask.
            posted.Wait();
            rig.Coherence.Protect(Page);
            return SliceEnd.Kicked;
        });
        rig.Actor.Tell(new StartVcpu());
        AwaitCondition(() => rig.Engine.Runs == 1, Wait);
        rig.Actor.Tell(new RevokeWrite(Page, 8), Memory.Ref);
        posted.Set();
        Memory.ExpectMsg(new RequestServed(8, 0), Wait);
        Memory.ExpectMsg<Protect>(Wait);
        rig.Actor.Tell(new ProtectReply(Page), Memory.Ref);
        AwaitCondition(() => rig.Engine.Runs > 1, Wait);
    }

    [Fact]
    public void An_exclusive_instruction_runs_only_when_granted()
    {
        var rig = NewVcpu(2);
        rig.Engine.Then(SliceEnd.Exclusive);
        rig.Actor.Tell(new StartVcpu());
        Supervisor.ExpectMsg(new ExclusiveRequested(2), Wait);
        rig.Actor.Tell(new PauseVcpu());
        Supervisor.ExpectMsg(new VcpuPaused(2), Wait);
        Assert.Empty(rig.Engine.Done);
        rig.Actor.Tell(new GrantExclusive());
        Supervisor.ExpectMsg(new ExclusiveEnded(2), Wait);
        Assert.Equal(["exclusive"], rig.Engine.Done);
        Assert.Equal(1, rig.Engine.Runs);
        rig.Actor.Tell(new ResumeVcpu());
        AwaitCondition(() => rig.Engine.Runs > 1, Wait);
    }

    [Fact]
    public void A_resume_does_not_release_a_vcpu_that_waits_for_its_exclusive_turn()
    {
        var rig = NewVcpu();
        rig.Engine.Then(SliceEnd.Exclusive);
        rig.Actor.Tell(new StartVcpu());
        Supervisor.ExpectMsg<ExclusiveRequested>(Wait);
        rig.Actor.Tell(new PauseVcpu());
        Supervisor.ExpectMsg<VcpuPaused>(Wait);
        rig.Actor.Tell(new ResumeVcpu());
        rig.Actor.Tell(new PauseVcpu());
        Supervisor.ExpectMsg<VcpuPaused>(Wait);
        Assert.Equal(1, rig.Engine.Runs);
    }

    [Theory]
    [InlineData(SliceEnd.Shutdown, typeof(VcpuShutDown))]
    [InlineData(SliceEnd.Left, typeof(VcpuLeft))]
    [InlineData(SliceEnd.Failure, typeof(VcpuFailed))]
    public void An_end_that_the_vcpu_cannot_settle_is_told_and_it_waits(SliceEnd end, Type told)
    {
        var rig = NewVcpu();
        rig.Engine.Then(end);
        rig.Actor.Tell(new StartVcpu());
        Assert.IsType(told, Supervisor.ReceiveOne(Wait));
        rig.Door.Kick();
        rig.Actor.Tell(new PauseVcpu());
        Supervisor.ExpectMsg<VcpuPaused>(Wait);
        Assert.Equal(1, rig.Engine.Runs);
    }

    [Fact]
    public void A_deaf_halt_is_told()
    {
        var rig = NewVcpu();
        rig.Engine.IsDeaf = true;
        rig.Engine.Then(SliceEnd.Halted);
        rig.Actor.Tell(new StartVcpu());
        Supervisor.ExpectMsg<VcpuDeafened>(Wait);
        Assert.True(rig.Door.IsDeaf);
        rig.Door.Kick();
        AwaitCondition(() => !rig.Door.IsDeaf && rig.Engine.Runs > 1, Wait);
    }

    [Fact]
    public void A_reset_frees_a_vcpu_that_waited_for_an_answer_of_its_old_life()
    {
        var rig = NewVcpu();
        rig.Engine.Then(SliceEnd.Shutdown);
        rig.Actor.Tell(new StartVcpu());
        Supervisor.ExpectMsg<VcpuShutDown>(Wait);
        rig.Actor.Tell(new PauseVcpu());
        Supervisor.ExpectMsg<VcpuPaused>(Wait);
        rig.Actor.Tell(new ResetVcpu());
        rig.Actor.Tell(new ResumeVcpu());
        AwaitCondition(() => rig.Engine.Runs > 1, Wait);
        Assert.Equal(["reset"], rig.Engine.Done);
    }

    [Fact]
    public void An_aborted_ask_gives_up_and_the_vcpu_stops_when_told()
    {
        var rig = NewVcpu();
        rig.Engine.Then(() =>
        {
            rig.Coherence.Protect(Page);
            return SliceEnd.Kicked;
        });
        Watch(rig.Actor);
        rig.Actor.Tell(new StartVcpu());
        Memory.ExpectMsg<Protect>(Wait);
        rig.Door.Abort();
        rig.Actor.Tell(new StopVcpu());
        ExpectTerminated(rig.Actor, Wait);
        Assert.Equal(Quiescence.Code, rig.Door.Status.Current);
    }

    [Fact]
    public void Kicks_from_many_threads_wake_a_halting_vcpu_every_time()
    {
        const int Rounds = 20_000;
        var rig = NewVcpu();
        int asked = 0, woken = 0;
        SliceEnd HaltUntilAsked()
        {
            rig.Engine.Then(HaltUntilAsked);
            rig.Door.TakeExitRequest();
            Volatile.Write(ref woken, Volatile.Read(ref asked));
            return SliceEnd.Halted;
        }
        rig.Engine.Then(HaltUntilAsked);
        rig.Actor.Tell(new StartVcpu());
        var clock = Stopwatch.StartNew();
        for (var i = 1; i <= Rounds && clock.Elapsed < TimeSpan.FromMilliseconds(500); i++)
        {
            Volatile.Write(ref asked, i);
            rig.Door.Kick();
            Assert.True(SpinWait.SpinUntil(() => Volatile.Read(ref woken) >= i, Wait), $"kick {i} was lost");
        }
    }

    [Fact]
    public void A_memory_actor_that_fails_ends_the_machine_and_frees_the_vcpu_that_waits_for_it()
    {
        var crew = new FailingCrew(this);
        IMachineCrew asCrew = crew;
        var life = new LifeOptions(Wait, Wait, RebootOnReset: false, RebootOnTripleFault: false, EndOnPanic: true);
        var result = new TaskCompletionSource<MachineResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        Sys.ActorOf(Props.Create(() => new MachineActor(asCrew, life, result)), "machine").Tell(new StartMachine());
        Assert.True(result.Task.Wait(Wait));
        Assert.Equal(ExitReason.Failed, result.Task.Result.Reason);
        Assert.Contains("the page table is broken", result.Task.Result.Diagnosis);
        Assert.True(result.Task.Result.IsClean);
    }

    /// <summary>A memory actor whose pages fail, and a vCPU that asks it to protect one.</summary>
    private sealed class FailingCrew(VcpuActorTests kit) : IMachineCrew
    {
        private readonly VcpuDoor _door = new(0);

        public IReadOnlyList<VcpuDoor> Doors => [_door];
        public LifeCounters Counters { get; } = new();
        public long RamBytes => 0;

        public IActorRef CreateMemory(IActorContext context)
        {
            var options = new CoherenceOptions();
            ICodePages pages = new FakePages(() => throw new IOException("the page table is broken"));
            ICodeBlocks blocks = new FakeBlocks();
            var counters = new CoherenceCounters();
            return context.ActorOf(Props.Create(() => new MemoryActor(options, pages, blocks, counters)).WithDispatcher(MttcgSettings.InlineDispatcher), "memory");
        }

        public IActorRef CreateCodeCache(IActorContext context, IActorRef memory) => kit.CodeCache.Ref;

        public IActorRef CreateVcpu(IActorContext context, int index, IActorRef memory, IActorRef codeCache)
        {
            var rig = kit.NewVcpu(context, _door, context.Self, memory, codeCache);
            rig.Engine.Then(() =>
            {
                rig.Coherence.Protect(Page);
                return SliceEnd.Kicked;
            });
            return rig.Actor;
        }

        public void ResetHardware()
        {
        }

        public void Report(DebugStop stop) { }

        public void Abort() => _door.Abort();

        public GuestPanic? Panic => null;

        public string Describe() => "registers";
    }
}

using Tcg.Mttcg.Machine.Boards;
using Akka.Actor;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using Tcg.Mttcg.Actors.Life;
using Tcg.Mttcg.Actors.Protocol;
using Tcg.Mttcg.Actors.Settings;
using Tcg.Mttcg.Actors.Vcpu;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Actors.Tests.Life;

public class MachineActorTests : TestKit, IMachineCrew
{
    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(50);
    private readonly TestProbe _memory;
    private readonly TestProbe _cache;
    private readonly TestProbe[] _vcpus;
    private readonly TaskCompletionSource<MachineResult> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _hardwareResets;
    private Exception? _resetFailure;

    public MachineActorTests() : base(MttcgSettings.Reference())
    {
        _memory = CreateTestProbe();
        _cache = CreateTestProbe();
        _vcpus = [.. Enumerable.Range(0, 2).Select(_ => (TestProbe)CreateTestProbe())];
        Doors = [new VcpuDoor(0), new VcpuDoor(1)];
    }

    public IReadOnlyList<VcpuDoor> Doors { get; }

    public LifeCounters Counters { get; } = new();

    public long RamBytes => 1 << 20;

    public IActorRef CreateMemory(IActorContext context) => _memory.Ref;

    public IActorRef CreateCodeCache(IActorContext context, IActorRef memory) => _cache.Ref;

    public IActorRef CreateVcpu(IActorContext context, int index, IActorRef memory, IActorRef codeCache) => _vcpus[index].Ref;

    void IMachineCrew.ResetHardware()
    {
        if (_resetFailure is not null) throw _resetFailure;
        _hardwareResets++;
    }

    void IMachineCrew.Abort()
    {
        foreach (var door in Doors) door.Abort();
    }

    public List<DebugStop> Stops { get; } = [];

    void IMachineCrew.Report(DebugStop stop) => Stops.Add(stop);

    public GuestPanic? Panic { get; private set; }

    public string Describe() => "registers of all";

    private IActorRef NewMachine(bool reboots = true, bool rebootsOnTripleFault = false, int stopTimeout = 10_000, int stuckAfter = 20)
    {
        IMachineCrew crew = this;
        var options = new LifeOptions(TimeSpan.FromMilliseconds(stopTimeout), TimeSpan.FromMilliseconds(stuckAfter), reboots, rebootsOnTripleFault, EndOnPanic: true);
        var result = _result;
        var machine = Sys.ActorOf(Props.Create(() => new MachineActor(crew, options, result)), "machine");
        _memory.ExpectMsg<MeetVcpus>(Wait);
        _cache.ExpectMsg<MeetVcpus>(Wait);
        machine.Tell(new StartMachine());
        ExpectAll<StartVcpu>();
        return machine;
    }

    private void ExpectAll<T>()
    {
        foreach (var vcpu in _vcpus) vcpu.ExpectMsg<T>(Wait);
    }

    private void PauseAll(IActorRef machine)
    {
        ExpectAll<PauseVcpu>();
        for (var i = 0; i < _vcpus.Length; i++) machine.Tell(new VcpuPaused(i));
    }

    private MachineResult StopAll()
    {
        ExpectAll<StopVcpu>();
        foreach (var vcpu in _vcpus) Sys.Stop(vcpu.Ref);
        Assert.True(_result.Task.Wait(Wait));
        return _result.Task.Result;
    }

    [Fact]
    public void Power_off_stops_the_vcpus_first_and_then_everybody_else()
    {
        var machine = NewMachine();
        machine.Tell(new PowerOff());
        ExpectAll<StopVcpu>();
        Watch(_memory.Ref);
        Sys.Stop(_vcpus[0].Ref);
        ExpectNoMsg(Soon);
        Assert.False(_result.Task.IsCompleted);
        Sys.Stop(_vcpus[1].Ref);
        ExpectTerminated(_memory.Ref, Wait);
        Assert.True(_result.Task.Wait(Wait));
        Assert.Equal(new MachineResult(ExitReason.PoweredOff), _result.Task.Result);
    }

    [Fact]
    public void The_first_reason_to_end_wins()
    {
        var machine = NewMachine();
        machine.Tell(new DebugExit(5));
        machine.Tell(new PowerOff());
        Assert.Equal(new MachineResult(ExitReason.DebugExit, 5), StopAll());
    }

    [Fact]
    public void Stops_are_told_when_all_vcpus_stand_still_and_one_resume_lets_all_go_on()
    {
        var machine = NewMachine();
        var first = new DebugStop(1, DebugStopKind.Breakpoint, 5, default);
        var second = new DebugStop(0, DebugStopKind.Breakpoint, 7, default);
        machine.Tell(new VcpuStopped(first));
        ExpectAll<PauseVcpu>();
        machine.Tell(new VcpuStopped(second));
        machine.Tell(new VcpuPaused(1));
        ExpectNoMsg(Soon);
        Assert.Empty(Stops);
        machine.Tell(new VcpuPaused(0));
        // A pause is answered by those that stand already, and after what was told before.
        machine.Tell(new PauseMachine(), TestActor);
        ExpectMsg<PauseMachineReply>(Wait);
        Assert.Equal([first, second], Stops);
        machine.Tell(new ResumeMachine());
        _vcpus[0].ExpectNoMsg(Soon);
        machine.Tell(new ResumeMachine());
        ExpectAll<ResumeVcpu>();
    }

    [Fact]
    public void One_vcpu_steps_while_all_stand_still_and_a_held_machine_stays_held()
    {
        var machine = NewMachine();
        machine.Tell(new PauseMachine(), TestActor);
        PauseAll(machine);
        ExpectMsg<PauseMachineReply>(Wait);
        machine.Tell(new StepMachine(1), TestActor);
        _vcpus[1].ExpectMsg<StepVcpu>(Wait);
        var stop = new DebugStop(1, DebugStopKind.Step, 9, default);
        machine.Tell(new VcpuStepped(stop));
        Assert.Equal(stop, ExpectMsg<StepMachineReply>(Wait).Stop);
        _vcpus[0].ExpectNoMsg(Soon);
        machine.Tell(new ResumeMachine());
        ExpectAll<ResumeVcpu>();
    }

    [Fact]
    public void A_triple_fault_ends_the_machine_with_registers()
    {
        NewMachine().Tell(new VcpuShutDown(1));
        var result = StopAll();
        Assert.Equal(ExitReason.TripleFault, result.Reason);
        Assert.Contains("vCPU 1", result.Diagnosis);
        Assert.Contains("registers of all", result.Diagnosis);
    }

    [Fact]
    public void A_failing_vcpu_ends_the_machine_with_its_cause_and_frees_whoever_waits()
    {
        var cause = new InvalidOperationException("broken device");
        NewMachine().Tell(new VcpuFailed(0, cause));
        var result = StopAll();
        Assert.Equal((ExitReason.Failed, cause), (result.Reason, result.Failure));
        Assert.Contains("broken device", result.Diagnosis);
        Assert.All(Doors, door => Assert.True(door.IsAborted));
    }

    [Fact]
    public void A_part_that_dies_by_itself_ends_the_machine()
    {
        NewMachine();
        Sys.Stop(_memory.Ref);
        var result = StopAll();
        Assert.Equal(ExitReason.Failed, result.Reason);
        Assert.All(Doors, door => Assert.True(door.IsAborted));
    }

    [Fact]
    public void A_vcpu_that_does_not_stop_is_told_to_give_up_and_then_abandoned()
    {
        NewMachine(stopTimeout: 30).Tell(new PowerOff());
        ExpectAll<StopVcpu>();
        Sys.Stop(_vcpus[0].Ref);
        Assert.True(_result.Task.Wait(Wait));
        Assert.False(_result.Task.Result.IsClean);
        Assert.Contains(_vcpus[1].Ref.Path.Name, _result.Task.Result.Diagnosis);
        Assert.True(Doors[1].IsAborted);
    }

    [Fact]
    public void Safe_work_runs_when_all_stand_still_and_all_go_on_afterwards()
    {
        var machine = NewMachine();
        var done = false;
        machine.Tell(new RunAlone(() => done = true), TestActor);
        ExpectAll<PauseVcpu>();
        machine.Tell(new VcpuPaused(0));
        ExpectNoMsg(Soon);
        Assert.False(done);
        machine.Tell(new VcpuPaused(1));
        Assert.Null(ExpectMsg<RunAloneReply>(Wait).Failure);
        Assert.True(done);
        ExpectAll<ResumeVcpu>();
    }

    [Fact]
    public void Safe_work_that_throws_harms_only_its_asker()
    {
        var machine = NewMachine();
        machine.Tell(new RunAlone(() => throw new FormatException("bad snapshot")), TestActor);
        PauseAll(machine);
        Assert.IsType<FormatException>(ExpectMsg<RunAloneReply>(Wait).Failure);
        ExpectAll<ResumeVcpu>();
    }

    [Fact]
    public void Two_exclusive_instructions_run_one_after_the_other_in_one_pause()
    {
        var machine = NewMachine();
        machine.Tell(new ExclusiveRequested(0));
        machine.Tell(new ExclusiveRequested(1));
        PauseAll(machine);
        _vcpus[0].ExpectMsg<GrantExclusive>(Wait);
        _vcpus[1].ExpectNoMsg(Soon);
        machine.Tell(new ExclusiveEnded(0));
        _vcpus[1].ExpectMsg<GrantExclusive>(Wait);
        machine.Tell(new ExclusiveEnded(1));
        ExpectAll<ResumeVcpu>();
    }

    [Fact]
    public void A_paused_machine_stays_paused_until_the_last_hold_is_gone()
    {
        var machine = NewMachine();
        machine.Tell(new PauseMachine(), TestActor);
        machine.Tell(new PauseMachine(), TestActor);
        PauseAll(machine);
        ExpectMsg<PauseMachineReply>(Wait);
        ExpectMsg<PauseMachineReply>(Wait);
        machine.Tell(new ResumeMachine());
        _vcpus[0].ExpectNoMsg(Soon);
        machine.Tell(new ResumeMachine());
        ExpectAll<ResumeVcpu>();
    }

    [Fact]
    public void A_reset_renews_devices_memory_and_processors_in_this_order_while_nobody_runs()
    {
        var machine = NewMachine();
        machine.Tell(new Reset());
        machine.Tell(new Reset());
        PauseAll(machine);
        Assert.Equal(RamBytes, _memory.ExpectMsg<Invalidate>(Wait).Length);
        Assert.Equal(1, _hardwareResets);
        _memory.Send(machine, InvalidateReply.Instance);
        ExpectAll<ResetVcpu>();
        ExpectAll<ResumeVcpu>();
    }

    [Fact]
    public void A_reset_ends_the_machine_when_it_must_not_reboot()
    {
        NewMachine(reboots: false).Tell(new Reset());
        Assert.Equal(ExitReason.Reset, StopAll().Reason);
    }

    [Fact]
    public void A_reset_that_fails_ends_the_machine()
    {
        _resetFailure = new IOException("the kernel's file is gone");
        var machine = NewMachine();
        machine.Tell(new Reset());
        PauseAll(machine);
        Assert.Same(_resetFailure, StopAll().Failure);
    }

    [Fact]
    public void A_memory_actor_that_dies_while_a_reset_waits_for_it_ends_the_machine()
    {
        var machine = NewMachine();
        machine.Tell(new Reset());
        PauseAll(machine);
        _memory.ExpectMsg<Invalidate>(Wait);
        Sys.Stop(_memory.Ref);
        var result = StopAll();
        Assert.Equal(ExitReason.Failed, result.Reason);
        Assert.StartsWith(_memory.Ref.Path.Name, result.Diagnosis);
    }

    [Fact]
    public void A_vcpu_that_dies_before_it_stands_still_ends_the_machine_and_everybody_who_waited_is_told()
    {
        var machine = NewMachine();
        var (worker, pauser) = (CreateTestProbe(), CreateTestProbe());
        worker.Send(machine, new RunAlone(() => Assert.Fail("a vCPU still runs")));
        pauser.Send(machine, new PauseMachine());
        ExpectAll<PauseVcpu>();
        machine.Tell(new VcpuPaused(0));
        Sys.Stop(_vcpus[1].Ref);
        Assert.NotNull(worker.ExpectMsg<RunAloneReply>(Wait).Failure);
        pauser.ExpectMsg<PauseMachineReply>(Wait);
        _vcpus[0].ExpectMsg<StopVcpu>(Wait);
        Sys.Stop(_vcpus[0].Ref);
        Assert.True(_result.Task.Wait(Wait));
        Assert.Equal(ExitReason.Failed, _result.Task.Result.Reason);
        Assert.StartsWith(_vcpus[1].Ref.Path.Name, _result.Task.Result.Diagnosis);
    }

    [Fact]
    public void A_stop_comes_through_while_a_vcpu_has_the_exclusive_turn_and_others_wait_for_theirs()
    {
        var machine = NewMachine();
        machine.Tell(new ExclusiveRequested(0));
        machine.Tell(new ExclusiveRequested(1));
        PauseAll(machine);
        _vcpus[0].ExpectMsg<GrantExclusive>(Wait);
        machine.Tell(new StopMachine());
        Assert.Equal(ExitReason.Stopped, StopAll().Reason);
    }

    [Fact]
    public void A_reset_forgets_the_exclusive_turns_of_the_old_life()
    {
        var machine = NewMachine();
        machine.Tell(new Reset());
        machine.Tell(new ExclusiveRequested(1));
        PauseAll(machine);
        _memory.ExpectMsg<Invalidate>(Wait);
        _memory.Send(machine, InvalidateReply.Instance);
        ExpectAll<ResetVcpu>();
        ExpectAll<ResumeVcpu>();
    }

    [Fact]
    public void A_vcpu_that_left_for_nothing_goes_on()
    {
        NewMachine().Tell(new VcpuLeft(1));
        _vcpus[1].ExpectMsg<LeaveAnswered>(Wait);
    }

    [Fact]
    public void A_machine_whose_vcpus_are_all_deaf_is_stuck()
    {
        var machine = NewMachine();
        Doors[0].IsDeaf = true;
        machine.Tell(new VcpuDeafened(0));
        ExpectNoMsg(Soon);
        Assert.False(_result.Task.IsCompleted);
        Doors[1].IsDeaf = true;
        machine.Tell(new VcpuDeafened(1));
        var result = StopAll();
        Assert.Equal(ExitReason.Stuck, result.Reason);
        Assert.Contains("registers of all", result.Diagnosis);
    }

    [Fact]
    public void A_vcpu_that_moved_since_is_not_stuck()
    {
        var machine = NewMachine(stuckAfter: 60);
        Doors[0].IsDeaf = Doors[1].IsDeaf = true;
        machine.Tell(new VcpuDeafened(1));
        // Answered, so the message before was handled.
        machine.Tell(new VcpuLeft(0));
        _vcpus[0].ExpectMsg<LeaveAnswered>(Wait);
        // It woke, found nothing and halts again: its next message will start the watch anew.
        Doors[0].Status.Publish(Quiescence.Running);
        ExpectNoMsg(TimeSpan.FromMilliseconds(200));
        _vcpus[0].ExpectNoMsg(Soon);
        Assert.False(_result.Task.IsCompleted);
    }

    [Theory]
    [InlineData(true, false, true)]
    [InlineData(false, true, true)]
    [InlineData(false, false, false)]
    public void A_panic_ends_the_machine_when_it_is_certain_or_the_other_vcpus_have_stopped(bool isCertain, bool othersAreDeaf, bool ends)
    {
        var machine = NewMachine();
        Panic = new GuestPanic("Kernel panic - not syncing: why", ["last line"]);
        Doors[1].IsDeaf = othersAreDeaf;
        machine.Tell(new GuestPanicked(isCertain));
        if (ends) ExpectAll<StopVcpu>();
        else foreach (var vcpu in _vcpus) vcpu.ExpectNoMsg(TimeSpan.FromMilliseconds(20));
    }

    [Fact]
    public void A_reset_after_a_panic_ends_the_machine()
    {
        var machine = NewMachine(reboots: true);
        Panic = new GuestPanic("Kernel panic - not syncing: why", []);
        machine.Tell(new Reset());
        ExpectAll<StopVcpu>();
    }
}

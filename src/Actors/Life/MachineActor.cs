using Akka.Actor;
using Tcg.Mttcg.Actors.Protocol;
using Tcg.Mttcg.Actors.Vcpu;

namespace Tcg.Mttcg.Actors.Life;

/// <summary>
/// Life cycle of a machine: creates and supervises memory, code cache and vCPUs, runs safe work while all vCPUs stand still, ends the machine in
/// order, whatever ends it, and says how it ended. This file: start, requests and supervision.
/// </summary>
public sealed partial class MachineActor : UntypedActor, IWithTimers
{
    private readonly IMachineCrew _crew;
    private readonly LifeOptions _options;
    private readonly TaskCompletionSource<MachineResult> _result;
    private readonly IActorRef[] _vcpus;
    private IActorRef _memory = ActorRefs.Nobody;
    private IActorRef _codeCache = ActorRefs.Nobody;

    /// <param name="result">Set when every part has stopped.</param>
    public MachineActor(IMachineCrew crew, LifeOptions options, TaskCompletionSource<MachineResult> result)
    {
        _crew = crew;
        _options = options;
        _result = result;
        _vcpus = new IActorRef[crew.Doors.Count];
        Array.Fill(_vcpus, ActorRefs.Nobody);
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override SupervisorStrategy SupervisorStrategy()
    {
        var self = Self;
        return new ReportingStrategy((child, cause) => self.Tell(new PartFailed(child.Path.Name, cause), ActorRefs.NoSender));
    }

    protected override void PreStart()
    {
        _memory = Context.Watch(_crew.CreateMemory(Context));
        _codeCache = Context.Watch(_crew.CreateCodeCache(Context, _memory));
        for (var i = 0; i < _vcpus.Length; i++) _vcpus[i] = Context.Watch(_crew.CreateVcpu(Context, i, _memory, _codeCache));
        var meet = new MeetVcpus([.. _vcpus.Select((vcpu, i) => new VcpuPeer(vcpu, _crew.Doors[i].Status))]);
        _memory.Tell(meet, Self);
        _codeCache.Tell(meet, Self);
    }

    // Whatever ends this actor, nobody waits for ever.
    protected override void PostStop() =>
        _result.TrySetResult(new MachineResult(ExitReason.Failed, Diagnosis: "the machine actor ended without stopping the machine", IsClean: false));

    protected override void PreRestart(Exception reason, object message) =>
        _result.TrySetResult(new MachineResult(ExitReason.Failed, Diagnosis: reason.ToString(), Failure: reason, IsClean: false));

    protected override void OnReceive(object message)
    {
        if (_isStopping)
        {
            WhileStopping(message);
            return;
        }
        switch (message)
        {
            case StartMachine: TellVcpus(new StartVcpu()); break;
            case StopMachine: Stop(new MachineResult(ExitReason.Stopped)); break;
            case PowerOff: Stop(new MachineResult(ExitReason.PoweredOff)); break;
            case DebugExit exit: Stop(new MachineResult(ExitReason.DebugExit, exit.Value)); break;
            case GuestPanicked panic when _options.EndOnPanic && (panic.IsCertain || OthersAreDeaf()): EndByPanic(); break;
            case GuestPanicked: break;
            case Reset when _options.EndOnPanic && _crew.Panic is not null: EndByPanic(); break;
            case Reset when _options.RebootOnReset: Enqueue(new ResetWork()); break;
            case Reset: Stop(new MachineResult(ExitReason.Reset)); break;
            case VcpuShutDown when _options.RebootOnTripleFault: Enqueue(new ResetWork()); break;
            case VcpuShutDown down: Stop(new MachineResult(ExitReason.TripleFault, Diagnosis: $"vCPU {down.Cpu}: triple fault")); break;
            case VcpuFailed failed: Fail($"vCPU {failed.Cpu}", failed.Cause); break;
            case PartFailed failed: Fail(failed.Part, failed.Cause); break;
            case Terminated ended:
                _gone.Add(ended.ActorRef);
                Fail(ended.ActorRef.Path.Name, new InvalidOperationException("the actor ended by itself"));
                break;
            case IMemoryRequest: _memory.Forward(message); break;
            case VcpuLeft left: Answer(left); break;
            case VcpuDeafened: WatchForStuck(); break;
            case StuckCheck check: CheckStuck(check); break;
            default:
                if (!SafeWork(message)) Unhandled(message);
                break;
        }
    }

    private void TellVcpus(object message)
    {
        foreach (var vcpu in _vcpus) vcpu.Tell(message, Self);
    }

    // The device's own message came before this one; if it led to nothing, the vCPU goes on.
    private void Answer(VcpuLeft left)
    {
        if (!HasResetWork) _vcpus[left.Cpu].Tell(new LeaveAnswered(), Self);
    }

    private void Fail(string part, Exception cause)
    {
        Stop(new MachineResult(ExitReason.Failed, Diagnosis: $"{part} failed: {cause}", Failure: cause));
        // Somebody may wait for an answer of the part that is gone.
        _crew.Abort();
    }
}

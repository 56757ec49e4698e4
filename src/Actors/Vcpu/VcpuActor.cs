using System.Diagnostics;
using Akka.Actor;
using Tcg.Mttcg.Actors.Mailboxes;
using Tcg.Mttcg.Actors.Protocol;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Actors.Vcpu;

/// <summary>What a vCPU actor is made of.</summary>
/// <param name="Supervisor">The machine actor, which hears of everything that a vCPU cannot settle itself.</param>
/// <param name="Turns">Null: all vCPUs run at once.</param>
public sealed record VcpuParts(
    KickQueue Queue, IVcpuEngine Engine, VcpuCoherence Coherence, PausePolicy Pauses, IActorRef Supervisor, IActorRef Memory, IActorRef CodeCache,
    TurnTaking? Turns = null, TimeSpan MwaitRest = default);

/// <summary>
/// One vCPU on a thread of its own. The handler of <see cref="ContinueSlice"/> runs slices until another message waits and then tells itself to
/// continue; the mailbox hands out all other messages first. Between slices nothing of the code buffer is on the stack.
/// </summary>
public sealed class VcpuActor : UntypedActor
{
    private readonly VcpuParts _parts;
    private readonly VcpuLanes _lanes;
    private readonly VcpuDoor _door;
    private readonly int _index;
    private bool _isBound;
    private bool _isStarted;
    private bool _isPaused;
    // Told the machine actor something and must not run before its answer.
    private bool _waits;

    public VcpuActor(VcpuParts parts)
    {
        _parts = parts;
        _door = parts.Queue.Door;
        _index = _door.Index;
        _lanes = new VcpuLanes(parts.Queue, parts.Engine, Self);
        parts.Coherence.Connect(_lanes, Self, parts.Memory, parts.CodeCache);
        _door.Status.Publish(Quiescence.Code);
    }

    // Nobody may wait for a processor that is gone.
    protected override void PostStop()
    {
        _door.Status.Publish(Quiescence.Code);
        _door.RunTime.Stop(Stopwatch.GetTimestamp());
        _parts.Turns?.Give(_door);
    }

    // A processor is not restarted behind the guest's back: the machine actor stops the machine.
    protected override void PreRestart(Exception reason, object message) => PostStop();

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case ContinueSlice: Slice(); break;
            case IAccessRequest request: _lanes.Serve(request, Sender); break;
            case ICodeRequest request: _lanes.Serve(request, Sender); break;
            case StartVcpu:
                _isStarted = true;
                GoOn();
                break;
            case PauseVcpu:
                _isPaused = true;
                StandStill();
                _parts.Supervisor.Tell(new VcpuPaused(_index), Self);
                break;
            case ResumeVcpu:
                _isPaused = false;
                GoOn();
                break;
            case ResetVcpu:
                Bind();
                _waits = false;
                _parts.Engine.Reset();
                break;
            case GrantExclusive:
                RunExclusive();
                break;
            case StepVcpu:
                Step();
                break;
            case LeaveAnswered:
                _waits = false;
                GoOn();
                break;
            case StopVcpu:
                StandStill();
                Context.Stop(Self);
                break;
            default: Unhandled(message); break;
        }
    }

    private bool MayRun => _isStarted && !_isPaused && !_waits && !_door.IsAborted;

    private bool IsStanding => _door.Status.Current == Quiescence.Code;

    private void StandStill()
    {
        if (!IsStanding) _lanes.BecomeQuiescent(Quiescence.Code);
        _door.RunTime.Stop(Stopwatch.GetTimestamp());
    }

    private void RunAgain()
    {
        _door.RunTime.Start(Stopwatch.GetTimestamp());
        _lanes.BecomeRunning(Quiescence.Code);
    }

    private void GoOn()
    {
        if (!MayRun) return;
        if (IsStanding) RunAgain();
        Self.Tell(ContinueSlice.Instance, Self);
    }

    private void Slice()
    {
        if (!MayRun) return;
        Bind();
        try
        {
            while (TakeTurn())
            {
                if (!Settle(_parts.Engine.Run())) return;
                if (_parts.Queue.HasOthers) break;
            }
            Self.Tell(ContinueSlice.Instance, Self);
        }
        catch (MachineStoppingException)
        {
            StandStill();
        }
        finally
        {
            _parts.Turns?.Give(_door);
        }
    }

    // False: a message waits, or the end.
    private bool TakeTurn()
    {
        if (_parts.Turns is not { } turns || turns.TryTake(_door)) return true;
        StandStill();
        var taken = turns.Take(_door, () => _parts.Queue.HasOrdinary || _door.IsAborted);
        RunAgain();
        return taken;
    }

    // False: the vCPU must not go on by itself.
    private bool Settle(SliceEnd end)
    {
        if (end != SliceEnd.Paused) _parts.Pauses.Restart();
        switch (end)
        {
            case SliceEnd.Kicked:
                _door.Looked();
                _parts.Turns?.GiveIfOver(_door);
                return !_door.IsAborted;
            case SliceEnd.Paused:
                if (_parts.Turns?.GiveIfWanted(_door) != true) _parts.Pauses.Paused(_parts.Engine.RegisterDigest);
                return true;
            case SliceEnd.Halted:
                _parts.Turns?.Give(_door);
                Halt();
                return !_door.IsAborted;
            case SliceEnd.Waiting:
                _parts.Turns?.Give(_door);
                Rest();
                return !_door.IsAborted;
            case SliceEnd.Exclusive:
                return Wait(new ExclusiveRequested(_index));
            case SliceEnd.Shutdown:
                return Wait(new VcpuShutDown(_index));
            case SliceEnd.Left:
                return Wait(new VcpuLeft(_index));
            case SliceEnd.Stopped:
                // As if paused already: the machine actor pauses all for this, and its resume is the answer.
                _isPaused = true;
                StandStill();
                _parts.Supervisor.Tell(new VcpuStopped(_parts.Engine.TakeStop()), Self);
                return false;
            default:
                var failure = _parts.Engine.TakeFailure();
                return Wait(new VcpuFailed(_index, failure ?? new InvalidOperationException("the vCPU failed without a reason")));
        }
    }

    private bool Wait(object told)
    {
        _waits = true;
        StandStill();
        if (!_door.IsAborted) _parts.Supervisor.Tell(told, Self);
        return false;
    }

    private void Halt()
    {
        StandStill();
        if (_parts.Engine.IsDeaf)
        {
            _door.IsDeaf = true;
            _parts.Supervisor.Tell(new VcpuDeafened(_index), Self);
        }
        while (!_door.ExitRequested && !_parts.Queue.HasOrdinary && !_door.IsAborted) _door.Parker.Park(Timeout.InfiniteTimeSpan);
        _door.Looked();
        _door.IsDeaf = false;
        RunAgain();
    }

    private void Rest()
    {
        StandStill();
        if (!_door.ExitRequested && !_parts.Queue.HasOrdinary && !_door.IsAborted) _door.Parker.Park(_parts.MwaitRest);
        RunAgain();
    }

    private void RunExclusive()
    {
        _waits = false;
        var goesOn = RunOne(_parts.Engine.RunExclusive);
        _parts.Supervisor.Tell(new ExclusiveEnded(_index), Self);
        if (goesOn) GoOn();
    }

    // One that waits for the machine actor has nothing to run.
    private void Step()
    {
        if (!_waits) RunOne(_parts.Engine.Step);
        _parts.Supervisor.Tell(new VcpuStepped(_parts.Engine.TakeStop()), Self);
    }

    // False: as Settle.
    private bool RunOne(Func<SliceEnd> instruction)
    {
        Bind();
        RunAgain();
        var goesOn = false;
        try
        {
            var end = instruction();
            goesOn = end is SliceEnd.Kicked or SliceEnd.Paused or SliceEnd.Waiting or SliceEnd.Halted or SliceEnd.Stopped || Settle(end);
        }
        catch (MachineStoppingException)
        {
        }
        StandStill();
        return goesOn;
    }

    private void Bind()
    {
        if (_isBound) return;
        _isBound = true;
        _parts.Engine.Bind();
    }
}

using Akka.Actor;
using Tcg.Mttcg.Actors.Protocol;
using Tcg.Mttcg.Memory;

namespace Tcg.Mttcg.Actors.Life;

// Safe work: what runs while every vCPU is code-quiescent and stands still.
public sealed partial class MachineActor
{
    private readonly Queue<object> _work = new();
    private readonly HashSet<int> _standing = [];
    private readonly List<IActorRef> _pausers = [];
    private int _holds;
    private bool _pausing;
    // Somebody else's turn: a vCPU runs its instruction, or the memory actor forgets all code.
    private bool _busy;

    private sealed record ResetWork;

    private sealed record AloneWork(Action Work, IActorRef Asker);

    private sealed record ExclusiveWork(int Cpu);

    private bool HasResetWork => _work.Any(work => work is ResetWork);

    private bool SafeWork(object message)
    {
        switch (message)
        {
            case RunAlone alone: Enqueue(new AloneWork(alone.Work, Sender)); return true;
            case ExclusiveRequested asked: Enqueue(new ExclusiveWork(asked.Cpu)); return true;
            case PauseMachine:
                _holds++;
                _pausers.Add(Sender);
                Advance();
                return true;
            case ResumeMachine:
                _holds = Math.Max(0, _holds - 1);
                if (_holds == 0) _isStopped = false;
                Advance();
                return true;
            case VcpuStopped stopped: Hold(stopped.Stop); return true;
            case StepMachine step: Enqueue(new StepWork(step.Cpu, Sender)); return true;
            case VcpuStepped stepped:
                _stepper.Tell(new StepMachineReply(stepped.Stop), Self);
                _busy = false;
                Advance();
                return true;
            case VcpuPaused paused:
                _standing.Add(paused.Cpu);
                Advance();
                return true;
            case ExclusiveEnded:
                _busy = false;
                Advance();
                return true;
            case InvalidateReply:
                TellVcpus(new ResetVcpu());
                _busy = false;
                Advance();
                return true;
            default:
                return false;
        }
    }

    private void Enqueue(object work)
    {
        if (work is ResetWork && HasResetWork) return;
        _work.Enqueue(work);
        Advance();
    }

    private void Advance()
    {
        if (_busy) return;
        if (!_pausing)
        {
            if (_work.Count == 0 && _holds == 0) return;
            _pausing = true;
            _crew.Counters.Standstills++;
            _standing.Clear();
            TellVcpus(new PauseVcpu());
            return;
        }
        if (_standing.Count < _vcpus.Length) return;
        while (!_busy && _work.TryDequeue(out var work)) Begin(work);
        if (_busy) return;
        foreach (var pauser in _pausers) pauser.Tell(new PauseMachineReply(), Self);
        _pausers.Clear();
        TellStops();
        if (_holds > 0) return;
        _pausing = false;
        TellVcpus(new ResumeVcpu());
    }

    private void Begin(object work)
    {
        switch (work)
        {
            case AloneWork alone:
                alone.Asker.Tell(new RunAloneReply(Try(alone.Work)), Self);
                break;
            case ExclusiveWork exclusive:
                _crew.Counters.ExclusiveSections++;
                _busy = true;
                _vcpus[exclusive.Cpu].Tell(new GrantExclusive(), Self);
                break;
            case StepWork step: Begin(step); break;
            default:
                if (Try(_crew.ResetHardware) is { } failure)
                {
                    _busy = true;
                    Self.Tell(new PartFailed("reset", failure), Self);
                    break;
                }
                // New images lie in RAM; vCPUs that wait for something of the old life forget it with their own reset.
                _busy = true;
                DropWorkOfOldLife();
                _memory.Tell(new Invalidate(new RamOffset(0), _crew.RamBytes), Self);
                break;
        }
    }

    private void DropWorkOfOldLife()
    {
        var kept = _work.Where(work => work is AloneWork or StepWork).ToArray();
        _work.Clear();
        foreach (var work in kept) _work.Enqueue(work);
    }

    private static Exception? Try(Action work)
    {
        try
        {
            work();
            return null;
        }
        catch (Exception failure)
        {
            return failure;
        }
    }
}

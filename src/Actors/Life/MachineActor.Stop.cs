using Akka.Actor;
using Tcg.Mttcg.Actors.Protocol;

namespace Tcg.Mttcg.Actors.Life;

// The end: vCPUs first, then what they ask, then the result. And the watch for a guest that cannot wake up any more.
public sealed partial class MachineActor
{
    private readonly HashSet<IActorRef> _running = [];
    private readonly HashSet<IActorRef> _gone = [];
    private MachineResult _ending = new(ExitReason.Stopped);
    private bool _isStopping;
    private bool _isLastCall;

    private sealed record StopTimedOut
    {
        public static readonly StopTimedOut Instance = new();
    }

    private sealed record StuckCheck(long[] Epochs);

    private void Stop(MachineResult ending)
    {
        _isStopping = true;
        _ending = ending;
        _running.UnionWith(_vcpus);
        _running.Add(_memory);
        _running.Add(_codeCache);
        _running.ExceptWith(_gone);
        Timers.CancelAll();
        Timers.StartSingleTimer(StopTimedOut.Instance, StopTimedOut.Instance, _options.StopTimeout);
        TellVcpus(new StopVcpu());
        if (_running.Count == 0) Finish();
        foreach (var work in _work.OfType<AloneWork>()) work.Asker.Tell(new RunAloneReply(new InvalidOperationException("the machine stops")), Self);
        foreach (var pauser in _pausers) pauser.Tell(new PauseMachineReply(), Self);
    }

    private void WhileStopping(object message)
    {
        switch (message)
        {
            case Terminated ended:
                _running.Remove(ended.ActorRef);
                Ended();
                break;
            case VcpuFailed failed: Remember($"vCPU {failed.Cpu}", failed.Cause); break;
            case PartFailed failed: Remember(failed.Part, failed.Cause); break;
            case StopTimedOut when !_isLastCall:
                _isLastCall = true;
                _crew.Abort();
                Timers.StartSingleTimer(StopTimedOut.Instance, StopTimedOut.Instance, _options.StopTimeout);
                break;
            case StopTimedOut:
                var late = string.Join(", ", _running.Select(part => part.Path.Name));
                _ending = _ending with { IsClean = false, Diagnosis = Join(_ending.Diagnosis, $"did not stop within {_options.StopTimeout * 2}: {late}") };
                Finish();
                break;
            case RunAlone: Sender.Tell(new RunAloneReply(new InvalidOperationException("the machine stops")), Self); break;
            case PauseMachine: Sender.Tell(new PauseMachineReply(), Self); break;
        }
    }

    // Causes that come after the first are told too: the first may be their consequence.
    private void Remember(string part, Exception cause)
    {
        _crew.Abort();
        if (_ending.Failure is null) _ending = _ending with { Reason = ExitReason.Failed, Failure = cause };
        _ending = _ending with { Diagnosis = Join(_ending.Diagnosis, $"{part} failed: {cause}") };
    }

    private void Ended()
    {
        if (_vcpus.Any(_running.Contains)) return;
        if (_running.Count == 0)
        {
            Finish();
            return;
        }
        Context.Stop(_codeCache);
        Context.Stop(_memory);
    }

    private void Finish()
    {
        Timers.CancelAll();
        if (_ending.Reason is ExitReason.TripleFault or ExitReason.Stuck or ExitReason.Failed && _ending.IsClean)
            _ending = _ending with { Diagnosis = Join(_ending.Diagnosis, _crew.Describe()) };
        _result.TrySetResult(_ending);
        Context.Stop(Self);
    }

    private void WatchForStuck()
    {
        if (!_crew.Doors.All(door => door.IsDeaf)) return;
        Timers.StartSingleTimer(nameof(StuckCheck), new StuckCheck(Epochs()), _options.StuckAfter);
    }

    // Nobody moved since the timer was set, and everybody is still deaf.
    private void CheckStuck(StuckCheck check)
    {
        if (_pausing || !_crew.Doors.All(door => door.IsDeaf) || !check.Epochs.SequenceEqual(Epochs())) return;
        Stop(new MachineResult(ExitReason.Stuck, Diagnosis: "every vCPU halts with interrupts off"));
    }

    // A kernel that panics stops all processors but one.
    private bool OthersAreDeaf() => _crew.Doors.Count(door => door.IsDeaf) >= _crew.Doors.Count - 1;

    private void EndByPanic()
    {
        if (_crew.Panic is { } panic) Stop(new MachineResult(ExitReason.Panicked, Diagnosis: string.Join(Environment.NewLine, [panic.Line, .. panic.Console])));
    }

    private long[] Epochs() => [.. _crew.Doors.Select(door => door.Status.Epoch)];

    private static string Join(string? first, string second) => first is null ? second : first + Environment.NewLine + second;
}

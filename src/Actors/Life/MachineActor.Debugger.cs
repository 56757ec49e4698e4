using Akka.Actor;
using Tcg.Mttcg.Actors.Protocol;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Actors.Life;

// A debugger: a vCPU that meets a point stops the whole machine, and one vCPU may step.
public sealed partial class MachineActor
{
    private readonly List<DebugStop> _stops = [];
    private IActorRef _stepper = ActorRefs.Nobody;
    // Held because of a stop: however many vCPUs met a point before all stood still, it is one hold.
    private bool _isStopped;

    private sealed record StepWork(int Cpu, IActorRef Asker);

    private void Hold(DebugStop stop)
    {
        _stops.Add(stop);
        if (!_isStopped)
        {
            _isStopped = true;
            _holds++;
        }
        Advance();
    }

    private void Begin(StepWork step)
    {
        _busy = true;
        _stepper = step.Asker;
        _vcpus[step.Cpu].Tell(new StepVcpu(), Self);
    }

    // All stand still.
    private void TellStops()
    {
        foreach (var stop in _stops) _crew.Report(stop);
        _stops.Clear();
    }
}

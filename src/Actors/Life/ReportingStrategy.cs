using Akka.Actor;

namespace Tcg.Mttcg.Actors.Life;

/// <summary>Stops a child that failed and tells who it was and why: no part of a machine is restarted behind the guest's back.</summary>
internal sealed class ReportingStrategy(Action<IActorRef, Exception> report) : OneForOneStrategy(_ => Directive.Stop, loggingEnabled: false)
{
    protected override Directive Handle(IActorRef child, Exception exception)
    {
        report(child, exception);
        return Directive.Stop;
    }
}

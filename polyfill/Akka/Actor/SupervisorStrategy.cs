using Akka.Event;

namespace Akka.Actor;

/// <summary>What becomes of a child that failed.</summary>
public enum Directive
{
    /// <summary>Goes on with its state; the message is lost.</summary>
    Resume,

    /// <summary>A new instance takes over; the message is lost.</summary>
    Restart,

    /// <summary>The parent fails in its place.</summary>
    Escalate,

    Stop,
}

public interface IDecider
{
    Directive Decide(Exception cause);
}

public class LocalOnlyDecider(Func<Exception, Directive> decider) : IDecider
{
    public Directive Decide(Exception cause) => decider(cause);
}

public static class Decider
{
    public static LocalOnlyDecider From(Func<Exception, Directive> localOnlyDecider) => new(localOnlyDecider);
}

/// <summary>How an actor treats children that fail.</summary>
public abstract class SupervisorStrategy
{
    /// <summary>Stops what cannot start, was killed or lost an actor that it watched; restarts everything else.</summary>
    public static readonly IDecider DefaultDecider = Actor.Decider.From(cause =>
        cause is ActorInitializationException or ActorKilledException or DeathPactException ? Directive.Stop : Directive.Restart);

    public static readonly SupervisorStrategy DefaultStrategy = new OneForOneStrategy(DefaultDecider);
    public static readonly OneForOneStrategy StoppingStrategy = new(_ => Directive.Stop);

    public abstract IDecider Decider { get; }
    protected bool LoggingEnabled { get; init; } = true;

    protected abstract Directive Handle(IActorRef child, Exception exception);

    private protected abstract bool MayRestart(ChildStats stats);

    /// <returns>False when the failure must be escalated.</returns>
    internal bool HandleFailure(IActorContext context, ChildStats stats, Exception cause)
    {
        var directive = Handle(stats.Child, cause);
        if (LoggingEnabled) LogFailure(context, stats.Child, cause, directive);
        switch (directive)
        {
            case Directive.Escalate: return false;
            case Directive.Resume: stats.Child.Resume(cause); break;
            case Directive.Restart when MayRestart(stats): stats.Child.Restart(cause); break;
            default: context.Stop(stats.Child); break;
        }
        return true;
    }

    protected virtual void LogFailure(IActorContext context, IActorRef child, Exception cause, Directive directive)
    {
        var message = (cause is ActorInitializationException { InnerException: { } inner } ? inner : cause).Message;
        var source = child.Path.ToString();
        if (directive == Directive.Escalate) return;
        context.System.EventStream.Publish(directive == Directive.Resume ? new Warning(source, GetType(), message) : new Error(cause, source, GetType(), message));
    }
}

/// <summary>Each child on its own.</summary>
public class OneForOneStrategy : SupervisorStrategy
{
    private readonly IDecider _decider;

    /// <param name="maxNrOfRetries">Restarts until the child is stopped; null or negative: no limit.</param>
    /// <param name="withinTimeRange">The time in which they count; null: the child's whole life.</param>
    /// <param name="localOnlyDecider">What to do about an exception.</param>
    public OneForOneStrategy(int? maxNrOfRetries, TimeSpan? withinTimeRange, Func<Exception, Directive> localOnlyDecider)
        : this(maxNrOfRetries, withinTimeRange, Actor.Decider.From(localOnlyDecider)) { }

    public OneForOneStrategy(int? maxNrOfRetries, TimeSpan? withinTimeRange, IDecider decider)
        : this(maxNrOfRetries ?? -1, withinTimeRange is { } range ? (int)range.TotalMilliseconds : Timeout.Infinite, decider) { }

    public OneForOneStrategy(int maxNrOfRetries, int withinTimeMilliseconds, Func<Exception, Directive> localOnlyDecider, bool loggingEnabled = true)
        : this(maxNrOfRetries, withinTimeMilliseconds, Actor.Decider.From(localOnlyDecider), loggingEnabled) { }

    public OneForOneStrategy(int maxNrOfRetries, int withinTimeMilliseconds, IDecider decider, bool loggingEnabled = true) =>
        (MaxNumberOfRetries, WithinTimeRangeMilliseconds, _decider, LoggingEnabled) = (maxNrOfRetries, withinTimeMilliseconds, decider, loggingEnabled);

    public OneForOneStrategy(Func<Exception, Directive> localOnlyDecider) : this(-1, -1, localOnlyDecider) { }
    public OneForOneStrategy(Func<Exception, Directive> localOnlyDecider, bool loggingEnabled = true) : this(-1, -1, localOnlyDecider, loggingEnabled) { }
    public OneForOneStrategy(IDecider decider) : this(-1, -1, decider) { }

    public override IDecider Decider => _decider;
    public int MaxNumberOfRetries { get; }
    public int WithinTimeRangeMilliseconds { get; }

    protected override Directive Handle(IActorRef child, Exception exception) => _decider.Decide(exception);

    private protected override bool MayRestart(ChildStats stats) => stats.MayRestart(MaxNumberOfRetries, WithinTimeRangeMilliseconds);
}

/// <summary>Named in HOCON: the strategy for actors right below /user.</summary>
public abstract class SupervisorStrategyConfigurator
{
    public abstract SupervisorStrategy Create();
}

public sealed class DefaultSupervisorStrategy : SupervisorStrategyConfigurator
{
    public override SupervisorStrategy Create() => SupervisorStrategy.DefaultStrategy;
}

public sealed class StoppingSupervisorStrategy : SupervisorStrategyConfigurator
{
    public override SupervisorStrategy Create() => SupervisorStrategy.StoppingStrategy;
}

using Akka.Event;

namespace Akka.Actor;

/// <summary>Handles a message; false leaves it unhandled.</summary>
public delegate bool Receive(object message);

/// <summary>Handles a message.</summary>
public delegate void UntypedReceive(object message);

/// <summary>
/// An actor handles one message at a time. A failure suspends it until its supervisor decides; a restart replaces the
/// instance behind the same handle.
/// </summary>
public abstract class ActorBase
{
    private SupervisorStrategy _strategy;

    protected ActorBase()
    {
        if (ActorCell.Current == null)
            throw new ActorInitializationException($"You cannot create an instance of {GetType().FullName} explicitly using the constructor (new). You have to use one of the factory methods to create a new actor.");
    }

    /// <summary>The surroundings of the actor that runs on this thread; on any other thread there are none.</summary>
    protected static IActorContext Context => ActorCell.Current ?? throw new NotSupportedException(
        "There is no active ActorContext, this is most likely due to use of async operations from within this actor.");

    protected IActorRef Self => Context.Self;
    protected IActorRef Sender => Context.Sender;

    internal SupervisorStrategy Strategy
    {
        get => _strategy ??= SupervisorStrategy();
        set => _strategy = value;
    }

    internal virtual Receive InitialBehavior() => Receive;

    protected abstract bool Receive(object message);

    protected virtual SupervisorStrategy SupervisorStrategy() => Actor.SupervisorStrategy.DefaultStrategy;

    protected virtual void PreStart() { }
    protected virtual void PostStop() { }

    /// <summary>On the failed instance; stops the children and cleans up unless overridden.</summary>
    protected virtual void PreRestart(Exception reason, object message)
    {
        foreach (var child in Context.GetChildren())
        {
            Context.Unwatch(child);
            Context.Stop(child);
        }
        PostStop();
    }

    /// <summary>On the new instance.</summary>
    protected virtual void PostRestart(Exception reason) => PreStart();

    protected virtual void Unhandled(object message)
    {
        if (message is Terminated terminated) throw new DeathPactException(terminated.ActorRef);
        Context.System.EventStream.Publish(new UnhandledMessage(message, Sender, Self));
    }

    protected void Become(Receive receive) => Context.Become(receive);
    protected void BecomeStacked(Receive receive) => Context.BecomeStacked(receive);
    protected void UnbecomeStacked() => Context.UnbecomeStacked();
    protected void SetReceiveTimeout(TimeSpan? timeout) => Context.SetReceiveTimeout(timeout);

    protected virtual bool AroundReceive(Receive receive, object message)
    {
        if (!receive(message)) Unhandled(message);
        return true;
    }

    internal void RunReceive(Receive receive, object message) => AroundReceive(receive, message);
    public virtual void AroundPreStart() => PreStart();
    public virtual void AroundPostStop()
    {
        (this as IWithTimers)?.Timers.CancelAll();
        PostStop();
    }
    public virtual void AroundPreRestart(Exception cause, object message)
    {
        (this as IWithTimers)?.Timers.CancelAll();
        PreRestart(cause, message);
    }
    public virtual void AroundPostRestart(Exception cause, object message) => PostRestart(cause);
}

/// <summary>An actor with one method for all messages.</summary>
public abstract class UntypedActor : ActorBase
{
    protected new static IUntypedActorContext Context => (IUntypedActorContext)ActorBase.Context;

    protected abstract void OnReceive(object message);

    protected sealed override bool Receive(object message)
    {
        OnReceive(message);
        return true;
    }

    protected void Become(UntypedReceive receive) => Context.Become(receive);
    protected void BecomeStacked(UntypedReceive receive) => Context.BecomeStacked(receive);
}

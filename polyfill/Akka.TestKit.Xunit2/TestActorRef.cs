using Akka.Actor;
using Akka.Dispatch;
using Akka.Dispatch.SysMsg;

namespace Akka.TestKit;

/// <summary>A handle to an actor that runs on the sender's thread, with access to its instance.</summary>
public class TestActorRef<TActor> : IInternalActorRef where TActor : ActorBase
{
    private readonly LocalActorRef _inner;

    public TestActorRef(ActorSystem system, Props actorProps, IActorRef supervisor = null, string name = null)
    {
        if (actorProps.Deploy.Dispatcher == Deploy.NoDispatcherGiven) actorProps = actorProps.WithDispatcher(CallingThreadDispatcher.Id);
        var parent = supervisor == null ? ((ExtendedActorSystem)system).Guardian : (IInternalActorRef)supervisor;
        _inner = (LocalActorRef)((LocalActorRef)parent.Underlying).Cell.ActorOf(actorProps, name);
    }

    public IActorRef Ref => _inner;
    public ActorPath Path => _inner.Path;

    public TActor UnderlyingActor => _inner.IsTerminated
        ? throw new IllegalActorStateException("underlying actor is terminated")
        : (TActor)(_inner.Cell.Actor ?? throw new InvalidOperationException("The actor has not been created"));

    /// <summary>Hands the message to the behaviour directly: what it throws reaches the caller, not the supervisor.</summary>
    public void Receive(object message, IActorRef sender = null) => _inner.Cell.ReceiveForTest(new Envelope(message, sender, _inner.SystemImpl));

    public void Tell(object message, IActorRef sender) => _inner.Tell(message, sender);
    public void Watch(IActorRef subject) => _inner.Cell.Watch(subject);
    public void Unwatch(IActorRef subject) => _inner.Cell.Unwatch(subject);

    IInternalActorRef IInternalActorRef.Parent => _inner.Parent;
    bool IInternalActorRef.IsTerminated => _inner.IsTerminated;
    ActorSystemImpl IInternalActorRef.SystemImpl => _inner.SystemImpl;
    IActorRef IInternalActorRef.Underlying => _inner;
    void IInternalActorRef.Start() => _inner.Start();
    void IInternalActorRef.Stop() => _inner.Stop();
    void IInternalActorRef.Suspend() => _inner.Suspend();
    void IInternalActorRef.Resume(Exception causedByFailure) => _inner.Resume(causedByFailure);
    void IInternalActorRef.Restart(Exception cause) => _inner.Restart(cause);
    void IInternalActorRef.SendSystemMessage(ISystemMessage message) => _inner.SendSystemMessage(message);
    public bool Equals(IActorRef other) => _inner.Equals(other);
    public int CompareTo(IActorRef other) => _inner.CompareTo(other);
    public override bool Equals(object obj) => _inner.Equals(obj);
    public override int GetHashCode() => _inner.GetHashCode();
    public override string ToString() => _inner.ToString();
}

using Akka.Actor;
using Akka.Dispatch.SysMsg;

namespace Akka.TestKit;

/// <summary>A further test actor with its own queue, usable wherever a handle is.</summary>
public class TestProbe(ActorSystem system, ITestKitAssertions assertions, string testProbeName = null)
    : TestKitBase(assertions, system, testProbeName), INoImplicitSender, IInternalActorRef
{
    private IInternalActorRef Inner => (IInternalActorRef)TestActor;

    public IActorRef Ref => TestActor;

    /// <summary>Who sent the last message.</summary>
    public IActorRef Sender => LastSender;

    public void Send(IActorRef actor, object message) => actor.Tell(message, TestActor);
    public void Reply(object message) => Sender.Tell(message, TestActor);
    public void Forward(IActorRef actor) => Forward(actor, LastMessage);
    public void Forward(IActorRef actor, object message) => actor.Tell(message, Sender);

    ActorPath IActorRef.Path => TestActor.Path;
    IInternalActorRef IInternalActorRef.Parent => Inner.Parent;
    bool IInternalActorRef.IsTerminated => Inner.IsTerminated;
    ActorSystemImpl IInternalActorRef.SystemImpl => Inner.SystemImpl;
    IActorRef IInternalActorRef.Underlying => TestActor;
    void ICanTell.Tell(object message, IActorRef sender) => TestActor.Tell(message, sender);
    void IInternalActorRef.Start() => Inner.Start();
    void IInternalActorRef.Stop() => Inner.Stop();
    void IInternalActorRef.Suspend() => Inner.Suspend();
    void IInternalActorRef.Resume(Exception causedByFailure) => Inner.Resume(causedByFailure);
    void IInternalActorRef.Restart(Exception cause) => Inner.Restart(cause);
    void IInternalActorRef.SendSystemMessage(ISystemMessage message) => Inner.SendSystemMessage(message);
    bool IEquatable<IActorRef>.Equals(IActorRef other) => TestActor.Equals(other);
    int IComparable<IActorRef>.CompareTo(IActorRef other) => TestActor.CompareTo(other);
    public override bool Equals(object obj) => TestActor.Equals(obj);
    public override int GetHashCode() => TestActor.GetHashCode();
    public override string ToString() => TestActor.ToString();
}

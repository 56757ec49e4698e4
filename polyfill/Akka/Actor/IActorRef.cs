using Akka.Dispatch.SysMsg;

namespace Akka.Actor;

/// <summary>Anything that takes messages.</summary>
public interface ICanTell
{
    void Tell(object message, IActorRef sender);
}

/// <summary>A handle to an actor: safe on any thread, the same across restarts.</summary>
public interface IActorRef : ICanTell, IEquatable<IActorRef>, IComparable<IActorRef>
{
    ActorPath Path { get; }
}

/// <summary>What the engine itself needs of a handle.</summary>
public interface IInternalActorRef : IActorRef
{
    IInternalActorRef Parent { get; }
    bool IsTerminated { get; }
    internal ActorSystemImpl SystemImpl { get; }

    /// <summary>A test kit's wrapper is equal to what it wraps.</summary>
    internal IActorRef Underlying => this;
    void Start();
    void Stop();
    void Suspend();
    void Resume(Exception causedByFailure = null);
    void Restart(Exception cause);
    void SendSystemMessage(ISystemMessage message);
}

/// <summary>A handle without an actor behind it.</summary>
public abstract class MinimalActorRef : IInternalActorRef
{
    public abstract ActorPath Path { get; }
    internal abstract ActorSystemImpl SystemImpl { get; }
    ActorSystemImpl IInternalActorRef.SystemImpl => SystemImpl;
    public virtual IInternalActorRef Parent => ActorRefs.Nobody;
    public virtual bool IsTerminated => false;
    public virtual void Start() { }
    public virtual void Stop() { }
    public virtual void Suspend() { }
    public virtual void Resume(Exception causedByFailure = null) { }
    public virtual void Restart(Exception cause) { }
    public virtual void SendSystemMessage(ISystemMessage message) { }

    public void Tell(object message, IActorRef sender) => TellInternal(message ?? throw new ArgumentNullException(nameof(message), "The message cannot be null."), sender);
    protected virtual void TellInternal(object message, IActorRef sender) { }

    public bool Equals(IActorRef other) => ReferenceEquals(this, (other as IInternalActorRef)?.Underlying);
    public override bool Equals(object obj) => Equals(obj as IActorRef);
    public override int GetHashCode() => global::System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(this);
    public int CompareTo(IActorRef other) => Path.CompareTo(other?.Path);
    public override string ToString() => $"[{Path}]";
}

/// <summary>Nobody hears what it is told.</summary>
public sealed class Nobody : MinimalActorRef
{
    public static Nobody Instance { get; } = new();
    private Nobody() { }
    public override ActorPath Path { get; } = new RootActorPath(new Address("akka", "all-systems")) / "Nobody";
    internal override ActorSystemImpl SystemImpl => throw new NotSupportedException("Nobody belongs to no system");
}

public static class ActorRefs
{
    /// <summary>A handle that swallows everything.</summary>
    public static readonly Nobody Nobody = Nobody.Instance;

    /// <summary>As a sender: none. The receiver sees the dead letters.</summary>
    public static readonly IActorRef NoSender = null;
}

public static class ActorRefImplicitSenderExtensions
{
    /// <summary>Tells in the name of the actor that runs on this thread, if any.</summary>
    public static void Tell(this IActorRef receiver, object message) => receiver.Tell(message, ActorCell.GetCurrentSelfOrNoSender());

    /// <summary>Tells in the name of the sender of the message being handled.</summary>
    public static void Forward(this IActorRef receiver, object message) => receiver.Tell(message, ActorCell.GetCurrentSenderOrNoSender());
}

public static class ActorRefExtensions
{
    public static bool IsNobody(this IActorRef actorRef) => actorRef is null or Actor.Nobody;
}

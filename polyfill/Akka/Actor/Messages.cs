using Akka.Event;

namespace Akka.Actor;

/// <summary>Handled by the engine before an actor sees it.</summary>
public interface IAutoReceivedMessage;

/// <summary>Can end its receiver.</summary>
public interface IPossiblyHarmful;

/// <summary>Does not count as a sign of life for the receive timeout.</summary>
public interface INotInfluenceReceiveTimeout;

/// <summary>Stops its receiver once the messages before it have been handled.</summary>
public sealed class PoisonPill : IAutoReceivedMessage, IPossiblyHarmful, IDeadLetterSuppression
{
    public static PoisonPill Instance { get; } = new();
    private PoisonPill() { }
    public override string ToString() => "<PoisonPill>";
}

/// <summary>Makes its receiver throw <see cref="ActorKilledException"/>.</summary>
public sealed class Kill : IAutoReceivedMessage
{
    public static Kill Instance { get; } = new();
    private Kill() { }
    public override string ToString() => "<Kill>";
}

/// <summary>A watched actor has stopped.</summary>
public sealed class Terminated(IActorRef actorRef, bool existenceConfirmed, bool addressTerminated) : IAutoReceivedMessage, IPossiblyHarmful, IDeadLetterSuppression
{
    public IActorRef ActorRef => actorRef;
    public bool ExistenceConfirmed => existenceConfirmed;
    public bool AddressTerminated => addressTerminated;
    public override string ToString() => $"<Terminated>: {actorRef} - ExistenceConfirmed={existenceConfirmed}";
}

/// <summary>Answered with <see cref="ActorIdentity"/>, also when there is no such actor.</summary>
public sealed class Identify(object messageId) : IAutoReceivedMessage, INotInfluenceReceiveTimeout
{
    public object MessageId => messageId;
    internal void AnswerFor(IActorRef subject, IActorRef sender) => sender?.Tell(new ActorIdentity(messageId, subject), subject);
}

public sealed class ActorIdentity(object messageId, IActorRef subject)
{
    public object MessageId => messageId;
    public IActorRef Subject => subject;
}

/// <summary>No message came for the time set with SetReceiveTimeout.</summary>
public class ReceiveTimeout : IPossiblyHarmful
{
    public static ReceiveTimeout Instance { get; } = new();
    private ReceiveTimeout() { }
}

/// <summary>How an operation ended, as a message; a failure makes an Ask throw.</summary>
public abstract class Status
{
    public sealed class Success(object status) : Status
    {
        public readonly object Status = status;
        public override string ToString() => $"Success: {Status ?? "null"}";
    }

    public sealed class Failure(Exception cause, object state) : Status
    {
        public readonly Exception Cause = cause;
        public readonly object State = state;
        public Failure(Exception cause) : this(cause, null) { }
        public override string ToString() => $"Failure: {Cause}";
    }
}

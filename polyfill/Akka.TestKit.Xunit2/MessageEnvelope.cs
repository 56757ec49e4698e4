using Akka.Actor;

namespace Akka.TestKit;

/// <summary>A message that a test actor got, and its sender.</summary>
public abstract class MessageEnvelope
{
    public abstract object Message { get; }
    public abstract IActorRef Sender { get; }
}

public class RealMessageEnvelope(object message, IActorRef sender) : MessageEnvelope
{
    public override object Message => message;
    public override IActorRef Sender => sender;
    public override string ToString() => $"<{message ?? "null"}> from {sender}";
}

/// <summary>Stands for no message.</summary>
public sealed class NullMessageEnvelope : MessageEnvelope
{
    public static readonly NullMessageEnvelope Instance = new();
    private NullMessageEnvelope() { }
    public override object Message => throw new IllegalActorStateException("last receive did not dequeue a message");
    public override IActorRef Sender => throw new IllegalActorStateException("last receive did not dequeue a message");
}

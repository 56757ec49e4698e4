namespace Akka.Actor;

/// <summary>A message and who sent it.</summary>
public readonly struct Envelope(object message, IActorRef sender)
{
    /// <summary>Without a sender, the dead letters stand in for one.</summary>
    public Envelope(object message, IActorRef sender, ActorSystem system) : this(message, sender ?? system.DeadLetters) { }

    public object Message { get; } = message;
    public IActorRef Sender { get; } = sender;
    public override string ToString() => $"<{Message}> from {(Sender == null ? "NoSender" : Sender.ToString())}";
}

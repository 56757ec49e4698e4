using Akka.Dispatch.SysMsg;
using Akka.Event;

namespace Akka.Actor;

/// <summary>Publishes what nobody got as <see cref="DeadLetter"/> on the event stream.</summary>
internal sealed class DeadLetterActorRef(ActorSystemImpl system) : MinimalActorRef
{
    public override ActorPath Path { get; } = system.RootPath / "deadLetters";
    internal override ActorSystemImpl SystemImpl => system;

    protected override void TellInternal(object message, IActorRef sender)
    {
        switch (message)
        {
            case DeadLetter { Message: Identify lost }: lost.AnswerFor(null, sender); break;
            case DeadLetter { Message: IDeadLetterSuppression }: break;
            case AllDeadLetters letter: system.EventStream.Publish(letter); break;
            case Identify identify: identify.AnswerFor(null, sender); break;
            case IDeadLetterSuppression: break;
            default: system.EventStream.Publish(new DeadLetter(message, sender ?? this, this)); break;
        }
    }

    public override void SendSystemMessage(ISystemMessage message) => AnswerForTheDead(this, message);

    /// <summary>Who starts to watch an actor that is gone learns so.</summary>
    public static void AnswerForTheDead(IInternalActorRef receiver, ISystemMessage message)
    {
        if (message is Watch watch && watch.Watcher != receiver)
            watch.Watcher.SendSystemMessage(new DeathWatchNotification(watch.Watchee, existenceConfirmed: false));
    }
}

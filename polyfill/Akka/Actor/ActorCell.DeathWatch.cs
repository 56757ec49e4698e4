using Akka.Dispatch.SysMsg;

namespace Akka.Actor;

// Who watches whom.
public sealed partial class ActorCell
{
    private readonly Dictionary<IActorRef, object> _watching = [];
    private readonly HashSet<IInternalActorRef> _watchedBy = [];

    /// <summary>Ended, but the message about it still lies in our mailbox.</summary>
    private readonly Dictionary<IActorRef, object> _terminatedQueued = [];

    public IActorRef Watch(IActorRef subject) => WatchWith(subject, null);

    public IActorRef WatchWith(IActorRef subject, object message)
    {
        if (!subject.Equals(_self) && _watching.TryAdd(subject, message))
            ((IInternalActorRef)subject).SendSystemMessage(new Watch((IInternalActorRef)subject, _self));
        return subject;
    }

    public IActorRef Unwatch(IActorRef subject)
    {
        if (_watching.Remove(subject))
            ((IInternalActorRef)subject).SendSystemMessage(new Unwatch((IInternalActorRef)subject, _self));
        _terminatedQueued.Remove(subject);
        return subject;
    }

    private void AddWatcher(Watch watch)
    {
        if (watch.Watchee.Equals(_self)) _watchedBy.Add(watch.Watcher);
    }

    private void RemoveWatcher(Unwatch unwatch)
    {
        if (unwatch.Watchee.Equals(_self)) _watchedBy.Remove(unwatch.Watcher);
    }

    private void HandleDeath(DeathWatchNotification death)
    {
        // Through our own mailbox, so that it comes after everything that the dead one sent.
        if (_watching.Remove(death.Actor, out var message) && _waitReason != Reason.Termination)
        {
            _terminatedQueued[death.Actor] = message;
            Self.Tell(new Terminated(death.Actor, death.ExistenceConfirmed, false), death.Actor);
        }
        if (StatsOf(death.Actor) != null) RemoveChild(death.Actor);
    }

    private void DeliverTerminated(Terminated terminated)
    {
        if (!_terminatedQueued.Remove(terminated.ActorRef, out var message)) return;
        if (message != null) CurrentMessage = message;
        Deliver(message ?? terminated);
    }

    private void TellWatchers()
    {
        // The parent is told in any case.
        foreach (var watcher in _watchedBy)
            if (!watcher.Equals(ParentRef)) watcher.SendSystemMessage(new DeathWatchNotification(_self, existenceConfirmed: true));
        _watchedBy.Clear();
    }

    private void UnwatchAll()
    {
        foreach (var subject in _watching.Keys)
            ((IInternalActorRef)subject).SendSystemMessage(new Unwatch((IInternalActorRef)subject, _self));
        _watching.Clear();
        _terminatedQueued.Clear();
    }
}

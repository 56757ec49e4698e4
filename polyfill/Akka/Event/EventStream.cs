using System.Collections.Concurrent;
using Akka.Actor;

namespace Akka.Event;

/// <summary>The log levels that are published at all.</summary>
public class LoggingBus
{
    public LogLevel LogLevel { get; private set; }
    public void SetLogLevel(LogLevel logLevel) => LogLevel = logLevel;
}

/// <summary>Brings events to the actors that subscribed to their class, or to one that it derives from.</summary>
public class EventStream(bool debug) : LoggingBus
{
    private readonly Lock _gate = new();
    private readonly List<(IActorRef Subscriber, Type Channel)> _subscriptions = [];
    private readonly ConcurrentDictionary<Type, IActorRef[]> _receivers = new();

    internal bool IsDebug => debug;

    public virtual bool Subscribe(IActorRef subscriber, Type channel)
    {
        ArgumentNullException.ThrowIfNull(subscriber);
        lock (_gate)
        {
            if (_subscriptions.Contains((subscriber, channel))) return false;
            _subscriptions.Add((subscriber, channel));
            _receivers.Clear();
            return true;
        }
    }

    public virtual bool Unsubscribe(IActorRef subscriber, Type channel) => Remove(s => s.Subscriber.Equals(subscriber) && s.Channel == channel);

    public virtual bool Unsubscribe(IActorRef subscriber) => Remove(s => s.Subscriber.Equals(subscriber));

    public void Publish(object @event)
    {
        if (!_receivers.TryGetValue(@event.GetType(), out var receivers)) receivers = FindReceivers(@event.GetType());
        foreach (var receiver in receivers)
        {
            if (receiver is IInternalActorRef { IsTerminated: true }) Unsubscribe(receiver);
            else receiver.Tell(@event, ActorRefs.NoSender);
        }
    }

    private IActorRef[] FindReceivers(Type type)
    {
        lock (_gate)
            return _receivers[type] = [.. _subscriptions.Where(s => s.Channel.IsAssignableFrom(type)).Select(s => s.Subscriber).Distinct()];
    }

    private bool Remove(Predicate<(IActorRef Subscriber, Type Channel)> which)
    {
        lock (_gate)
        {
            _receivers.Clear();
            return _subscriptions.RemoveAll(which) > 0;
        }
    }
}

public static class EventStreamExtensions
{
    public static bool Subscribe<TChannel>(this EventStream eventStream, IActorRef subscriber) => eventStream.Subscribe(subscriber, typeof(TChannel));
    public static bool Unsubscribe<TChannel>(this EventStream eventStream, IActorRef subscriber) => eventStream.Unsubscribe(subscriber, typeof(TChannel));
}

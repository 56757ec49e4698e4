using Akka.Actor;

namespace Akka.TestKit;

/// <summary>Queues what it gets, on the sender's thread, for the test to look at.</summary>
internal sealed class InternalTestActor(TestQueue queue) : ActorBase
{
    private Func<object, bool> _ignore;
    private AutoPilot _pilot = NoAutoPilot.Instance;

    public sealed record SetIgnore(Func<object, bool> Ignore);
    public sealed record SetAutoPilot(AutoPilot Pilot);
    public sealed record Watch(IActorRef Actor);
    public sealed record Unwatch(IActorRef Actor);

    protected override bool Receive(object message)
    {
        switch (message)
        {
            case SetIgnore set: _ignore = set.Ignore; return true;
            case SetAutoPilot set: _pilot = set.Pilot; return true;
            case Watch watch: Context.Watch(watch.Actor); return true;
            case Unwatch unwatch: Context.Unwatch(unwatch.Actor); return true;
        }
        if (_pilot is not NoAutoPilot)
        {
            var next = _pilot.Run(Sender, message);
            if (next is not KeepRunning) _pilot = next;
        }
        if (_ignore?.Invoke(message) != true) queue.Add(new RealMessageEnvelope(message, Sender));
        return true;
    }
}

/// <summary>What a test actor got and the test has not taken yet.</summary>
internal sealed class TestQueue
{
    private readonly LinkedList<MessageEnvelope> _messages = new();

    public bool HasMessages
    {
        get { lock (_messages) return _messages.Count > 0; }
    }

    public void Add(MessageEnvelope envelope)
    {
        lock (_messages)
        {
            _messages.AddLast(envelope);
            Monitor.Pulse(_messages);
        }
    }

    /// <param name="timeout">Negative: for ever.</param>
    /// <param name="remove">False only looks.</param>
    /// <returns>Null when none came in time.</returns>
    public MessageEnvelope Take(TimeSpan timeout, bool remove)
    {
        var deadline = timeout < TimeSpan.Zero ? long.MaxValue : Environment.TickCount64 + (long)Math.Ceiling(timeout.TotalMilliseconds);
        lock (_messages)
        {
            while (_messages.Count == 0)
            {
                var left = deadline - Environment.TickCount64;
                if (left <= 0) return null;
                Monitor.Wait(_messages, (int)Math.Min(left, int.MaxValue));
            }
            var first = _messages.First.Value;
            if (remove) _messages.RemoveFirst();
            return first;
        }
    }
}

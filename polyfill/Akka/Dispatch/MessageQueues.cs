using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Event;

namespace Akka.Dispatch.MessageQueues;

/// <summary>The queue inside a mailbox: any thread enqueues, one at a time dequeues.</summary>
public interface IMessageQueue
{
    bool HasMessages { get; }
    int Count { get; }
    void Enqueue(IActorRef receiver, Envelope envelope);
    bool TryDequeue(out Envelope envelope);

    /// <summary>Called when the owner has stopped; what is left belongs to the dead letters.</summary>
    void CleanUp(IActorRef owner, IMessageQueue deadletters);
}

/// <summary>A lock-free queue without a limit.</summary>
public class UnboundedMessageQueue : IMessageQueue, IUnboundedMessageQueueSemantics
{
    private readonly ConcurrentQueue<Envelope> _queue = new();

    public bool HasMessages => !_queue.IsEmpty;
    public int Count => _queue.Count;
    public void Enqueue(IActorRef receiver, Envelope envelope) => _queue.Enqueue(envelope);
    public bool TryDequeue(out Envelope envelope) => _queue.TryDequeue(out envelope);
    public void CleanUp(IActorRef owner, IMessageQueue deadletters) => QueueCleaner.Move(this, owner, deadletters);
}

/// <summary>A queue with room for so many messages; who finds it full waits, and then sends to the dead letters.</summary>
public class BoundedMessageQueue(int boundedCapacity, TimeSpan pushTimeOut) : IMessageQueue, IBoundedMessageQueueSemantics
{
    private readonly BlockingCollection<Envelope> _queue = new(boundedCapacity);

    public TimeSpan PushTimeOut { get; set; } = pushTimeOut;
    public bool HasMessages => _queue.Count > 0;
    public int Count => _queue.Count;
    public bool TryDequeue(out Envelope envelope) => _queue.TryTake(out envelope);
    public void CleanUp(IActorRef owner, IMessageQueue deadletters) => QueueCleaner.Move(this, owner, deadletters);

    public void Enqueue(IActorRef receiver, Envelope envelope)
    {
        if (!_queue.TryAdd(envelope, PushTimeOut))
            ((IInternalActorRef)receiver).SystemImpl.DeadLetters.Tell(new DeadLetter(envelope.Message, envelope.Sender, receiver), envelope.Sender);
    }
}

/// <summary>An unbounded queue whose owner may also put messages in front, as stashing needs it.</summary>
public class UnboundedDequeMessageQueue : IMessageQueue, IUnboundedDequeBasedMessageQueueSemantics
{
    private readonly ConcurrentStack<Envelope> _front = new();
    private readonly ConcurrentQueue<Envelope> _back = new();

    public bool HasMessages => !_front.IsEmpty || !_back.IsEmpty;
    public int Count => _front.Count + _back.Count;
    public void Enqueue(IActorRef receiver, Envelope envelope) => _back.Enqueue(envelope);
    public void EnqueueFirst(Envelope envelope) => _front.Push(envelope);
    public bool TryDequeue(out Envelope envelope) => _front.TryPop(out envelope) || _back.TryDequeue(out envelope);
    public void CleanUp(IActorRef owner, IMessageQueue deadletters) => QueueCleaner.Move(this, owner, deadletters);
}

internal sealed class DeadLetterMessageQueue(ActorSystemImpl system) : IMessageQueue
{
    public bool HasMessages => false;
    public int Count => 0;
    public bool TryDequeue(out Envelope envelope) => (envelope = default) is { Message: not null };
    public void CleanUp(IActorRef owner, IMessageQueue deadletters) { }

    public void Enqueue(IActorRef receiver, Envelope envelope) => system.DeadLetters.Tell(
        envelope.Message is AllDeadLetters ? envelope.Message : new DeadLetter(envelope.Message, envelope.Sender, receiver), envelope.Sender);
}

internal static class QueueCleaner
{
    public static void Move(IMessageQueue from, IActorRef owner, IMessageQueue deadletters)
    {
        while (from.TryDequeue(out var envelope)) deadletters.Enqueue(owner, envelope);
    }
}

using Akka.Actor;
using Akka.Dispatch.MessageQueues;

namespace Akka.Dispatch;

/// <summary>A promise that a message queue makes to its actor.</summary>
public interface ISemantics;

public interface IUnboundedMessageQueueSemantics : ISemantics;

public interface IBoundedMessageQueueSemantics : ISemantics
{
    /// <summary>How long a sender may wait for room.</summary>
    TimeSpan PushTimeOut { get; }
}

public interface IDequeBasedMessageQueueSemantics : ISemantics
{
    void EnqueueFirst(Envelope envelope);
}

public interface IUnboundedDequeBasedMessageQueueSemantics : IDequeBasedMessageQueueSemantics, IUnboundedMessageQueueSemantics;

/// <summary>On an actor class: its mailbox must have these semantics.</summary>
public interface IRequiresMessageQueue<T> where T : ISemantics;

/// <summary>On a mailbox type: the class of queue that it creates.</summary>
public interface IProducesMessageQueue<TQueue> where TQueue : IMessageQueue;

using Akka.Actor;
using Akka.Dispatch.MessageQueues;
using Akka.Dispatch.SysMsg;

namespace Akka.Dispatch;

/// <summary>
/// An actor's queues and the right to drain them. Whoever enqueues tries to claim the mailbox and hands it to the
/// dispatcher; whoever runs it gives the claim back first and only then looks for messages that came meanwhile. Hence a
/// message is always seen by its sender's claim or by the last look of the one who held the claim.
/// </summary>
public class Mailbox(IMessageQueue messageQueue) : IRunnable
{
    private readonly SystemMessageQueue _system = new();
    private MailboxStatus _status;
    private ActorCell _actor;

    public IMessageQueue MessageQueue { get; } = messageQueue;

    public MessageDispatcher Dispatcher => _actor.Dispatcher;

    internal bool IsClosed => _status.IsClosed;

    internal void Bind(ActorCell actor) => Volatile.Write(ref _actor, actor);

    internal void Enqueue(IActorRef receiver, Envelope envelope) => MessageQueue.Enqueue(receiver, envelope);

    internal virtual void SystemEnqueue(IInternalActorRef receiver, SystemMessage message)
    {
        if (!_system.TryEnqueue(message)) receiver.SystemImpl.DeadLetterMailbox.SystemEnqueue(receiver, message);
    }

    internal bool CanBeScheduled(bool hasMessageHint, bool hasSystemMessageHint)
    {
        if (_status.IsClosed) return false;
        if (_status.IsSuspended) return hasSystemMessageHint || _system.HasMessages;
        return hasMessageHint || hasSystemMessageHint || _system.HasMessages || MessageQueue.HasMessages;
    }

    internal bool SetAsScheduled() => _status.TrySetScheduled();
    internal void Suspend() => _status.Suspend();
    internal bool Resume() => _status.Resume();

    /// <summary>Handles messages until the queue is empty or the dispatcher's throughput is used up.</summary>
    public void Run()
    {
        try
        {
            if (_status.IsClosed) return;
            var outer = ActorCell.Current;
            ActorCell.Current = _actor;
            try
            {
                ProcessSystemMessages();
                ProcessMessages();
            }
            finally
            {
                ActorCell.Current = outer;
            }
        }
        finally
        {
            _status.SetIdle();
            Dispatcher.RegisterForExecution(this, false, false);
        }
    }

    public void Execute() => Run();

    private void ProcessMessages()
    {
        var deadline = Dispatcher.ThroughputDeadlineTime is > 0 and var ticks ? Environment.TickCount64 + ticks / TimeSpan.TicksPerMillisecond : long.MaxValue;
        for (var left = Math.Max(1, Dispatcher.Throughput); left > 0 && _status.MayProcess; left--)
        {
            if (!MessageQueue.TryDequeue(out var next)) return;
            _actor.Invoke(next);
            ProcessSystemMessages();
            if (deadline != long.MaxValue && Environment.TickCount64 >= deadline) return;
        }
    }

    private void ProcessSystemMessages()
    {
        for (var message = _system.Drain(); message != null; message = _system.Drain())
        {
            while (message != null)
            {
                var next = message.Next;
                message.Next = null;
                if (_status.IsClosed) ToDeadLetters(message);
                else _actor.SystemInvoke(message);
                message = next;
            }
        }
    }

    private protected void Close() => _status.Close();

    internal void CloseAndCleanUp()
    {
        Close();
        for (SystemMessage message = _system.Close(), next; message != null; message = next)
        {
            next = message.Next;
            message.Next = null;
            ToDeadLetters(message);
        }
        MessageQueue.CleanUp(_actor.Self, _actor.SystemImpl.DeadLetterMailbox.MessageQueue);
    }

    private void ToDeadLetters(SystemMessage message) => _actor.SystemImpl.DeadLetterMailbox.SystemEnqueue((IInternalActorRef)_actor.Self, message);
}

/// <summary>What a stopped actor has for a mailbox: everything becomes a dead letter.</summary>
internal sealed class DeadLetterMailbox : Mailbox
{
    public DeadLetterMailbox(ActorSystemImpl system) : base(new DeadLetterMessageQueue(system)) => Close();

    internal override void SystemEnqueue(IInternalActorRef receiver, SystemMessage message) => DeadLetterActorRef.AnswerForTheDead(receiver, message);
}

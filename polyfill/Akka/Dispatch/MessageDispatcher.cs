using Akka.Actor;
using Akka.Dispatch.SysMsg;
using Akka.Event;

namespace Akka.Dispatch;

/// <summary>
/// Decides on which thread mailboxes run. An implementation overrides <see cref="ExecuteTask"/>: it is called with a
/// mailbox that the caller has claimed and that nobody else will run until its <see cref="IRunnable.Run"/> has returned.
/// </summary>
public abstract class MessageDispatcher
{
    public const int DefaultThroughput = 100;
    private long _inhabitants;

    protected MessageDispatcher(MessageDispatcherConfigurator configurator)
    {
        Configurator = configurator;
        Throughput = DefaultThroughput;
    }

    public MessageDispatcherConfigurator Configurator { get; }
    public EventStream EventStream => Configurator.Prerequisites.EventStream;
    public Mailboxes Mailboxes => Configurator.Prerequisites.Mailboxes;
    public string Id { get; protected set; }

    /// <summary>Messages per run of a mailbox.</summary>
    public int Throughput { get; set; }

    /// <summary>Ticks of 100 ns per run of a mailbox; null or 0 is no limit.</summary>
    public long? ThroughputDeadlineTime { get; protected set; }

    public TimeSpan ShutdownTimeout { get; protected set; }

    /// <summary>Actors and scheduled actions that this dispatcher serves.</summary>
    protected long Inhabitants => Volatile.Read(ref _inhabitants);

    protected abstract void ExecuteTask(IRunnable run);

    /// <summary>Gives threads back. More work may still come, after which this is called again.</summary>
    protected abstract void Shutdown();

    public void Schedule(Action run) => Schedule(new ActionRunnable(run));

    public void Schedule(IRunnable run)
    {
        Interlocked.Increment(ref _inhabitants);
        ExecuteTask(new ActionRunnable(() =>
        {
            try
            {
                run.Run();
            }
            finally
            {
                Leave();
            }
        }));
    }

    protected void ReportFailure(Exception ex) => EventStream.Publish(new Error(ex, GetType().FullName, GetType(), ex.Message));

    public virtual void Dispatch(ActorCell cell, Envelope envelope)
    {
        var mailbox = cell.Mailbox;
        mailbox.Enqueue(cell.Self, envelope);
        // A queue's enqueue need not be a fence, but the status must not be read before the message can be seen.
        Interlocked.MemoryBarrier();
        RegisterForExecution(mailbox, true, false);
    }

    public virtual void SystemDispatch(ActorCell cell, SystemMessage message)
    {
        var mailbox = cell.Mailbox;
        mailbox.SystemEnqueue((IInternalActorRef)cell.Self, message);
        RegisterForExecution(mailbox, false, true);
    }

    public virtual void Attach(ActorCell cell)
    {
        Register(cell);
        RegisterForExecution(cell.Mailbox, false, true);
    }

    public virtual void Detach(ActorCell cell)
    {
        Unregister(cell);
        Leave();
    }

    internal virtual void Register(ActorCell cell) => Interlocked.Increment(ref _inhabitants);

    internal virtual void Unregister(ActorCell cell) => cell.SwapMailbox(cell.SystemImpl.DeadLetterMailbox).CloseAndCleanUp();

    internal bool RegisterForExecution(Mailbox mailbox, bool hasMessageHint, bool hasSystemMessageHint)
    {
        if (!mailbox.CanBeScheduled(hasMessageHint, hasSystemMessageHint) || !mailbox.SetAsScheduled()) return false;
        ExecuteTask(mailbox);
        return true;
    }

    internal void ShutdownNow() => Shutdown();

    private void Leave()
    {
        if (Interlocked.Decrement(ref _inhabitants) == 0)
            Configurator.Prerequisites.Settings.SystemImpl.WhenIdle(ShutdownTimeout, () =>
            {
                if (Inhabitants == 0) Shutdown();
            });
    }
}

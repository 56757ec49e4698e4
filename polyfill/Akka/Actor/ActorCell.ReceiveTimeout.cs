namespace Akka.Actor;

// One message when none has come for a while.
public sealed partial class ActorCell
{
    private TimeSpan? _receiveTimeout;
    private ICancelable _receiveTimeoutTask;

    public TimeSpan? ReceiveTimeout => _receiveTimeout;

    public void SetReceiveTimeout(TimeSpan? timeout)
    {
        _receiveTimeout = timeout;
        CancelReceiveTimeout();
        // Within a handler the timer starts when the handler is done.
        if (CurrentMessage == null) StartReceiveTimeout();
    }

    private void StartReceiveTimeout()
    {
        CancelReceiveTimeout();
        if (_receiveTimeout is { } timeout && !IsTerminated)
            _receiveTimeoutTask = System.Scheduler.ScheduleTellOnceCancelable(timeout, Self, global::Akka.Actor.ReceiveTimeout.Instance, ActorRefs.NoSender);
    }

    private void CancelReceiveTimeout()
    {
        _receiveTimeoutTask?.Cancel();
        _receiveTimeoutTask = null;
    }
}

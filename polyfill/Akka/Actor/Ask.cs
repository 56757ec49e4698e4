using System.Globalization;
using Akka.Dispatch.SysMsg;

namespace Akka.Actor;

/// <summary>Questions: a message whose answer is a task.</summary>
public static class Futures
{
    public static Task<object> Ask(this ICanTell self, object message, TimeSpan? timeout = null) => self.Ask<object>(message, timeout, CancellationToken.None);

    public static Task<object> Ask(this ICanTell self, object message, CancellationToken cancellationToken) => self.Ask<object>(message, null, cancellationToken);

    public static Task<object> Ask(this ICanTell self, object message, TimeSpan? timeout, CancellationToken cancellationToken) =>
        self.Ask<object>(message, timeout, cancellationToken);

    public static Task<T> Ask<T>(this ICanTell self, object message, TimeSpan? timeout = null) => self.Ask<T>(message, timeout, CancellationToken.None);

    public static Task<T> Ask<T>(this ICanTell self, object message, CancellationToken cancellationToken) => self.Ask<T>(message, null, cancellationToken);

    public static Task<T> Ask<T>(this ICanTell self, object message, TimeSpan? timeout, CancellationToken cancellationToken) =>
        self.Ask<T>(_ => message, timeout, cancellationToken);

    /// <summary>The task ends with the first answer, with the cause of a <see cref="Status.Failure"/>, or with <see cref="AskTimeoutException"/>.</summary>
    public static Task<T> Ask<T>(this ICanTell self, Func<IActorRef, object> messageFactory, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        var system = (self as IInternalActorRef)?.SystemImpl ?? throw new ArgumentException("Unable to resolve the target Provider", nameof(self));
        // Whoever answers must not run what waits for the answer.
        var result = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        LimitTime(result, timeout ?? system.Settings.AskTimeout, cancellationToken);
        var future = new FutureActorRef<T>(system, result);
        self.Tell(messageFactory(future), future);
        return result.Task;
    }

    private static void LimitTime<T>(TaskCompletionSource<T> result, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (timeout > TimeSpan.Zero)
        {
            var timer = new CancellationTokenSource(timeout);
            timer.Token.Register(() => result.TrySetException(new AskTimeoutException(
                string.Create(CultureInfo.InvariantCulture, $"Timeout after {timeout.TotalSeconds:F2} seconds"))));
            result.Task.ContinueWith(_ => timer.Dispose(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
        if (!cancellationToken.CanBeCanceled) return;
        var registration = cancellationToken.Register(() => result.TrySetCanceled(cancellationToken));
        result.Task.ContinueWith(_ => registration.Dispose(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }
}

/// <summary>The sender of a question: takes one answer.</summary>
internal sealed class FutureActorRef<T>(ActorSystemImpl system, TaskCompletionSource<T> result) : MinimalActorRef
{
    private ActorPath _path;

    public override ActorPath Path => _path ?? Interlocked.CompareExchange(ref _path, system.NextTempPath(), null) ?? _path;
    internal override ActorSystemImpl SystemImpl => system;

    public override void SendSystemMessage(ISystemMessage message)
    {
        if (message is DeathWatchNotification death) Tell(new Terminated(death.Actor, death.ExistenceConfirmed, false), death.Actor);
    }

    protected override void TellInternal(object message, IActorRef sender)
    {
        var taken = message switch
        {
            T answer => result.TrySetResult(answer),
            Status.Failure failure => result.TrySetException(failure.Cause ?? new TaskCanceledException("Status.Failure with no cause")),
            _ => result.TrySetException(new ArgumentException($"Received message of type [{message.GetType()}] - Ask expected message of type [{typeof(T)}]")),
        };
        if (!taken) system.DeadLetters.Tell(message, sender);
    }
}

public static class GracefulStopSupport
{
    public static Task<bool> GracefulStop(this IActorRef target, TimeSpan timeout) => GracefulStop(target, timeout, PoisonPill.Instance);

    /// <summary>Sends the stop message and waits for the actor's end; false when it lives on after the timeout.</summary>
    public static async Task<bool> GracefulStop(this IActorRef target, TimeSpan timeout, object stopMessage)
    {
        var subject = (IInternalActorRef)target;
        var end = new TaskCompletionSource<Terminated>(TaskCreationOptions.RunContinuationsAsynchronously);
        var watcher = new FutureActorRef<Terminated>(subject.SystemImpl, end);
        subject.SendSystemMessage(new Watch(subject, watcher));
        target.Tell(stopMessage, ActorRefs.NoSender);
        try
        {
            await end.Task.WaitAsync(timeout).ConfigureAwait(false);
            return true;
        }
        catch (TimeoutException)
        {
            subject.SendSystemMessage(new Unwatch(subject, watcher));
            return false;
        }
    }
}

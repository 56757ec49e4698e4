namespace Akka.Actor;

/// <summary>Sends what a task ends with to an actor: its result, or a <see cref="Status.Failure"/>.</summary>
public static class PipeToSupport
{
    public static async Task PipeTo<T>(this Task<T> taskToPipe, ICanTell recipient, IActorRef sender = null, Func<T, object> success = null, Func<Exception, object> failure = null)
    {
        sender ??= ActorCell.GetCurrentSelfOrNoSender();
        object message;
        try
        {
            var result = await taskToPipe.ConfigureAwait(false);
            message = success == null ? result : success(result);
        }
        catch (Exception e)
        {
            message = failure == null ? new Status.Failure(e) : failure(e);
        }
        recipient.Tell(message, sender);
    }

    public static async Task PipeTo(this Task taskToPipe, ICanTell recipient, IActorRef sender = null, Func<object> success = null, Func<Exception, object> failure = null)
    {
        sender ??= ActorCell.GetCurrentSelfOrNoSender();
        object message;
        try
        {
            await taskToPipe.ConfigureAwait(false);
            message = success?.Invoke();
        }
        catch (Exception e)
        {
            message = failure == null ? new Status.Failure(e) : failure(e);
        }
        if (message != null) recipient.Tell(message, sender);
    }
}

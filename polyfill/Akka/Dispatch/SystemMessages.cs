using Akka.Actor;

namespace Akka.Dispatch.SysMsg;

/// <summary>Marks the messages by which the engine itself steers actors.</summary>
public interface ISystemMessage;

/// <summary>A message of the engine. It overtakes user messages and is linked into at most one queue, once.</summary>
public abstract class SystemMessage : ISystemMessage
{
    internal SystemMessage Next { get; set; }
}

internal sealed class NoMessage : SystemMessage;
internal sealed class Create : SystemMessage;
internal sealed class Suspend : SystemMessage;
internal sealed class Resume(Exception causedByFailure) : SystemMessage { public Exception CausedByFailure => causedByFailure; }
internal sealed class Recreate(Exception cause) : SystemMessage { public Exception Cause => cause; }
internal sealed class Terminate : SystemMessage;
internal sealed class Watch(IInternalActorRef watchee, IInternalActorRef watcher) : SystemMessage
{
    public IInternalActorRef Watchee => watchee;
    public IInternalActorRef Watcher => watcher;
}
internal sealed class Unwatch(IInternalActorRef watchee, IInternalActorRef watcher) : SystemMessage
{
    public IInternalActorRef Watchee => watchee;
    public IInternalActorRef Watcher => watcher;
}
internal sealed class Failed(IActorRef child, Exception cause) : SystemMessage
{
    public IActorRef Child => child;
    public Exception Cause => cause;
}
internal sealed class DeathWatchNotification(IActorRef actor, bool existenceConfirmed) : SystemMessage
{
    public IActorRef Actor => actor;
    public bool ExistenceConfirmed => existenceConfirmed;
}

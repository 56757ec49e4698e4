namespace Akka.Actor;

/// <summary>Root of the engine's exceptions.</summary>
public abstract class AkkaException(string message, Exception cause = null) : Exception(message, cause)
{
    protected Exception Cause => InnerException;
}

public class InvalidActorNameException(string message) : AkkaException(message);

public class InvalidMessageException(string message) : AkkaException(message)
{
    public InvalidMessageException() : this("Message is null") { }
}

public class IllegalActorStateException(string message) : AkkaException(message);

/// <summary>What a <see cref="Kill"/> makes its receiver throw.</summary>
public class ActorKilledException(string message) : AkkaException(message)
{
    public ActorKilledException() : this("Kill") { }
}

/// <summary>An actor could not be constructed, or failed in PreStart.</summary>
public class ActorInitializationException(IActorRef actor, string message, Exception cause = null) : AkkaException(message, cause)
{
    public ActorInitializationException(string message) : this(null, message) { }
    public ActorInitializationException(string message, Exception cause) : this(null, message, cause) { }
    public IActorRef Actor { get; } = actor;
}

/// <summary>A new instance failed in PostRestart.</summary>
public class PostRestartException(IActorRef actor, Exception cause, Exception originalCause)
    : ActorInitializationException(actor, $"Exception post restart ({(originalCause == null ? "null" : originalCause.GetType().ToString())})", cause)
{
    public Exception OriginalCause { get; } = originalCause;
}

/// <summary>A watched actor ended and the watcher did not handle <see cref="Terminated"/>.</summary>
public class DeathPactException(IActorRef deadActor) : AkkaException("Monitored actor [" + deadActor + "] terminated")
{
    public IActorRef DeadActor { get; } = deadActor;
}

/// <summary>No answer came in time.</summary>
public class AskTimeoutException(string message) : AkkaException(message);

/// <summary>The scheduler has been shut down.</summary>
public class SchedulerException(string message) : AkkaException(message);

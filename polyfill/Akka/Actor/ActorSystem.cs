using Akka.Configuration;
using Akka.Dispatch;
using Akka.Event;

namespace Akka.Actor;

/// <summary>A tree of actors with its configuration, dispatchers, scheduler and event stream.</summary>
public abstract class ActorSystem : IActorRefFactory, IDisposable
{
    public static ActorSystem Create(string name) => Create(name, ConfigurationFactory.Empty);

    /// <param name="name">Letters, digits and dashes.</param>
    /// <param name="config">Falls back on the engine's reference configuration.</param>
    public static ActorSystem Create(string name, Config config) => new ActorSystemImpl(name, config).StartUp();

    public abstract string Name { get; }
    public abstract Settings Settings { get; }
    public abstract IScheduler Scheduler { get; }
    public abstract EventStream EventStream { get; }
    public abstract ILoggingAdapter Log { get; }
    public abstract Dispatchers Dispatchers { get; }
    public abstract Mailboxes Mailboxes { get; }
    public abstract IActorRef DeadLetters { get; }

    /// <summary>Ends when all actors have stopped.</summary>
    public abstract Task WhenTerminated { get; }

    public abstract IActorRef ActorOf(Props props, string name = null);
    public abstract void Stop(IActorRef actor);

    /// <summary>Stops all actors, children before parents; then dispatchers and scheduler.</summary>
    public abstract Task Terminate();
    public abstract void RegisterOnTermination(Action code);
    public abstract object RegisterExtension(IExtensionId extension);
    public abstract object GetExtension(IExtensionId extensionId);
    public abstract T GetExtension<T>() where T : class, IExtension;
    public abstract bool HasExtension(Type type);
    public abstract bool HasExtension<T>() where T : class, IExtension;

    public void Dispose()
    {
        Terminate();
        GC.SuppressFinalize(this);
    }
}

/// <summary>For extensions and test kits.</summary>
public abstract class ExtendedActorSystem : ActorSystem
{
    public abstract IInternalActorRef Guardian { get; }
    public abstract IInternalActorRef SystemGuardian { get; }
    public abstract IActorRef SystemActorOf(Props props, string name = null);
}

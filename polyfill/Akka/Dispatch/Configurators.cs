using Akka.Actor;
using Akka.Configuration;
using Akka.Event;

namespace Akka.Dispatch;

/// <summary>What dispatchers get to know of their system.</summary>
public interface IDispatcherPrerequisites
{
    EventStream EventStream { get; }
    IScheduler Scheduler { get; }
    Settings Settings { get; }
    Mailboxes Mailboxes { get; }
}

public sealed class DefaultDispatcherPrerequisites(EventStream eventStream, IScheduler scheduler, Settings settings, Mailboxes mailboxes) : IDispatcherPrerequisites
{
    public EventStream EventStream => eventStream;
    public IScheduler Scheduler => scheduler;
    public Settings Settings => settings;
    public Mailboxes Mailboxes => mailboxes;
}

/// <summary>Named by <c>type = "Namespace.Type, Assembly"</c>; makes or hands out dispatchers for one HOCON section.</summary>
public abstract class MessageDispatcherConfigurator(Config config, IDispatcherPrerequisites prerequisites)
{
    public Config Config { get; } = config;
    public IDispatcherPrerequisites Prerequisites { get; } = prerequisites;

    /// <summary>Called for each actor: one shared dispatcher or a new one each time, as the type will have it.</summary>
    public abstract MessageDispatcher Dispatcher();

    protected ExecutorServiceConfigurator ConfigureExecutor() => Config.GetString("executor") switch
    {
        null or "" or "default-executor" or "thread-pool-executor" => new ThreadPoolExecutorConfigurator(Config, Prerequisites),
        "fork-join-executor" => new DedicatedThreadsConfigurator(Config, Prerequisites, threads: null),
        var other => throw new ConfigurationException($"Could not resolve executor service configurator type {other} for path {Config.GetString("id", "unknown")}"),
    };
}

/// <summary>One dispatcher for all actors that name its section.</summary>
public sealed class DispatcherConfigurator : MessageDispatcherConfigurator
{
    private readonly MessageDispatcher _instance;

    public DispatcherConfigurator(Config config, IDispatcherPrerequisites prerequisites) : base(config, prerequisites) =>
        _instance = new Dispatcher(this, config.GetString("id"), config.GetInt("throughput"), config.GetTimeSpan("throughput-deadline-time").Ticks,
            ConfigureExecutor(), config.GetTimeSpan("shutdown-timeout"));

    public override MessageDispatcher Dispatcher() => _instance;
}

/// <summary>A dispatcher with a thread of its own for every actor.</summary>
internal sealed class PinnedDispatcherConfigurator(Config config, IDispatcherPrerequisites prerequisites) : MessageDispatcherConfigurator(config, prerequisites)
{
    public override MessageDispatcher Dispatcher() => new PinnedDispatcher(this, Config.GetString("id"), Config.GetInt("throughput"),
        Config.GetTimeSpan("throughput-deadline-time").Ticks, new DedicatedThreadsConfigurator(Config, Prerequisites, threads: 1), Config.GetTimeSpan("shutdown-timeout"));
}

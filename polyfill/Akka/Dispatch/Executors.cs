using Akka.Actor;
using Akka.Configuration;

namespace Akka.Dispatch;

/// <summary>Threads that run what dispatchers give them.</summary>
public abstract class ExecutorService(string id)
{
    public string Id { get; } = id;

    /// <exception cref="RejectedExecutionException">It has been shut down.</exception>
    public abstract void Execute(IRunnable run);

    public abstract void Shutdown();
}

public abstract class ExecutorServiceFactory
{
    public abstract ExecutorService Produce(string id);
}

public abstract class ExecutorServiceConfigurator(Config config, IDispatcherPrerequisites prerequisites) : ExecutorServiceFactory
{
    public Config Config { get; } = config;
    public IDispatcherPrerequisites Prerequisites { get; } = prerequisites;
}

public class RejectedExecutionException(string message = null, Exception inner = null) : AkkaException(message, inner);

internal sealed class ThreadPoolExecutorConfigurator(Config config, IDispatcherPrerequisites prerequisites) : ExecutorServiceConfigurator(config, prerequisites)
{
    public override ExecutorService Produce(string id) => new ThreadPoolExecutor(id);
}

internal sealed class ThreadPoolExecutor(string id) : ExecutorService(id)
{
    public override void Execute(IRunnable run) => ThreadPool.UnsafeQueueUserWorkItem(run, preferLocal: true);
    public override void Shutdown() { }
}

/// <param name="config">The dispatcher's section.</param>
/// <param name="prerequisites">Of the system.</param>
/// <param name="threads">How many; null asks the configuration.</param>
internal sealed class DedicatedThreadsConfigurator(Config config, IDispatcherPrerequisites prerequisites, int? threads) : ExecutorServiceConfigurator(config, prerequisites)
{
    public override ExecutorService Produce(string id) => new DedicatedThreads(id, threads ?? Count(), Prerequisites.Settings.SystemImpl);

    private int Count() => Config.GetConfig("dedicated-thread-pool") is { } pool ? pool.GetInt("thread-count")
        : Math.Clamp(Environment.ProcessorCount, Config.GetInt("fork-join-executor.parallelism-min", 1), Config.GetInt("fork-join-executor.parallelism-max", 64));
}

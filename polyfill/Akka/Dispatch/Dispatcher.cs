using Akka.Actor;

namespace Akka.Dispatch;

/// <summary>Runs mailboxes on an executor, which it creates when there is work and shuts down when nobody is left.</summary>
public class Dispatcher : MessageDispatcher
{
    private readonly Lock _gate = new();
    private readonly ExecutorServiceFactory _factory;
    private ExecutorService _executor;

    public Dispatcher(MessageDispatcherConfigurator configurator, string id, int throughput, long? throughputDeadlineTime,
        ExecutorServiceFactory executorServiceFactory, TimeSpan shutdownTimeout) : base(configurator)
    {
        Id = id;
        Throughput = throughput;
        ThroughputDeadlineTime = throughputDeadlineTime;
        ShutdownTimeout = shutdownTimeout;
        _factory = executorServiceFactory;
    }

    protected override void ExecuteTask(IRunnable run)
    {
        try
        {
            Executor().Execute(run);
        }
        catch (RejectedExecutionException)
        {
            Executor().Execute(run);
        }
    }

    protected override void Shutdown()
    {
        ExecutorService old;
        lock (_gate) (old, _executor) = (_executor, null);
        if (old == null) return;
        Configurator.Prerequisites.Settings.SystemImpl.ThreadsEnded(this);
        old.Shutdown();
    }

    private ExecutorService Executor()
    {
        if (Volatile.Read(ref _executor) is { } executor) return executor;
        lock (_gate)
        {
            if (_executor != null) return _executor;
            Configurator.Prerequisites.Settings.SystemImpl.ThreadsStarted(this);
            return _executor = _factory.Produce(Id);
        }
    }
}

/// <summary>Serves one actor, on one thread, from its first message to its last.</summary>
public sealed class PinnedDispatcher(MessageDispatcherConfigurator configurator, string id, int throughput, long? throughputDeadlineTime,
    ExecutorServiceFactory executorServiceFactory, TimeSpan shutdownTimeout)
    : Dispatcher(configurator, id, throughput, throughputDeadlineTime, executorServiceFactory, shutdownTimeout)
{
    private ActorCell _owner;

    internal override void Register(ActorCell cell)
    {
        if (Interlocked.CompareExchange(ref _owner, cell, null) is { } owner && owner != cell)
            throw new InvalidOperationException($"Cannot register to anyone but {owner.Self}");
        base.Register(cell);
    }

    internal override void Unregister(ActorCell cell)
    {
        base.Unregister(cell);
        Volatile.Write(ref _owner, null);
    }
}

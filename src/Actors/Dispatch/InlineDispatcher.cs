using Akka.Configuration;
using Akka.Dispatch;

namespace Tcg.Mttcg.Actors.Dispatch;

/// <summary>Named in HOCON: one <see cref="InlineDispatcher"/> for all actors that choose it.</summary>
public sealed class InlineDispatcherConfigurator : MessageDispatcherConfigurator
{
    private readonly InlineDispatcher _instance;

    public InlineDispatcherConfigurator(Config config, IDispatcherPrerequisites prerequisites) : base(config, prerequisites) =>
        _instance = new InlineDispatcher(this, config.GetInt("throughput", MessageDispatcher.DefaultThroughput), config.GetInt("rounds", 8));

    public override MessageDispatcher Dispatcher() => _instance;
}

/// <summary>
/// Runs a mailbox on the thread that posted to it. A post to an idle actor is handled before Tell returns, so an uncontended ask costs no
/// thread switch; while some thread runs the mailbox, others only enqueue. Still one message at a time: the engine lets one thread claim a
/// mailbox.
/// <para>
/// Only for actors that never block. A mailbox that becomes ready while this thread runs another one waits until that has returned (no
/// recursion), and work that keeps coming moves to the thread pool after some rounds, so that no poster serves everybody else for ever.
/// </para>
/// </summary>
public sealed class InlineDispatcher : MessageDispatcher
{
    private readonly ThreadLocal<Trampoline> _trampoline = new(() => new Trampoline());
    private readonly int _rounds;

    /// <param name="configurator">Of this dispatcher's section.</param>
    /// <param name="throughput">Messages a mailbox handles in one run.</param>
    /// <param name="rounds">Runs on the posting thread before the rest moves to the thread pool.</param>
    public InlineDispatcher(MessageDispatcherConfigurator configurator, int throughput, int rounds) : base(configurator)
    {
        Throughput = throughput;
        _rounds = rounds;
    }

    protected override void ExecuteTask(IRunnable run)
    {
        var trampoline = _trampoline.Value!;
        trampoline.Ready.Enqueue(run);
        if (trampoline.IsRunning) return;
        trampoline.IsRunning = true;
        try
        {
            for (var round = 0; round < _rounds && trampoline.Ready.TryDequeue(out var next); round++) next.Run();
        }
        finally
        {
            trampoline.IsRunning = false;
            while (trampoline.Ready.TryDequeue(out var rest)) ThreadPool.UnsafeQueueUserWorkItem(new PoolItem(rest), preferLocal: false);
        }
    }

    protected override void Shutdown()
    {
    }

    private sealed class Trampoline
    {
        public readonly Queue<IRunnable> Ready = new();
        public bool IsRunning;
    }

    private sealed class PoolItem(IRunnable run) : IThreadPoolWorkItem
    {
        public void Execute() => run.Run();
    }
}

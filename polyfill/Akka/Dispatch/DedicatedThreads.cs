using Akka.Actor;
using Akka.Event;

namespace Akka.Dispatch;

/// <summary>A fixed number of background threads over one queue; they end when it has been shut down and is empty.</summary>
internal sealed class DedicatedThreads : ExecutorService
{
    private readonly Queue<IRunnable> _work = new();
    private readonly ActorSystemImpl _system;
    private bool _shutDown;

    public DedicatedThreads(string id, int threads, ActorSystemImpl system) : base(id)
    {
        _system = system;
        for (var i = 0; i < threads; i++)
            new Thread(Loop) { IsBackground = true, Name = $"{id}-{i + 1}" }.Start();
    }

    public override void Execute(IRunnable run)
    {
        lock (_work)
        {
            if (_shutDown) throw new RejectedExecutionException($"{Id} has been shut down");
            _work.Enqueue(run);
            Monitor.Pulse(_work);
        }
    }

    public override void Shutdown()
    {
        lock (_work)
        {
            _shutDown = true;
            Monitor.PulseAll(_work);
        }
    }

    private void Loop()
    {
        while (Next() is { } run)
        {
            try
            {
                run.Run();
            }
            catch (Exception e)
            {
                _system.EventStream.Publish(new Error(e, Id, GetType(), "A dispatcher's task failed: " + e.Message));
            }
        }
    }

    private IRunnable Next()
    {
        lock (_work)
        {
            while (_work.Count == 0)
            {
                if (_shutDown) return null;
                Monitor.Wait(_work);
            }
            return _work.Dequeue();
        }
    }
}

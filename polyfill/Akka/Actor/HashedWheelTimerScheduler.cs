using System.Diagnostics;
using Akka.Configuration;
using Akka.Event;

namespace Akka.Actor;

/// <summary>One thread and a heap of due times. It keeps the name that configurations know the engine's scheduler by.</summary>
public class HashedWheelTimerScheduler(Config scheduler, ILoggingAdapter log) : SchedulerBase, IDisposable
{
    private readonly PriorityQueue<Entry, (TimeSpan Due, long Order)> _queue = new();
    private long _order;
    private Thread _thread;
    private bool _stopped;

    private sealed record Entry(TimeSpan Due, TimeSpan? Interval, Action Action, ICancelable Cancelable);

    protected Config SchedulerConfig => scheduler;

    public override DateTimeOffset Now => DateTimeOffset.Now;
    public override TimeSpan MonotonicClock => Stopwatch.GetElapsedTime(0);

    internal override void Add(TimeSpan delay, TimeSpan? interval, Action action, ICancelable cancelable)
    {
        lock (_queue)
        {
            if (_stopped) throw new SchedulerException("cannot enqueue after timer shutdown");
            if (_thread == null)
            {
                _thread = new Thread(Loop) { IsBackground = true, Name = "akka.scheduler" };
                _thread.Start();
            }
            Enqueue(new Entry(MonotonicClock + delay, interval, action, cancelable));
        }
    }

    /// <summary>Ends the thread; what is still scheduled never runs.</summary>
    public void Dispose()
    {
        lock (_queue)
        {
            _stopped = true;
            _queue.Clear();
            Monitor.Pulse(_queue);
        }
        GC.SuppressFinalize(this);
    }

    private void Enqueue(Entry entry)
    {
        _queue.Enqueue(entry, (entry.Due, _order++));
        Monitor.Pulse(_queue);
    }

    private void Loop()
    {
        while (Next() is { } entry)
        {
            if (entry.Cancelable?.IsCancellationRequested == true) continue;
            try
            {
                entry.Action();
            }
            catch (Exception e)
            {
                log?.Error(e, "Error while executing scheduled task");
            }
            if (entry.Interval is not { } interval) continue;
            lock (_queue)
                if (!_stopped) Enqueue(entry with { Due = MonotonicClock + interval });
        }
    }

    private Entry Next()
    {
        lock (_queue)
        {
            while (!_stopped)
            {
                if (!_queue.TryPeek(out var first, out _))
                {
                    Monitor.Wait(_queue);
                    continue;
                }
                var wait = first.Due - MonotonicClock;
                if (wait <= TimeSpan.Zero) return _queue.Dequeue();
                // Round up: a wait that ends early would only spin.
                Monitor.Wait(_queue, TimeSpan.FromMilliseconds(Math.Min(Math.Ceiling(wait.TotalMilliseconds), int.MaxValue)));
            }
            return null;
        }
    }
}

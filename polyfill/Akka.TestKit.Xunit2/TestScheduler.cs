using Akka.Actor;
using Akka.Configuration;
using Akka.Event;

namespace Akka.TestKit;

/// <summary>Time stands still until the test moves it. What repeats fires at most once for each move.</summary>
public class TestScheduler : SchedulerBase
{
    private readonly List<Entry> _entries = [];
    private DateTimeOffset _now = DateTimeOffset.UtcNow;

    /// <param name="schedulerConfig">Not used; the engine constructs schedulers so.</param>
    /// <param name="log">Not used.</param>
    public TestScheduler(Config schedulerConfig, ILoggingAdapter log) => (SchedulerConfig, Log) = (schedulerConfig, log);

    private sealed record Entry(DateTimeOffset Due, TimeSpan? Interval, Action Action, ICancelable Cancelable);

    protected Config SchedulerConfig { get; }
    protected ILoggingAdapter Log { get; }
    public override DateTimeOffset Now => _now;
    public override TimeSpan MonotonicClock => TimeSpan.FromTicks(_now.UtcTicks);

    public void Advance(TimeSpan offset) => AdvanceTo(_now + offset);

    public void AdvanceTo(DateTimeOffset when)
    {
        if (when < _now) throw new InvalidOperationException("You can't reverse time...");
        Entry[] due;
        lock (_entries)
        {
            _now = when;
            due = [.. _entries.Where(e => e.Due <= when).OrderBy(e => e.Due)];
            _entries.RemoveAll(e => e.Due <= when);
        }
        foreach (var entry in due)
        {
            if (entry.Cancelable?.IsCancellationRequested == true) continue;
            entry.Action();
            if (entry.Interval is { } interval && entry.Cancelable?.IsCancellationRequested != true)
                Add(interval, interval, entry.Action, entry.Cancelable);
        }
    }

    internal override void Add(TimeSpan delay, TimeSpan? interval, Action action, ICancelable cancelable)
    {
        lock (_entries) _entries.Add(new Entry(_now + delay, interval, action, cancelable));
    }
}

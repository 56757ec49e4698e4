using Tcg.Mttcg.Memory.Contracts;

namespace Tcg.Mttcg.Machine.Clocks;

/// <summary>Guest time moved by hand: timers fire inside <see cref="Advance"/>, in order of their deadlines, each at exactly its own time.</summary>
public sealed class ManualClock : IClock
{
    private readonly Lock _lock = new();
    private readonly TimerHeap _timers = new();
    private long _now;

    public long Nanoseconds => Volatile.Read(ref _now);

    public IClockTimer CreateTimer(Action expired) => new Timer(this, expired);

    public void Advance(TimeSpan time) => Advance(time.Ticks * 100);

    public void Advance(long nanoseconds)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(nanoseconds);
        long end = Nanoseconds + nanoseconds;
        while (TakeExpired(end) is { } entry) entry.Expired();
        Volatile.Write(ref _now, end);
    }

    private TimerHeap.Entry? TakeExpired(long end)
    {
        lock (_lock)
        {
            if (_timers.First is not { } first || first.Deadline > end) return null;
            _timers.Remove(first);
            Volatile.Write(ref _now, Math.Max(_now, first.Deadline));
            return first;
        }
    }

    private sealed class Timer(ManualClock clock, Action expired) : IClockTimer
    {
        private readonly TimerHeap.Entry _entry = new(expired);

        public void Arm(long deadline)
        {
            lock (clock._lock) clock._timers.Set(_entry, deadline);
        }

        public void Cancel()
        {
            lock (clock._lock) clock._timers.Remove(_entry);
        }

        public void Dispose() => Cancel();
    }
}

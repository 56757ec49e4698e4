using System.Diagnostics;
using Tcg.Mttcg.Memory.Contracts;

namespace Tcg.Mttcg.Machine.Clocks;

/// <summary>
/// Real time at nanosecond resolution. One thread per clock sleeps in <c>ppoll</c> until the earliest deadline: .NET's own waits round to
/// milliseconds, which a guest that calibrates its timers would notice.
/// </summary>
public sealed class MachineClock : IClock, IDisposable
{
    private readonly Lock _lock = new();
    private readonly TimerHeap _timers = new();
    private readonly PreciseWait _wait = new();
    private readonly Thread _thread;
    private readonly long _origin = Stopwatch.GetTimestamp();
    private long _sleepsUntil = long.MaxValue;
    private bool _stopped;

    public MachineClock()
    {
        _thread = new Thread(Run) { IsBackground = true, Name = "mttcg-clock" };
        _thread.Start();
    }

    public long Nanoseconds => HostTime.ToNanoseconds(Stopwatch.GetTimestamp() - _origin);

    public IClockTimer CreateTimer(Action expired) => new Timer(this, expired);

    public void Dispose()
    {
        lock (_lock)
        {
            if (_stopped) return;
            _stopped = true;
        }
        _wait.Wake();
        if (Thread.CurrentThread != _thread) _thread.Join();
        _wait.Dispose();
    }

    private void Run()
    {
        PreciseWait.SharpenCurrentThread();
        while (true)
        {
            TimerHeap.Entry? due = null;
            long wait;
            lock (_lock)
            {
                if (_stopped) return;
                long now = Nanoseconds;
                long deadline = _timers.First?.Deadline ?? long.MaxValue;
                wait = deadline == long.MaxValue ? -1 : Math.Max(0, deadline - now);
                if (deadline <= now)
                {
                    due = _timers.First!;
                    _timers.Remove(due);
                }
                // A timer armed from now on wakes the thread only when it is earlier than what it sleeps for.
                _sleepsUntil = due is null ? deadline : long.MinValue;
            }
            if (due is not null) due.Expired();
            else _wait.Sleep(wait);
        }
    }

    private void Arm(TimerHeap.Entry entry, long deadline)
    {
        lock (_lock)
        {
            if (_stopped) return;
            _timers.Set(entry, deadline);
            if (deadline >= _sleepsUntil) return;
            _sleepsUntil = deadline;
            // Inside the lock, so that Dispose cannot close the descriptor under us.
            _wait.Wake();
        }
    }

    private sealed class Timer(MachineClock clock, Action expired) : IClockTimer
    {
        private readonly TimerHeap.Entry _entry = new(expired);

        public void Arm(long deadline) => clock.Arm(_entry, deadline);

        public void Cancel()
        {
            lock (clock._lock) clock._timers.Remove(_entry);
        }

        public void Dispose() => Cancel();
    }
}

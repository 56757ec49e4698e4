using Tcg.Mttcg.Memory.Contracts;

namespace Tcg.Mttcg.Machine.Wiring;

/// <summary>
/// A clock whose timers run their callbacks inside a gate. A callback that waited for the gate while the device cancelled or re-armed its timer is
/// dropped, so a device never sees a stale expiry.
/// </summary>
internal sealed class GatedClock(Gate gate, IClock inner) : IClock
{
    public long Nanoseconds => inner.Nanoseconds;

    public IClockTimer CreateTimer(Action expired) => new Timer(gate, inner, expired);

    private sealed class Timer : IClockTimer
    {
        private readonly Gate _gate;
        private readonly IClock _clock;
        private readonly Action _expired;
        private readonly IClockTimer _timer;
        private long _deadline = long.MaxValue;

        public Timer(Gate gate, IClock clock, Action expired)
        {
            (_gate, _clock, _expired) = (gate, clock, expired);
            _timer = clock.CreateTimer(OnExpired);
        }

        public void Arm(long deadline)
        {
            _deadline = deadline;
            _timer.Arm(deadline);
        }

        public void Cancel()
        {
            _deadline = long.MaxValue;
            _timer.Cancel();
        }

        public void Dispose() => _timer.Dispose();

        private void OnExpired()
        {
            lock (_gate.Monitor)
            {
                if (_clock.Nanoseconds < _deadline) return;
                _deadline = long.MaxValue;
                _expired();
            }
        }
    }
}

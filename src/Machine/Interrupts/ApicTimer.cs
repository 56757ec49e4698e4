using Tcg.Mttcg.Memory.Contracts;

namespace Tcg.Mttcg.Machine.Interrupts;

internal enum ApicTimerMode : byte { OneShot, Periodic, TscDeadline, Reserved }

/// <summary>
/// The local APIC's timer (SDM 3A 11.5.4). Its input clock is <see cref="LocalApic.TimerFrequency"/>, so a tick before the divider is a nanosecond. The host timer is armed only
/// while the LVT entry is unmasked: a masked timer counts on without costing anything.
/// </summary>
internal sealed class ApicTimer
{
    /// <summary>A periodic timer is not signalled more often than this, in ns, or a hostile guest would keep the clock thread busy.</summary>
    private const long ShortestPeriod = 10_000;

    private readonly IClock _clock;
    private readonly ITimeStampCounter _tsc;
    private readonly IClockTimer _timer;
    private readonly Action _fire;
    private uint _initial, _originCount, _divide;
    private long _origin;
    private ulong _tscDeadline;
    private ApicTimerMode _mode;
    private bool _masked = true;

    /// <summary>A one-shot count was started and has not been signalled; however short it is, it will be.</summary>
    private bool _counting;

    public ApicTimer(IClock clock, ITimeStampCounter tsc, Action fire)
    {
        (_clock, _tsc, _fire) = (clock, tsc, fire);
        _timer = clock.CreateTimer(OnExpired);
    }

    public void Reset()
    {
        (_initial, _originCount, _divide, _origin, _tscDeadline, _mode, _masked, _counting) = (0, 0, 0, 0, 0, ApicTimerMode.OneShot, true, false);
        _timer.Cancel();
    }

    public uint InitialCount
    {
        get => _initial;
        set
        {
            if (_mode == ApicTimerMode.TscDeadline) return;
            (_initial, _originCount, _origin, _counting) = (value, value, _clock.Nanoseconds, value != 0);
            Schedule();
        }
    }

    public uint CurrentCount => CountAt(_clock.Nanoseconds);

    /// <summary>Bits 0, 1 and 3 select a divisor of 2, 4, ... 128, 1.</summary>
    public uint DivideConfiguration
    {
        get => _divide;
        set
        {
            long now = _clock.Nanoseconds;
            (_originCount, _origin) = (CountAt(now), now);
            _divide = value & 0xb;
            Schedule();
        }
    }

    /// <summary>IA32_TSC_DEADLINE: the TSC value at which to fire, 0 when disarmed.</summary>
    public ulong TscDeadline
    {
        get => _tscDeadline;
        set
        {
            if (_mode != ApicTimerMode.TscDeadline) return;
            _tscDeadline = value;
            Schedule();
        }
    }

    public void Configure(ApicTimerMode mode, bool masked)
    {
        // What ran out behind the mask is gone.
        if (_masked && CurrentCount == 0) _counting = false;
        if ((mode == ApicTimerMode.TscDeadline) != (_mode == ApicTimerMode.TscDeadline)) (_initial, _originCount, _tscDeadline, _counting) = (0, 0, 0, false);
        else if (mode != _mode)
        {
            long now = _clock.Nanoseconds;
            (_originCount, _origin) = (CountAt(now), now);
        }
        (_mode, _masked) = (mode, masked);
        Schedule();
    }

    private int Shift => (int)(((_divide >> 1 & 4) | (_divide & 3)) + 1 & 7);

    private uint CountAt(long now)
    {
        if (_initial == 0 || _mode == ApicTimerMode.TscDeadline) return 0;
        ulong elapsed = (ulong)(now - _origin) >> Shift;
        if (elapsed < _originCount) return _originCount - (uint)elapsed;
        return _mode == ApicTimerMode.Periodic ? _initial - (uint)((elapsed - _originCount) % _initial) : 0;
    }

    private void Schedule()
    {
        if (NextExpiry() is { } deadline) _timer.Arm(deadline);
        else _timer.Cancel();
    }

    private long? NextExpiry()
    {
        if (_masked) return null;
        long now = _clock.Nanoseconds;
        if (_mode == ApicTimerMode.TscDeadline)
        {
            if (_tscDeadline == 0) return null;
            ulong tsc = _tsc.Read();
            if (_tscDeadline <= tsc) return now;
            var wait = ((UInt128)(_tscDeadline - tsc) * 1_000_000_000 + (_tsc.Frequency - 1)) / _tsc.Frequency;
            return wait > (UInt128)(long.MaxValue - now) ? long.MaxValue : now + (long)wait;
        }
        uint count = CountAt(now);
        if (_mode == ApicTimerMode.OneShot && !_counting || _initial == 0) return null;
        if (count == 0) return now;
        long ticks = (now - _origin >> Shift) + count;
        return _origin + (ticks << Shift);
    }

    private void OnExpired()
    {
        if (_mode == ApicTimerMode.TscDeadline)
        {
            // The host clock may be a rounding step ahead of the guest's counter.
            if (_tscDeadline > _tsc.Read())
            {
                Schedule();
                return;
            }
            _tscDeadline = 0;
        }
        else if (_mode == ApicTimerMode.OneShot)
        {
            // A count that was started anew while this call was under way.
            if (CurrentCount > 0)
            {
                Schedule();
                return;
            }
            _counting = false;
        }
        _fire();
        if (_mode == ApicTimerMode.Periodic && NextExpiry() is { } deadline) _timer.Arm(Math.Max(deadline, _clock.Nanoseconds + ShortestPeriod));
    }
}

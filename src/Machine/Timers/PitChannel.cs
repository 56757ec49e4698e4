namespace Tcg.Mttcg.Machine.Timers;

/// <summary>
/// One counter of the 8254 (Intel 8254 data sheet). Nothing counts: the current value and the output are computed from the number of input clocks
/// since the count was loaded.
/// </summary>
internal sealed class PitChannel
{
    /// <summary>After power-on the mode is undefined; in this one an unloaded counter's output is high, as a BIOS leaves it.</summary>
    private const int IdleMode = 3;

    private const int LowByte = 1, HighByte = 2, BothBytes = 3;

    private int _mode = IdleMode, _access = BothBytes, _count = 0x10000, _pendingCount;
    private bool _bcd, _gate = true, _loaded, _triggered, _readHigh, _writeHigh;
    private byte _writtenLow;
    private int? _latchedCount;
    private byte? _latchedStatus;
    /// <summary>Clock at which the present count began; while the gate holds the counter, the clocks it had counted.</summary>
    private long _origin;
    private bool _held;

    public bool Gate => _gate;

    private int Modulus => _bcd ? 10000 : 0x10000;

    private bool IsPeriodic => _mode is 2 or 3;

    private bool NeedsTrigger => _mode is 1 or 5;

    public void Reset()
    {
        (_mode, _access, _count, _pendingCount, _origin) = (IdleMode, BothBytes, 0x10000, 0, 0);
        _bcd = _loaded = _triggered = _readHigh = _writeHigh = _held = false;
        _latchedCount = null;
        _latchedStatus = null;
        _gate = true;
    }

    public void Control(byte value, long now)
    {
        int access = value >> 4 & 3;
        if (access == 0)
        {
            LatchCount(now);
            return;
        }
        int mode = value >> 1 & 7;
        _mode = mode > 5 ? mode - 4 : mode;
        _access = access;
        _bcd = (value & 1) != 0;
        _loaded = _triggered = _readHigh = _writeHigh = _held = false;
        _pendingCount = 0;
        _latchedCount = null;
        _latchedStatus = null;
        _origin = now;
    }

    public void LatchCount(long now) => _latchedCount ??= Encode(CountAt(now));

    /// <summary>Read-back status: output, null count, access, mode, BCD.</summary>
    public void LatchStatus(long now)
    {
        bool nullCount = !_loaded || _pendingCount != 0;
        _latchedStatus ??= (byte)((Output(now) ? 0x80 : 0) | (nullCount ? 0x40 : 0) | _access << 4 | _mode << 1 | (_bcd ? 1 : 0));
    }

    public byte Read(long now)
    {
        if (_latchedStatus is { } status)
        {
            _latchedStatus = null;
            return status;
        }
        int value = _latchedCount ?? Encode(CountAt(now));
        bool high = _access == HighByte || (_access == BothBytes && _readHigh);
        bool last = _access != BothBytes || _readHigh;
        _readHigh = !last;
        if (last) _latchedCount = null;
        return (byte)(high ? value >> 8 : value);
    }

    public void Write(byte value, long now)
    {
        if (_access == BothBytes && !_writeHigh)
        {
            _writtenLow = value;
            _writeHigh = true;
            // The first byte of a mode 0 count stops the counter (data sheet, "Mode 0").
            if (_mode == 0) _loaded = false;
            return;
        }
        int raw = _access switch { LowByte => value, HighByte => value << 8, _ => value << 8 | _writtenLow };
        _writeHigh = false;
        Load(Decode(raw), now);
    }

    public void SetGate(bool level, long now)
    {
        if (level == _gate) return;
        Settle(now);
        _gate = level;
        if (level && (NeedsTrigger || IsPeriodic)) Trigger(now);
        else if (!level && !NeedsTrigger) Hold(now);
        else if (level) Resume(now);
    }

    private void Load(int count, long now)
    {
        Settle(now);
        if (_loaded && IsPeriodic && _gate)
        {
            _pendingCount = count;
            return;
        }
        if (NeedsTrigger && _triggered)
        {
            _pendingCount = count;
            _loaded = true;
            return;
        }
        (_count, _pendingCount, _loaded, _held) = (count, 0, true, false);
        _origin = now;
        if (!_gate && !NeedsTrigger) Hold(now);
    }

    private void Trigger(long now)
    {
        if (_pendingCount != 0) (_count, _pendingCount) = (_pendingCount, 0);
        (_triggered, _held, _origin) = (true, false, now);
    }

    private void Hold(long now)
    {
        if (_held) return;
        _origin = IsPeriodic ? 0 : now - _origin;
        _held = true;
    }

    private void Resume(long now)
    {
        if (!_held) return;
        _origin = now - _origin;
        _held = false;
    }

    /// <summary>A periodic counter takes a new count when the present period ends.</summary>
    private void Settle(long now)
    {
        if (_pendingCount == 0 || !IsPeriodic || _held || now - _origin < _count) return;
        _origin += _count;
        (_count, _pendingCount) = (_pendingCount, 0);
    }

    private long Elapsed(long now) => _held ? _origin : now - _origin;

    public bool Output(long now)
    {
        Settle(now);
        if (!_loaded) return _mode != 0;
        long elapsed = Elapsed(now);
        return _mode switch
        {
            0 => elapsed >= _count,
            1 => !_triggered || elapsed >= _count,
            2 => _held || elapsed % _count != _count - 1,
            3 => _held || elapsed % _count < (_count + 1) / 2,
            4 => elapsed != _count,
            _ => !_triggered || elapsed != _count,
        };
    }

    /// <summary>The clock of the next rising edge of the output after <paramref name="now"/>, or null. Edges are what raises IRQ 0.</summary>
    public long? NextRise(long now)
    {
        Settle(now);
        if (!_loaded || _held || (NeedsTrigger && !_triggered)) return null;
        if (IsPeriodic) return _origin + (Elapsed(now) / _count + 1) * _count;
        long rise = _origin + _count + (_mode >= 4 ? 1 : 0);
        return rise > now ? rise : null;
    }

    private int CountAt(long now)
    {
        Settle(now);
        if (!_loaded) return _count % Modulus;
        long elapsed = Elapsed(now);
        if (NeedsTrigger && !_triggered) elapsed = 0;
        long value = _mode switch
        {
            2 => _count - elapsed % _count,
            3 => (_count & ~1) - (2 * (elapsed % _count) % Math.Max(2, _count & ~1)),
            _ => _count - elapsed,
        };
        return (int)(((value % Modulus) + Modulus) % Modulus);
    }

    /// <summary>A written 0 stands for the modulus; a period of 1 is illegal in the periodic modes and counts as 2.</summary>
    private int Decode(int raw)
    {
        int count = _bcd ? (raw >> 12 & 15) * 1000 + (raw >> 8 & 15) * 100 + (raw >> 4 & 15) * 10 + (raw & 15) : raw;
        if (count == 0) return Modulus;
        return IsPeriodic && count == 1 ? 2 : count;
    }

    private int Encode(int count) => _bcd ? count / 1000 << 12 | count / 100 % 10 << 8 | count / 10 % 10 << 4 | count % 10 : count;
}

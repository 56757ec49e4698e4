using Tcg.Mttcg.Machine.Clocks;
using Tcg.Mttcg.Machine.Wiring;
using Tcg.Mttcg.Memory.Contracts;

namespace Tcg.Mttcg.Machine.Timers;

/// <summary>
/// The MC146818 real-time clock and CMOS RAM at ports 0x70 and 0x71 (Motorola data sheet). The calendar is computed from guest time on each look;
/// only an enabled interrupt arms a timer.
/// </summary>
public sealed class Rtc : IPortDevice, IResettable
{
    private const int RegA = 0x0a, RegB = 0x0b, RegC = 0x0c, RegD = 0x0d, Century = 0x32;
    private const byte UpdateInProgress = 0x80, SetClock = 0x80, PeriodicFlag = 0x40, AlarmFlag = 0x20, UpdateFlag = 0x10, InterruptFlag = 0x80,
        Binary = 0x04, Hours24 = 0x02;
    private const long Second = HostTime.NanosecondsPerSecond, UpdateNanoseconds = 244_000;

    private readonly byte[] _ram = new byte[128];
    private readonly IClock _clock;
    private readonly IInterruptLine _line;
    private readonly IClockTimer _periodicTimer, _secondTimer;
    private byte _index, _flags;
    /// <summary>The calendar at <see cref="_baseTime"/> ns of guest time.</summary>
    private DateTime _base;
    private long _baseTime;

    public Rtc(IClock clock, IInterruptLine line, DateTime start)
    {
        (_clock, _line) = (clock, line);
        _base = new DateTime(start.Ticks / TimeSpan.TicksPerSecond * TimeSpan.TicksPerSecond, DateTimeKind.Unspecified);
        _periodicTimer = clock.CreateTimer(OnPeriod);
        _secondTimer = clock.CreateTimer(OnSecond);
        _ram[RegA] = 0x26;
        _ram[RegB] = Hours24;
        Reset();
    }

    /// <summary>The CMOS RAM, for the firmware's bytes.</summary>
    internal Span<byte> Ram => _ram;

    /// <summary>Bit 7 of port 0x70: NMI is masked.</summary>
    public bool IsNmiMasked { get; private set; }

    /// <summary>RESET clears the interrupt enables; the battery keeps clock and RAM.</summary>
    public void Reset()
    {
        _ram[RegB] &= 0x87;
        _index = _flags = 0;
        IsNmiMasked = false;
        Update();
        Schedule();
    }

    public uint Read(ushort offset, int size)
    {
        // The index port is write-only on a PC.
        if (offset == 0) return 0xff;
        switch (_index)
        {
            case <= 9 or Century: return ReadCalendar(_index);
            case RegA: return (byte)(_ram[RegA] | (IsUpdating ? UpdateInProgress : 0));
            case RegC:
                byte flags = CurrentFlags();
                _flags = 0;
                Update();
                Schedule();
                return flags;
            case RegD: return 0x80;
            default: return _ram[_index];
        }
    }

    public void Write(ushort offset, int size, uint value)
    {
        byte data = (byte)value;
        if (offset == 0)
        {
            _index = (byte)(data & 0x7f);
            IsNmiMasked = (data & 0x80) != 0;
            return;
        }
        switch (_index)
        {
            case 1 or 3 or 5: _ram[_index] = data; break;
            case <= 9 or Century: WriteCalendar(_index, data); break;
            case RegA: _ram[RegA] = (byte)(data & 0x7f); break;
            case RegB: WriteControl(data); break;
            case RegC or RegD: break;
            default: _ram[_index] = data; break;
        }
        Schedule();
        Update();
    }

    private bool IsStopped => (_ram[RegB] & SetClock) != 0;

    private DateTime Now => _base.AddTicks((_clock.Nanoseconds - _baseTime) / 100);

    /// <summary>The calendar changes at the end of each second; for 244 us before, it must not be read.</summary>
    private bool IsUpdating => !IsStopped && SecondFraction(_clock.Nanoseconds) >= Second - UpdateNanoseconds;

    private uint ReadCalendar(int index)
    {
        if (!IsStopped && !IsAlarm(index)) StoreCalendar(Now);
        return _ram[index];
    }

    /// <summary>While SET holds the clock the bytes are plain storage; a running clock takes the new field at once.</summary>
    private void WriteCalendar(int index, byte data)
    {
        var now = Now;
        if (!IsStopped) StoreCalendar(now);
        _ram[index] = data;
        if (!IsStopped) StartFrom(LoadCalendar().AddTicks(index == 0 ? 0 : now.Ticks % TimeSpan.TicksPerSecond));
    }

    private void WriteControl(byte data)
    {
        bool wasStopped = IsStopped;
        if (!wasStopped) StoreCalendar(Now);
        // Setting SET ends the update interrupt (data sheet, register B).
        _ram[RegB] = (data & SetClock) != 0 ? (byte)(data & ~UpdateFlag) : data;
        if (wasStopped && !IsStopped) StartFrom(LoadCalendar());
    }

    private void StartFrom(DateTime time) => (_base, _baseTime) = (time, _clock.Nanoseconds);

    private static bool IsAlarm(int index) => index is 1 or 3 or 5;

    private void StoreCalendar(DateTime time)
    {
        _ram[0] = Encode(time.Second);
        _ram[2] = Encode(time.Minute);
        _ram[4] = EncodeHour(time.Hour);
        _ram[6] = Encode((int)time.DayOfWeek + 1);
        _ram[7] = Encode(time.Day);
        _ram[8] = Encode(time.Month);
        _ram[9] = Encode(time.Year % 100);
        _ram[Century] = Encode(time.Year / 100);
    }

    /// <summary>The bytes as a date; what no calendar has becomes the nearest that one does have.</summary>
    private DateTime LoadCalendar()
    {
        int year = Math.Clamp(Decode(_ram[Century]), 1, 98) * 100 + Decode(_ram[9]) % 100, month = Math.Clamp(Decode(_ram[8]), 1, 12);
        int day = Math.Clamp(Decode(_ram[7]), 1, DateTime.DaysInMonth(year, month));
        return new DateTime(year, month, day, DecodeHour(_ram[4]), Decode(_ram[2]) % 60, Decode(_ram[0]) % 60);
    }

    private byte Encode(int value) => (_ram[RegB] & Binary) != 0 ? (byte)value : (byte)(value / 10 << 4 | value % 10);

    private int Decode(byte value) => (_ram[RegB] & Binary) != 0 ? value : (value >> 4) * 10 + (value & 15);

    private byte EncodeHour(int hour)
    {
        if ((_ram[RegB] & Hours24) != 0) return Encode(hour);
        return (byte)(Encode(hour % 12 == 0 ? 12 : hour % 12) | (hour >= 12 ? 0x80 : 0));
    }

    private int DecodeHour(byte data)
    {
        if ((_ram[RegB] & Hours24) != 0) return Decode(data) % 24;
        return Decode((byte)(data & 0x7f)) % 12 + ((data & 0x80) != 0 ? 12 : 0);
    }

    private bool AlarmMatches(DateTime now) =>
        Matches(1, Encode(now.Second)) && Matches(3, Encode(now.Minute)) && Matches(5, EncodeHour(now.Hour));

    /// <summary>The two top bits make an alarm byte match anything.</summary>
    private bool Matches(int index, byte value) => (_ram[index] & 0xc0) == 0xc0 || _ram[index] == value;

    private byte CurrentFlags() => (byte)(_flags | ((_flags & _ram[RegB] & 0x70) != 0 ? InterruptFlag : 0));

    private void Update() => _line.Set((CurrentFlags() & InterruptFlag) != 0);

    /// <summary>Periods are powers of two of a 32.768 kHz clock; rates 1 and 2 repeat 8 and 9.</summary>
    private long? Period
    {
        get
        {
            int rate = _ram[RegA] & 15;
            if (rate == 0 || (_ram[RegB] & PeriodicFlag) == 0) return null;
            if (rate < 3) rate += 7;
            return (1L << rate - 1) * Second / 32768;
        }
    }

    private void Schedule()
    {
        long now = _clock.Nanoseconds;
        if (Period is { } period) _periodicTimer.Arm((now / period + 1) * period);
        else _periodicTimer.Cancel();
        if ((_ram[RegB] & (AlarmFlag | UpdateFlag)) != 0 && !IsStopped) _secondTimer.Arm(now + Second - SecondFraction(now));
        else _secondTimer.Cancel();
    }

    private long SecondFraction(long now) => (_base.Ticks % TimeSpan.TicksPerSecond * 100 + now - _baseTime) % Second;

    private void OnPeriod()
    {
        _flags |= PeriodicFlag;
        Update();
        Schedule();
    }

    private void OnSecond()
    {
        _flags |= UpdateFlag;
        if (AlarmMatches(Now)) _flags |= AlarmFlag;
        Update();
        Schedule();
    }
}

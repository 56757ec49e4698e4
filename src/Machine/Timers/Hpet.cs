using Tcg.Mttcg.Machine.Clocks;
using Tcg.Mttcg.Machine.Registers;
using Tcg.Mttcg.Machine.Wiring;
using Tcg.Mttcg.Memory.Contracts;

namespace Tcg.Mttcg.Machine.Timers;

/// <summary>
/// The high precision event timer: a 100 MHz counter and four comparators (IA-PC HPET specification 1.0a). In legacy mode timers 0 and 1 take over the
/// PIT's and the RTC's interrupts; otherwise each is routed to one of the IOAPIC's upper pins.
/// </summary>
public sealed class Hpet : IMmioDevice, IResettable
{
    public const int TimerCount = 4, FirstPin = 20;
    private const long NanosecondsPerTick = 10, ShortestPeriod = 10_000;

    /// <summary>GCAP_ID: vendor, legacy routing, 64-bit counter, number of timers, revision 1. The ACPI table repeats it.</summary>
    public const uint Identity = 0x80860001 | 1 << 15 | 1 << 13 | TimerCount - 1 << 8;

    private const uint FemtosecondsPerTick = 10_000_000, CounterEnabled = 1, LegacyRouting = 2;

    private readonly HpetTimer[] _timers = [.. Enumerable.Range(0, TimerCount).Select(_ => new HpetTimer())];
    private readonly IClockTimer[] _clockTimers;
    private readonly IInterruptLine[] _pins, _legacy;
    private readonly Action<bool> _legacyChanged;
    private readonly IClock _clock;
    private readonly RegisterTable _registers;
    private uint _configuration, _status;
    private ulong _counterBase;
    private long _started;

    /// <param name="pins">IOAPIC pins <see cref="FirstPin"/> and up, one for each timer.</param>
    /// <param name="legacy">What replaces the PIT's and the RTC's request.</param>
    /// <param name="legacyChanged">Called with true when those two must be cut off.</param>
    public Hpet(IClock clock, IInterruptLine[] pins, IInterruptLine[] legacy, Action<bool> legacyChanged, IDeviceLog log)
    {
        (_clock, _pins, _legacy, _legacyChanged) = (clock, pins, legacy, legacyChanged);
        _clockTimers = [.. Enumerable.Range(0, TimerCount).Select(i => clock.CreateTimer(() => OnMatch(i)))];
        _registers = new RegisterTable("hpet", log, GlobalRegisters().Concat(Enumerable.Range(0, TimerCount).SelectMany(TimerRegisters)));
    }

    public ulong Read(ulong offset, int size) => _registers.Read(offset, size);

    public void Write(ulong offset, int size, ulong value)
    {
        // The counter and comparators are written whole when the guest does so: halves would make them match in between.
        if (size == 8 && offset == 0xf0) SetCounter(value);
        else if (size == 8 && offset >= 0x108 && (offset & 0x1f) == 0x08 && offset < 0x100 + TimerCount * 0x20) SetComparator((int)(offset - 0x100) / 0x20, value);
        else _registers.Write(offset, size, value);
    }

    public void Reset()
    {
        foreach (var timer in _timers) timer.Reset();
        foreach (var timer in _clockTimers) timer.Cancel();
        foreach (var line in _pins.Concat(_legacy)) line.Set(false);
        (_configuration, _status, _counterBase) = (0, 0, 0);
        _legacyChanged(false);
    }

    private IEnumerable<Register> GlobalRegisters() =>
    [
        new(0x000, "GCAP_ID",      () => Identity),
        new(0x004, "GCAP_ID high", () => FemtosecondsPerTick),
        new(0x010, "GEN_CONF",     () => _configuration, CounterEnabled | LegacyRouting, WriteConfiguration),
        new(0x014, "GEN_CONF high", () => 0),
        new(0x020, "GINTR_STA",    () => _status, (1 << TimerCount) - 1, ClearStatus),
        new(0x024, "GINTR_STA high", () => 0),
        new(0x0f0, "MAIN_CNT",     () => (uint)Counter, uint.MaxValue, v => SetCounter(Counter & ~(ulong)uint.MaxValue | v)),
        new(0x0f4, "MAIN_CNT high", () => (uint)(Counter >> 32), uint.MaxValue, v => SetCounter((uint)Counter | (ulong)v << 32)),
    ];

    private IEnumerable<Register> TimerRegisters(int n)
    {
        uint start = 0x100 + (uint)n * 0x20;
        var timer = _timers[n];
        return
        [
            new(start + 0x00, $"T{n}_CONF", () => timer.Configuration, HpetTimer.Writable, v => WriteTimer(n, v)),
            new(start + 0x04, $"T{n}_CONF high", () => 0x0fu << FirstPin),
            new(start + 0x08, $"T{n}_COMP", () => (uint)timer.Comparator, uint.MaxValue, v => SetComparatorHalf(n, v, high: false)),
            new(start + 0x0c, $"T{n}_COMP high", () => (uint)(timer.Comparator >> 32), uint.MaxValue, v => SetComparatorHalf(n, v, high: true)),
            new(start + 0x10, $"T{n}_FSB", () => 0),
            new(start + 0x14, $"T{n}_FSB high", () => 0),
        ];
    }

    private bool IsRunning => (_configuration & CounterEnabled) != 0;

    private bool IsLegacy => (_configuration & LegacyRouting) != 0;

    private ulong Counter => IsRunning ? _counterBase + (ulong)((_clock.Nanoseconds - _started) / NanosecondsPerTick) : _counterBase;

    private void SetCounter(ulong value)
    {
        (_counterBase, _started) = (value, _clock.Nanoseconds);
        ScheduleAll();
    }

    private void WriteConfiguration(uint value)
    {
        (_counterBase, _started) = (Counter, _clock.Nanoseconds);
        bool legacyChanged = ((value ^ _configuration) & LegacyRouting) != 0;
        _configuration = value;
        if (legacyChanged) _legacyChanged(IsLegacy);
        ScheduleAll();
    }

    private void WriteTimer(int n, uint value)
    {
        var timer = _timers[n];
        timer.Configuration = value | HpetTimer.PeriodicCapable | HpetTimer.Wide;
        if ((value & (HpetTimer.Enabled | HpetTimer.LevelTriggered)) != (HpetTimer.Enabled | HpetTimer.LevelTriggered)) Line(n).Set(false);
        Schedule(n);
    }

    private void SetComparator(int n, ulong value)
    {
        var timer = _timers[n];
        if (timer.Is32Bit) value = (uint)value;
        // Without SETVAL a periodic timer's write changes the period only.
        bool setsComparator = !timer.IsPeriodic || (timer.Configuration & HpetTimer.SetValue) != 0;
        if (timer.IsPeriodic) timer.Period = value;
        if (setsComparator) timer.Comparator = value;
        timer.Configuration &= ~HpetTimer.SetValue;
        Schedule(n);
    }

    private void SetComparatorHalf(int n, uint value, bool high)
    {
        var timer = _timers[n];
        ulong old = timer.IsPeriodic && (timer.Configuration & HpetTimer.SetValue) == 0 ? timer.Period : timer.Comparator;
        SetComparator(n, high ? (uint)old | (ulong)value << 32 : old & ~(ulong)uint.MaxValue | value);
    }

    private void ClearStatus(uint bits)
    {
        for (int n = 0; n < TimerCount; n++)
        {
            if ((bits & _status & 1u << n) != 0) Line(n).Set(false);
        }
        _status &= ~bits;
    }

    private IInterruptLine Line(int n) => IsLegacy && n < 2 ? _legacy[n] : _pins[Math.Clamp(_timers[n].Route - FirstPin, 0, TimerCount - 1)];

    private void ScheduleAll()
    {
        for (int n = 0; n < TimerCount; n++) Schedule(n);
    }

    private void Schedule(int n, long earliest = 0)
    {
        if (!IsRunning || _timers[n].TicksToMatch(Counter) is not { } ticks)
        {
            _clockTimers[n].Cancel();
            return;
        }
        long wait = ticks > long.MaxValue / 2 / NanosecondsPerTick ? long.MaxValue / 2 : (long)ticks * NanosecondsPerTick;
        _clockTimers[n].Arm(Math.Max(_clock.Nanoseconds + wait, earliest));
    }

    private void OnMatch(int n)
    {
        var timer = _timers[n];
        if ((timer.Configuration & HpetTimer.Enabled) != 0)
        {
            if ((timer.Configuration & HpetTimer.LevelTriggered) != 0)
            {
                _status |= 1u << n;
                Line(n).Set(true);
            }
            else
            {
                Line(n).Set(true);
                Line(n).Set(false);
            }
        }
        timer.Reload(Counter);
        if (timer.IsPeriodic && timer.Period != 0) Schedule(n, _clock.Nanoseconds + ShortestPeriod);
    }
}

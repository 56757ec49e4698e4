using Tcg.Mttcg.Machine.Firmware;
using Tcg.Mttcg.Memory.Contracts;

namespace Tcg.Mttcg.Machine.Tests.Support;

internal sealed class RecordingLine : IInterruptLine
{
    public bool Level { get; private set; }

    /// <summary>Rising edges seen.</summary>
    public int Rises { get; private set; }

    public void Set(bool level)
    {
        if (level && !Level) Rises++;
        Level = level;
    }
}

internal sealed class RecordingControl : IMachineControl
{
    public List<string> Calls { get; } = [];

    public void PowerOff() => Calls.Add("power off");

    public void Reset() => Calls.Add("reset");

    public void DebugExit(uint value) => Calls.Add($"debug exit {value:x}");

    public void Panic(bool isCertain) => Calls.Add(isCertain ? "panic" : "panic?");
}

internal sealed class CountingKick : IProcessorKick
{
    public int Kicks { get; private set; }

    public void Kick() => Kicks++;
}

/// <summary>RAM in managed arrays, a page at a time, so that a large machine costs nothing.</summary>
internal sealed class FakeMemory(ulong bytes) : IGuestMemory
{
    private readonly byte[] _low = new byte[Math.Min(bytes, 64 << 20)];

    public RamLayout Layout { get; } = new(bytes);

    public Span<byte> Span(ulong address, int length)
    {
        if (!Layout.Contains(address, (ulong)length)) throw new ArgumentOutOfRangeException(nameof(address), address, "not RAM");
        return _low.AsSpan(checked((int)address), length);
    }

    public uint Read32(ulong address) => BitConverter.ToUInt32(Span(address, 4));

    public ulong Read64(ulong address) => BitConverter.ToUInt64(Span(address, 8));

    public string ReadString(ulong address)
    {
        var bytes = Span(address, 4096);
        return System.Text.Encoding.UTF8.GetString(bytes[..bytes.IndexOf((byte)0)]);
    }
}

/// <summary>Time passes with each look at it, as it does for code that takes a while; timers fire when the test says so.</summary>
internal sealed class HurryingClock(long step) : IClock
{
    private readonly List<Timer> _timers = [];
    private long _now;

    public long Nanoseconds => _now += step;

    public IClockTimer CreateTimer(Action expired)
    {
        var timer = new Timer(expired);
        _timers.Add(timer);
        return timer;
    }

    public void FireExpired()
    {
        foreach (var timer in _timers) timer.FireBefore(_now);
    }

    private sealed class Timer(Action expired) : IClockTimer
    {
        private long? _deadline;

        public void Arm(long deadline) => _deadline = deadline;

        public void Cancel() => _deadline = null;

        public void FireBefore(long now)
        {
            if (_deadline is not { } deadline || deadline > now) return;
            _deadline = null;
            expired();
        }

        public void Dispose() => Cancel();
    }
}

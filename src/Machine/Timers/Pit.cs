using Tcg.Mttcg.Machine.Clocks;
using Tcg.Mttcg.Machine.Wiring;
using Tcg.Mttcg.Memory.Contracts;

namespace Tcg.Mttcg.Machine.Timers;

/// <summary>The 8254 interval timer at ports 0x40 to 0x43, and its gate and output at port 0x61. Channel 0 drives IRQ 0.</summary>
public sealed class Pit : IPortDevice, IResettable
{
    /// <summary>Input clock in Hz.</summary>
    public const uint Frequency = 1_193_182;

    /// <summary>Periods shorter than this are not signalled one by one, or a hostile guest would keep the clock thread busy.</summary>
    private const long ShortestPeriod = 10_000;

    private readonly PitChannel[] _channels = [new(), new(), new()];
    private readonly IClock _clock;
    private readonly IInterruptLine _line;
    private readonly IClockTimer _timer;
    private bool _speaker;
    /// <summary>Channel 0's output as last signalled. High while idle, so that programming a periodic mode makes no edge.</summary>
    private bool _output;

    public Pit(IClock clock, IInterruptLine line)
    {
        (_clock, _line) = (clock, line);
        _timer = clock.CreateTimer(OnRise);
        SystemControl = new SystemControlPort(this);
        Reset();
    }

    /// <summary>Port 0x61: gate and output of channel 2, speaker, refresh toggle.</summary>
    public IPortDevice SystemControl { get; }

    public void Reset()
    {
        foreach (var channel in _channels) channel.Reset();
        _channels[2].SetGate(false, Now);
        _speaker = false;
        _timer.Cancel();
        _line.Set(false);
        _output = true;
    }

    public uint Read(ushort offset, int size) => offset < 3 ? _channels[offset].Read(Now) : 0xffu;

    public void Write(ushort offset, int size, uint value)
    {
        byte data = (byte)value;
        long now = Now;
        if (offset < 3) _channels[offset].Write(data, now);
        else if (data >> 6 == 3) ReadBack(data, now);
        else _channels[data >> 6].Control(data, now);
        if (offset is 0 or 3) Schedule(now);
    }

    private long Now => (long)HostTime.TicksIn(_clock.Nanoseconds, Frequency);

    private void ReadBack(byte command, long now)
    {
        for (int i = 0; i < _channels.Length; i++)
        {
            if ((command & 2 << i) == 0) continue;
            if ((command & 0x20) == 0) _channels[i].LatchCount(now);
            if ((command & 0x10) == 0) _channels[i].LatchStatus(now);
        }
    }

    private void Schedule(long now)
    {
        bool output = _channels[0].Output(now);
        if (output != _output) _line.Set(output);
        _output = output;
        if (_channels[0].NextRise(now) is not { } rise) _timer.Cancel();
        else _timer.Arm(Math.Max(HostTime.TimeOf((ulong)rise, Frequency), _clock.Nanoseconds + ShortestPeriod / 10));
    }

    private void OnRise()
    {
        _line.Set(false);
        _line.Set(true);
        _output = true;
        long now = Now;
        if (_channels[0].NextRise(now) is not { } rise) return;
        _timer.Arm(Math.Max(HostTime.TimeOf((ulong)rise, Frequency), _clock.Nanoseconds + ShortestPeriod));
    }

    private sealed class SystemControlPort(Pit pit) : IPortDevice
    {
        private const long RefreshNanoseconds = 15_085;

        public uint Read(ushort offset, int size)
        {
            var channel = pit._channels[2];
            uint value = channel.Gate ? 1u : 0;
            if (pit._speaker) value |= 2;
            if ((pit._clock.Nanoseconds / RefreshNanoseconds & 1) != 0) value |= 0x10;
            if (channel.Output(pit.Now)) value |= 0x20;
            return value;
        }

        public void Write(ushort offset, int size, uint value)
        {
            pit._speaker = (value & 2) != 0;
            pit._channels[2].SetGate((value & 1) != 0, pit.Now);
        }
    }
}

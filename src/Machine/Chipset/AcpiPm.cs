using Tcg.Mttcg.Machine.Clocks;
using Tcg.Mttcg.Machine.Wiring;
using Tcg.Mttcg.Memory.Contracts;

namespace Tcg.Mttcg.Machine.Chipset;

/// <summary>
/// The ACPI fixed hardware at its I/O base: PM1a event at 0, PM1a control at 4, PM timer at 8 (ACPI specification 4.8). There is no SMI: the machine
/// is in ACPI mode from the start.
/// </summary>
public sealed class AcpiPm : IPortDevice, IResettable
{
    /// <summary>PM timer ticks per second.</summary>
    public const uint TimerFrequency = 3_579_545;

    private const ushort TimerStatus = 1 << 0, GlobalStatus = 1 << 5, PowerButton = 1 << 8, RtcStatus = 1 << 10, WakeStatus = 1 << 15;
    private const ushort StatusMask = TimerStatus | 1 << 4 | GlobalStatus | PowerButton | 1 << 9 | RtcStatus | WakeStatus;
    private const ushort EnableMask = TimerStatus | GlobalStatus | PowerButton | 1 << 9 | RtcStatus;
    private const ushort SciEnabled = 1 << 0, SleepEnable = 1 << 13, ControlMask = 0x1c07;

    private readonly IClock _clock;
    private readonly IInterruptLine _sci;
    private readonly IMachineControl _control;
    private readonly IClockTimer _rollover;
    private readonly byte _softOffType;
    private ushort _status, _enable, _pm1Control;

    /// <param name="softOffType">SLP_TYP of S5, as the DSDT names it.</param>
    public AcpiPm(IClock clock, IInterruptLine sci, IMachineControl control, byte softOffType)
    {
        (_clock, _sci, _control, _softOffType) = (clock, sci, control, softOffType);
        _rollover = clock.CreateTimer(OnRollover);
        Reset();
    }

    public void Reset()
    {
        (_status, _enable, _pm1Control) = (0, 0, SciEnabled);
        Update();
    }

    /// <summary>The operator pressed the power button; a guest with an ACPI driver shuts down.</summary>
    public void PressPowerButton()
    {
        _status |= PowerButton;
        Update();
    }

    private uint TimerValue => (uint)HostTime.TicksIn(_clock.Nanoseconds, TimerFrequency);

    public uint Read(ushort offset, int size)
    {
        uint word = (offset & ~3) switch
        {
            0 => _status | (uint)_enable << 16,
            4 => _pm1Control,
            8 => TimerValue,
            _ => 0,
        };
        return word >> (offset & 3) * 8;
    }

    public void Write(ushort offset, int size, uint value)
    {
        int shift = (offset & 3) * 8;
        uint mask = (uint)(((1ul << size * 8) - 1) << shift), bits = value << shift & mask;
        switch (offset & ~3)
        {
            case 0:
                _status &= (ushort)~(bits & StatusMask);
                _enable = (ushort)((_enable & ~(mask >> 16) | bits >> 16) & EnableMask);
                Update();
                break;
            case 4: WriteControl((ushort)(_pm1Control & ~mask | bits)); break;
        }
    }

    private void WriteControl(ushort value)
    {
        _pm1Control = (ushort)(value & ControlMask | SciEnabled);
        // SLP_EN is write-only; other sleep states are not announced and fall through.
        if ((value & SleepEnable) != 0 && (value >> 10 & 7) == _softOffType) _control.PowerOff();
    }

    /// <summary>The timer's status bit sets whenever bit 31 of the count changes.</summary>
    private void OnRollover()
    {
        _status |= TimerStatus;
        Update();
    }

    private void Update()
    {
        _sci.Set((_status & _enable) != 0);
        if ((_enable & TimerStatus) == 0 || (_status & TimerStatus) != 0)
        {
            _rollover.Cancel();
            return;
        }
        ulong ticks = HostTime.TicksIn(_clock.Nanoseconds, TimerFrequency);
        _rollover.Arm(HostTime.TimeOf((ticks | 0x7fff_ffff) + 1, TimerFrequency));
    }
}

/// <summary>Port 0xcf9, the reset control register of PC chip sets, which the FADT names too.</summary>
public sealed class ResetControl(IMachineControl control) : IPortDevice
{
    private const byte ResetCpu = 0x04, Stored = 0x0a;

    private byte _value;

    public uint Read(ushort offset, int size) => _value;

    public void Write(ushort offset, int size, uint value)
    {
        bool rising = (value & ResetCpu) != 0;
        _value = (byte)(value & Stored);
        if (rising) control.Reset();
    }
}

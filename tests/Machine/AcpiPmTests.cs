using Tcg.Mttcg.Machine.Chipset;
using Tcg.Mttcg.Machine.Clocks;
using Tcg.Mttcg.Machine.Tests.Support;

namespace Tcg.Mttcg.Machine.Tests;

public sealed class AcpiPmTests
{
    private readonly ManualClock _clock = new();
    private readonly RecordingLine _sci = new();
    private readonly RecordingControl _control = new();
    private readonly AcpiPm _pm;

    public AcpiPmTests() => _pm = new AcpiPm(_clock, _sci, _control, softOffType: 5);

    [Fact]
    public void The_timer_counts_at_3579545_Hz()
    {
        _clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(2 * 3_579_545u, _pm.Read(8, 4));
        _pm.Write(8, 4, 0);
        Assert.Equal(2 * 3_579_545u, _pm.Read(8, 4));
    }

    [Fact]
    public void Sleep_enable_with_the_soft_off_type_powers_off()
    {
        _pm.Write(4, 2, 3 << 10 | 1 << 13);
        _pm.Write(4, 2, 5 << 10);
        Assert.Empty(_control.Calls);
        _pm.Write(4, 2, 5 << 10 | 1 << 13);
        Assert.Equal(["power off"], _control.Calls);
        Assert.Equal(5u << 10 | 1, _pm.Read(4, 2));
    }

    [Fact]
    public void Acpi_mode_is_always_on()
    {
        _pm.Write(4, 2, 0);
        Assert.Equal(1u, _pm.Read(4, 2));
    }

    [Fact]
    public void The_power_button_raises_the_sci_until_its_status_is_cleared()
    {
        _pm.PressPowerButton();
        Assert.False(_sci.Level);
        _pm.Write(2, 2, 1 << 8);
        Assert.True(_sci.Level);
        Assert.Equal(0x100u, _pm.Read(0, 2) & 0xffff);
        _pm.Write(0, 2, 1 << 8);
        Assert.False(_sci.Level);
    }

    [Fact]
    public void The_timers_top_bit_raises_the_sci_when_it_changes()
    {
        _pm.Write(2, 2, 1);
        _clock.Advance(HostTime.TimeOf(0x7fffffff, AcpiPm.TimerFrequency));
        Assert.False(_sci.Level);
        _clock.Advance(1000);
        Assert.True(_sci.Level);
        _pm.Write(0, 2, 1);
        Assert.False(_sci.Level);
    }

    [Fact]
    public void A_byte_write_of_the_enable_register_leaves_the_status_alone()
    {
        _pm.PressPowerButton();
        _pm.Write(2, 1, 0x20);
        _pm.Write(3, 1, 1);
        Assert.Equal(0x01200100u, _pm.Read(0, 4));
    }
}

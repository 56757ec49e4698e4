using Tcg.Mttcg.Machine.Clocks;
using Tcg.Mttcg.Machine.Firmware;
using Tcg.Mttcg.Machine.Tests.Support;
using Tcg.Mttcg.Machine.Timers;

namespace Tcg.Mttcg.Machine.Tests;

public sealed class RtcTests
{
    private readonly ManualClock _clock = new();
    private readonly RecordingLine _line = new();
    private readonly Rtc _rtc;

    public RtcTests() => _rtc = new Rtc(_clock, _line, new DateTime(2024, 2, 28, 23, 59, 58));

    private int Read(int index)
    {
        _rtc.Write(0, 1, (uint)index);
        return (int)_rtc.Read(1, 1);
    }

    private void Write(int index, int value)
    {
        _rtc.Write(0, 1, (uint)index);
        _rtc.Write(1, 1, (uint)value);
    }

    private string Date() => $"{Read(0x32):x2}{Read(9):x2}-{Read(8):x2}-{Read(7):x2} {Read(4):x2}:{Read(2):x2}:{Read(0):x2}";

    [Fact]
    public void Time_advances_over_midnight_into_a_leap_day()
    {
        Assert.Equal("2024-02-28 23:59:58", Date());
        _clock.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal("2024-02-29 00:00:01", Date());
        Assert.Equal(5, Read(6));
    }

    [Fact]
    public void Binary_and_12_hour_modes_are_honoured()
    {
        Write(0x0b, 0x06);
        Assert.Equal((59, 23, 24), (Read(2), Read(4), Read(9)));
        Write(0x0b, 0x00);
        Assert.Equal(0x91, Read(4));
    }

    [Fact]
    public void The_clock_can_be_set_while_it_is_stopped()
    {
        Write(0x0b, 0x82);
        foreach (var (index, value) in new[] { (0, 0x30), (2, 0x45), (4, 0x12), (7, 0x31), (8, 0x12), (9, 0x99), (0x32, 0x19) }) Write(index, value);
        _clock.Advance(TimeSpan.FromSeconds(100));
        Write(0x0b, 0x02);
        Assert.Equal("1999-12-31 12:45:30", Date());
        _clock.Advance(TimeSpan.FromHours(12));
        Assert.Equal("2000-01-01 00:45:30", Date());
    }

    [Fact]
    public void Update_in_progress_shows_just_before_the_second_ends()
    {
        Assert.Equal(0x26, Read(0x0a));
        _clock.Advance(999_900_000);
        Assert.Equal(0xa6, Read(0x0a));
        _clock.Advance(200_000);
        Assert.Equal(0x26, Read(0x0a));
    }

    [Fact]
    public void The_periodic_interrupt_comes_at_its_rate_and_reading_C_clears_it()
    {
        Write(0x0b, 0x42);
        int count = 0;
        for (int i = 0; i < 4096; i++)
        {
            _clock.Advance(1_000_000_000 / 4096);
            if (!_line.Level) continue;
            Assert.Equal(0xc0, Read(0x0c));
            Assert.False(_line.Level);
            count++;
        }
        Assert.InRange(count, 1022, 1024);
    }

    [Fact]
    public void The_update_interrupt_comes_once_a_second()
    {
        Write(0x0b, 0x12);
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.True(_line.Level);
        Assert.Equal(0x90, Read(0x0c) & 0x90);
        Assert.False(_line.Level);
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.True(_line.Level);
    }

    [Fact]
    public void The_alarm_matches_its_time_and_wildcards_match_anything()
    {
        Write(1, 0x01);
        Write(3, 0xff);
        Write(5, 0xff);
        Write(0x0b, 0x22);
        _clock.Advance(TimeSpan.FromSeconds(2.9));
        Assert.False(_line.Level);
        _clock.Advance(TimeSpan.FromSeconds(0.2));
        Assert.True(_line.Level);
        Assert.Equal(0xb0, Read(0x0c));
    }

    [Fact]
    public void Memory_sizes_are_where_a_bios_puts_them()
    {
        CmosRam.WriteMemorySizes(_rtc.Ram, new RamLayout(5ul << 30));
        Assert.Equal(640, Read(0x15) | Read(0x16) << 8);
        Assert.Equal(0xffff, Read(0x30) | Read(0x31) << 8);
        Assert.Equal(((3 << 30) - (16 << 20)) >> 16 & 0xffff, Read(0x34) | Read(0x35) << 8);
        Assert.Equal(2 << 30 >> 16 & 0xffff, Read(0x5b) | Read(0x5c) << 8 | Read(0x5d) << 16);
    }

    [Fact]
    public void The_index_port_masks_nmi_and_other_bytes_are_storage()
    {
        Write(0x8f, 0x0a);
        Assert.True(_rtc.IsNmiMasked);
        Assert.Equal(0x0a, Read(0x0f));
        Assert.False(_rtc.IsNmiMasked);
        Assert.Equal(0x80, Read(0x0d));
    }

    [Fact]
    public void Nonsense_dates_do_not_break_the_calendar()
    {
        var random = new Random(3);
        for (int i = 0; i < 20_000; i++)
        {
            Write(random.Next(0x40), random.Next(256));
            Read(random.Next(0x40));
            _clock.Advance(random.Next(1_000_000));
        }
    }

    [Theory]
    [InlineData(0x12, 0)]
    [InlineData(0x01, 1)]
    [InlineData(0x92, 12)]
    [InlineData(0x91, 23)]
    public void Twelve_hour_values_are_understood(int written, int hour)
    {
        Write(0x0b, 0x84);
        Write(4, (written & 0x80) | (written & 0x0f) + (written >> 4 & 7) * 10);
        Write(0x0b, 0x04);
        Write(0x0b, 0x06);
        Assert.Equal(hour, Read(4));
    }
}

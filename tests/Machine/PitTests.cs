using Tcg.Mttcg.Machine.Clocks;
using Tcg.Mttcg.Machine.Tests.Support;
using Tcg.Mttcg.Machine.Timers;

namespace Tcg.Mttcg.Machine.Tests;

public sealed class PitTests
{
    private readonly ManualClock _clock = new();
    private readonly RecordingLine _line = new();
    private readonly Pit _pit;

    public PitTests() => _pit = new Pit(_clock, _line);

    private void Program(int channel, int mode, int count)
    {
        _pit.Write(3, 1, (uint)(channel << 6 | 0x30 | mode << 1));
        _pit.Write((ushort)channel, 1, (byte)count);
        _pit.Write((ushort)channel, 1, (byte)(count >> 8));
    }

    private int ReadCount(int channel)
    {
        _pit.Write(3, 1, (uint)(channel << 6));
        return (int)(_pit.Read((ushort)channel, 1) | _pit.Read((ushort)channel, 1) << 8);
    }

    private void AdvanceTicks(long ticks)
    {
        long now = (long)HostTime.TicksIn(_clock.Nanoseconds, Pit.Frequency);
        _clock.Advance(HostTime.TimeOf((ulong)(now + ticks), Pit.Frequency) - _clock.Nanoseconds);
    }

    private bool Output2 => (_pit.SystemControl.Read(0, 1) & 0x20) != 0;

    [Fact]
    public void Mode_2_raises_one_edge_a_period()
    {
        Program(0, 2, 11932);
        int before = _line.Rises;
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(99, _line.Rises - before);
    }

    [Fact]
    public void Mode_3_raises_one_edge_a_period()
    {
        Program(0, 3, 0);
        int before = _line.Rises;
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(18, _line.Rises - before);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    public void One_shot_modes_raise_a_single_edge(int mode)
    {
        Program(0, mode, 1000);
        int before = _line.Rises;
        AdvanceTicks(999);
        Assert.Equal(before, _line.Rises);
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(before + 1, _line.Rises);
    }

    [Fact]
    public void The_counter_counts_down_by_one_in_mode_2_and_by_two_in_mode_3()
    {
        Program(1, 2, 1000);
        AdvanceTicks(10);
        Assert.Equal(990, ReadCount(1));
        AdvanceTicks(1000);
        Assert.Equal(990, ReadCount(1));
        Program(1, 3, 1000);
        AdvanceTicks(10);
        Assert.Equal(980, ReadCount(1));
    }

    [Fact]
    public void A_latched_count_stays_until_both_bytes_are_read()
    {
        Program(1, 2, 0x1234);
        _pit.Write(3, 1, 0x40);
        AdvanceTicks(500);
        Assert.Equal(0x34u, _pit.Read(1, 1));
        Assert.Equal(0x12u, _pit.Read(1, 1));
        Assert.Equal(0x1234 - 500, ReadCount(1));
    }

    [Fact]
    public void A_new_count_of_a_periodic_mode_takes_over_at_the_end_of_the_period()
    {
        Program(1, 2, 1000);
        AdvanceTicks(100);
        _pit.Write(1, 1, 0x00);
        _pit.Write(1, 1, 0x02);
        Assert.Equal(900, ReadCount(1));
        AdvanceTicks(900 + 12);
        Assert.Equal(500, ReadCount(1));
    }

    [Fact]
    public void Read_back_latches_status_and_then_count()
    {
        Program(2, 3, 100);
        _pit.Write(3, 1, 0xc8);
        Assert.Equal(0xb6u, _pit.Read(2, 1) & 0xbf);
        Assert.Equal(100u, _pit.Read(2, 1));
    }

    [Fact]
    public void Channel_2_in_mode_0_counts_only_while_its_gate_is_open()
    {
        _pit.SystemControl.Write(0, 1, 0);
        Program(2, 0, 1000);
        AdvanceTicks(5000);
        Assert.False(Output2);
        Assert.Equal(1000, ReadCount(2));
        _pit.SystemControl.Write(0, 1, 1);
        AdvanceTicks(600);
        _pit.SystemControl.Write(0, 1, 0);
        AdvanceTicks(600);
        Assert.False(Output2);
        _pit.SystemControl.Write(0, 1, 1);
        AdvanceTicks(399);
        Assert.False(Output2);
        AdvanceTicks(1);
        Assert.True(Output2);
    }

    [Fact]
    public void Mode_1_starts_at_the_gates_rising_edge_and_restarts_with_it()
    {
        _pit.SystemControl.Write(0, 1, 0);
        Program(2, 1, 100);
        Assert.True(Output2);
        _pit.SystemControl.Write(0, 1, 1);
        AdvanceTicks(60);
        Assert.False(Output2);
        _pit.SystemControl.Write(0, 1, 0);
        _pit.SystemControl.Write(0, 1, 1);
        AdvanceTicks(60);
        Assert.False(Output2);
        AdvanceTicks(40);
        Assert.True(Output2);
    }

    [Fact]
    public void Mode_3_is_high_for_the_first_half()
    {
        _pit.SystemControl.Write(0, 1, 1);
        Program(2, 3, 100);
        AdvanceTicks(49);
        Assert.True(Output2);
        AdvanceTicks(1);
        Assert.False(Output2);
        AdvanceTicks(50);
        Assert.True(Output2);
    }

    [Fact]
    public void Binary_coded_counts_are_decimal()
    {
        _pit.Write(3, 1, 0x75);
        _pit.Write(1, 1, 0x00);
        _pit.Write(1, 1, 0x10);
        AdvanceTicks(1);
        Assert.Equal(0x0999, ReadCount(1));
    }

    [Fact]
    public void The_shortest_period_does_not_storm_the_clock()
    {
        Program(0, 2, 1);
        int before = _line.Rises;
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.InRange(_line.Rises - before, 50, 110);
    }

    [Fact]
    public void The_refresh_bit_toggles()
    {
        var seen = new HashSet<uint>();
        for (int i = 0; i < 4; i++)
        {
            seen.Add(_pit.SystemControl.Read(0, 1) & 0x10);
            _clock.Advance(15_085);
        }
        Assert.Equal(2, seen.Count);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Programming_an_idle_channel_makes_no_edge(int mode)
    {
        Program(0, mode, 1000);
        Assert.Equal(0, _line.Rises);
    }

    [Fact]
    public void Leaving_mode_0_before_its_end_raises_the_output()
    {
        Program(0, 0, 1000);
        Program(0, 2, 1000);
        Assert.Equal(1, _line.Rises);
    }
}

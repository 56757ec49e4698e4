using Tcg.Mttcg.Machine.Clocks;
using Tcg.Mttcg.Machine.Tests.Support;
using Tcg.Mttcg.Machine.Timers;
using Tcg.Mttcg.Machine.Wiring;

namespace Tcg.Mttcg.Machine.Tests;

public sealed class HpetTests
{
    private readonly ManualClock _clock = new();
    private readonly RecordingLine[] _pins = [new(), new(), new(), new()], _legacy = [new(), new()];
    private readonly List<bool> _switches = [];
    private readonly Hpet _hpet;

    public HpetTests() => _hpet = new Hpet(_clock, _pins, _legacy, _switches.Add, SilentDeviceLog.Instance);

    private void Write(uint offset, uint value) => _hpet.Write(offset, 4, value);

    [Fact]
    public void It_announces_four_timers_legacy_routing_and_its_period()
    {
        Assert.Equal(0x00989680_8086a301ul, _hpet.Read(0, 8));
        Assert.Equal(0x00f00000u, (uint)_hpet.Read(0x104, 4));
    }

    [Fact]
    public void The_counter_runs_only_when_enabled()
    {
        _clock.Advance(1000);
        Assert.Equal(0ul, _hpet.Read(0xf0, 8));
        Write(0x10, 1);
        _clock.Advance(1000);
        Assert.Equal(100ul, _hpet.Read(0xf0, 8));
        Write(0x10, 0);
        _clock.Advance(1000);
        Assert.Equal(100ul, _hpet.Read(0xf0, 8));
        _hpet.Write(0xf0, 8, 0x1_0000_0000);
        Assert.Equal(1ul, _hpet.Read(0xf4, 4));
    }

    [Fact]
    public void A_one_shot_timer_raises_one_edge_on_its_routed_pin()
    {
        Write(0x10, 1);
        Write(0x140, 0x04 | 22 << 9);
        _hpet.Write(0x148, 8, 500);
        _clock.Advance(4999);
        Assert.Equal(0, _pins[2].Rises);
        _clock.Advance(100_000);
        Assert.Equal(1, _pins[2].Rises);
        Assert.False(_pins[2].Level);
    }

    [Fact]
    public void A_periodic_timer_takes_comparator_and_period_in_two_writes()
    {
        Write(0x10, 3);
        Assert.Equal([true], _switches);
        Write(0x100, 0x04 | 0x08 | 0x40 | 0x100);
        Write(0x108, 1000);
        Write(0x108, 10_000);
        _clock.Advance(10_000);
        Assert.Equal(1, _legacy[0].Rises);
        _clock.Advance(1_000_000);
        Assert.Equal(11, _legacy[0].Rises);
        Assert.Equal(0, _pins[0].Rises);
    }

    [Fact]
    public void A_level_timer_holds_its_line_until_the_status_is_cleared()
    {
        Write(0x10, 1);
        Write(0x120, 0x06 | 21 << 9);
        _hpet.Write(0x128, 8, 100);
        _clock.Advance(1000);
        Assert.True(_pins[1].Level);
        Assert.Equal(2ul, _hpet.Read(0x20, 4));
        Write(0x20, 2);
        Assert.False(_pins[1].Level);
        Assert.Equal(0ul, _hpet.Read(0x20, 4));
    }

    [Fact]
    public void A_comparator_behind_the_counter_does_not_fire()
    {
        Write(0x10, 1);
        _clock.Advance(100_000);
        Write(0x100, 0x04 | 20 << 9);
        _hpet.Write(0x108, 8, 5);
        _clock.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(0, _pins[0].Rises);
    }

    [Fact]
    public void The_shortest_period_does_not_storm_the_clock()
    {
        Write(0x10, 1);
        Write(0x100, 0x04 | 0x08 | 0x40 | 20 << 9);
        _hpet.Write(0x108, 8, 1);
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.InRange(_pins[0].Rises, 50, 110);
    }

    [Fact]
    public void Reset_gives_the_legacy_interrupts_back()
    {
        Write(0x10, 3);
        _hpet.Reset();
        Assert.Equal([true, false], _switches);
        Assert.Equal(0ul, _hpet.Read(0x10, 8));
    }
}

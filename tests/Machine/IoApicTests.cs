using Tcg.Mttcg.Machine.Clocks;
using Tcg.Mttcg.Machine.Interrupts;

namespace Tcg.Mttcg.Machine.Tests;

public sealed class IoApicTests
{
    private readonly IoApic _ioApic;
    private readonly LocalApic[] _apics;

    public IoApicTests()
    {
        var clock = new ManualClock();
        var bus = new ApicBus();
        _ioApic = new IoApic(bus);
        _apics = [new LocalApic(0, bus, clock, new HostTsc(clock)), new LocalApic(1, bus, clock, new HostTsc(clock))];
        bus.Connect(_apics, _ioApic.EndOfInterrupt);
        foreach (var apic in _apics) apic.Registers.Write(0xf0, 4, 0x1ff);
    }

    private uint ReadRegister(byte index)
    {
        _ioApic.Write(0, 4, index);
        return (uint)_ioApic.Read(0x10, 4);
    }

    private void WriteRegister(byte index, uint value)
    {
        _ioApic.Write(0, 4, index);
        _ioApic.Write(0x10, 4, value);
    }

    private void Route(int pin, uint low, uint destination = 0)
    {
        WriteRegister((byte)(0x11 + pin * 2), destination << 24);
        WriteRegister((byte)(0x10 + pin * 2), low);
    }

    private void End(int cpu) => _apics[cpu].Registers.Write(0xb0, 4, 0);

    [Fact]
    public void It_announces_24_masked_entries()
    {
        Assert.Equal(0x170020u, ReadRegister(1));
        Assert.Equal(0x10000u, ReadRegister(0x10));
        Assert.Equal(0x10000u, ReadRegister(0x10 + 46));
        Assert.Equal(0u, ReadRegister(0x40));
    }

    [Fact]
    public void An_edge_interrupts_the_destination_once()
    {
        Route(4, 0x34, destination: 1);
        _ioApic.SetLine(4, true);
        Assert.Equal(0x34, _apics[1].Acknowledge());
        End(1);
        Assert.Equal(-1, _apics[1].Acknowledge());
        _ioApic.SetLine(4, false);
        _ioApic.SetLine(4, true);
        Assert.Equal(0x34, _apics[1].Acknowledge());
    }

    [Fact]
    public void A_level_interrupt_repeats_after_each_end_while_the_line_is_high()
    {
        Route(9, 0x8039);
        _ioApic.SetLine(9, true);
        Assert.Equal(0xc039u, ReadRegister(0x10 + 18));
        Assert.Equal(0x39, _apics[0].Acknowledge());
        Assert.False(_apics[0].HasInterrupt);
        End(0);
        Assert.Equal(0x39, _apics[0].Acknowledge());
        _ioApic.SetLine(9, false);
        End(0);
        Assert.False(_apics[0].HasInterrupt);
        Assert.Equal(0x8039u, ReadRegister(0x10 + 18));
    }

    [Fact]
    public void A_masked_edge_is_delivered_when_unmasked_and_a_fallen_level_is_not()
    {
        Route(4, 0x10034);
        _ioApic.SetLine(4, true);
        _ioApic.SetLine(4, false);
        Route(4, 0x34);
        Assert.Equal(0x34, _apics[0].Acknowledge());
        Route(5, 0x18035);
        _ioApic.SetLine(5, true);
        _ioApic.SetLine(5, false);
        Route(5, 0x8035);
        Assert.False(_apics[0].HasInterrupt);
    }

    [Fact]
    public void Polarity_does_not_matter_and_read_only_bits_stay()
    {
        Route(4, 0x2000 | 0x5000 | 0x34);
        Assert.Equal(0x2034u, ReadRegister(0x18));
        _ioApic.SetLine(4, true);
        Assert.True(_apics[0].HasInterrupt);
    }

    [Fact]
    public void Switching_to_edge_and_back_clears_a_stuck_remote_irr()
    {
        Route(9, 0x8039);
        _ioApic.SetLine(9, true);
        _ioApic.SetLine(9, false);
        WriteRegister(0x10 + 18, 0x10039);
        WriteRegister(0x10 + 18, 0x8039);
        Assert.Equal(0x8039u, ReadRegister(0x10 + 18));
    }

    [Fact]
    public void The_eoi_register_ends_a_level_interrupt()
    {
        Route(9, 0x8039);
        _ioApic.SetLine(9, true);
        _ioApic.SetLine(9, false);
        _ioApic.Write(0x40, 4, 0x39);
        Assert.Equal(0x8039u, ReadRegister(0x10 + 18));
    }

    [Fact]
    public void Logical_destinations_reach_each_named_processor()
    {
        _apics[0].Registers.Write(0xd0, 4, 1u << 24);
        _apics[1].Registers.Write(0xd0, 4, 2u << 24);
        Route(3, 0x833, destination: 3);
        _ioApic.SetLine(3, true);
        Assert.True(_apics[0].HasInterrupt);
        Assert.True(_apics[1].HasInterrupt);
    }

    [Fact]
    public void Nmi_mode_delivers_an_event()
    {
        Route(7, 0x400);
        _ioApic.SetLine(7, true);
        Assert.True(_apics[0].HasEvent);
    }

    [Fact]
    public void A_line_that_was_high_across_a_reset_interrupts_once_it_is_routed()
    {
        _ioApic.SetLine(9, true);
        _ioApic.Reset();
        Route(9, 0x8039);
        Assert.Equal(0x39, _apics[0].Acknowledge());
    }

    [Fact]
    public void A_level_line_that_falls_and_rises_during_service_waits_for_the_end()
    {
        Route(9, 0x8039);
        _ioApic.SetLine(9, true);
        _apics[0].Acknowledge();
        _ioApic.SetLine(9, false);
        _ioApic.SetLine(9, true);
        Assert.Equal(0u, (uint)_apics[0].Registers.Read(0x210, 4) & 1u << 25);
        End(0);
        Assert.Equal(0x39, _apics[0].Acknowledge());
    }
}

using Tcg.Mttcg.Machine.Interrupts;
using Tcg.Mttcg.Machine.Tests.Support;

namespace Tcg.Mttcg.Machine.Tests;

public sealed class PicTests
{
    private readonly RecordingLine _intr = new();
    private readonly PicPair _pics;

    public PicTests()
    {
        _pics = new PicPair(_intr);
        Initialize(icw4: 0x01);
    }

    private void Initialize(byte icw4)
    {
        foreach (var (ports, vector, cascade) in new[] { (_pics.MasterPorts, 0x20u, 0x04u), (_pics.SlavePorts, 0x28u, 0x02u) })
        {
            ports.Write(0, 1, 0x11);
            ports.Write(1, 1, vector);
            ports.Write(1, 1, cascade);
            ports.Write(1, 1, icw4);
            ports.Write(1, 1, 0x00);
        }
    }

    private void Pulse(int input)
    {
        _pics.SetLine(input, true);
        _pics.SetLine(input, false);
    }

    private void EndOfInterrupt(bool slave = false)
    {
        if (slave) _pics.SlavePorts.Write(0, 1, 0x20);
        _pics.MasterPorts.Write(0, 1, 0x20);
    }

    [Fact]
    public void After_reset_everything_is_masked()
    {
        _pics.Reset();
        Pulse(0);
        Assert.False(_intr.Level);
        Assert.Equal(0xffu, _pics.MasterPorts.Read(1, 1));
    }

    [Fact]
    public void An_edge_is_latched_and_acknowledged_once()
    {
        Pulse(4);
        Assert.True(_intr.Level);
        Assert.Equal(0x24, _pics.Acknowledge());
        Assert.False(_intr.Level);
        Assert.Equal(-1, _pics.Acknowledge());
    }

    [Fact]
    public void A_lower_priority_waits_for_the_end_of_interrupt()
    {
        Pulse(1);
        Assert.Equal(0x21, _pics.Acknowledge());
        Pulse(3);
        Assert.False(_intr.Level);
        Pulse(0);
        Assert.Equal(0x20, _pics.Acknowledge());
        EndOfInterrupt();
        Assert.False(_intr.Level);
        EndOfInterrupt();
        Assert.Equal(0x23, _pics.Acknowledge());
    }

    [Fact]
    public void The_second_chip_interrupts_through_input_2_and_needs_two_ends()
    {
        Pulse(12);
        Assert.Equal(0x2c, _pics.Acknowledge());
        Pulse(14);
        Assert.False(_intr.Level);
        EndOfInterrupt(slave: true);
        Assert.Equal(0x2e, _pics.Acknowledge());
    }

    [Fact]
    public void Two_requests_of_the_second_chip_are_served_in_turn()
    {
        Pulse(8);
        Pulse(15);
        Assert.Equal(0x28, _pics.Acknowledge());
        EndOfInterrupt(slave: true);
        Assert.Equal(0x2f, _pics.Acknowledge());
    }

    [Fact]
    public void A_masked_request_is_delivered_when_unmasked()
    {
        _pics.MasterPorts.Write(1, 1, 0x10);
        Pulse(4);
        Assert.False(_intr.Level);
        Assert.Equal(0x10u, _pics.MasterPorts.Read(1, 1));
        _pics.MasterPorts.Write(1, 1, 0x00);
        Assert.True(_intr.Level);
    }

    [Fact]
    public void A_level_input_follows_its_line()
    {
        _pics.EdgeLevelPorts.Write(1, 1, 0xff);
        Assert.Equal(0xdeu, _pics.EdgeLevelPorts.Read(1, 1));
        _pics.SetLine(11, true);
        Assert.True(_intr.Level);
        _pics.SetLine(11, false);
        Assert.False(_intr.Level);
        _pics.SetLine(11, true);
        Assert.Equal(0x2b, _pics.Acknowledge());
        EndOfInterrupt(slave: true);
        Assert.True(_intr.Level);
    }

    [Fact]
    public void Automatic_end_of_interrupt_leaves_nothing_in_service()
    {
        Initialize(icw4: 0x03);
        Pulse(5);
        Assert.Equal(0x25, _pics.Acknowledge());
        _pics.MasterPorts.Write(0, 1, 0x0b);
        Assert.Equal(0u, _pics.MasterPorts.Read(0, 1));
        Pulse(6);
        Assert.True(_intr.Level);
    }

    [Fact]
    public void Specific_end_of_interrupt_ends_the_named_level_only()
    {
        Pulse(6);
        _pics.Acknowledge();
        Pulse(1);
        _pics.Acknowledge();
        _pics.MasterPorts.Write(0, 1, 0x66);
        _pics.MasterPorts.Write(0, 1, 0x0b);
        Assert.Equal(0x02u, _pics.MasterPorts.Read(0, 1));
    }

    [Fact]
    public void Rotation_makes_the_ended_level_the_lowest()
    {
        Pulse(3);
        _pics.Acknowledge();
        _pics.MasterPorts.Write(0, 1, 0xa0);
        Pulse(3);
        Pulse(4);
        Assert.Equal(0x24, _pics.Acknowledge());
    }

    [Fact]
    public void Special_mask_mode_lets_lower_levels_through()
    {
        Pulse(1);
        _pics.Acknowledge();
        _pics.MasterPorts.Write(0, 1, 0x68);
        _pics.MasterPorts.Write(1, 1, 0x02);
        Pulse(7);
        Assert.Equal(0x27, _pics.Acknowledge());
    }

    [Fact]
    public void Polling_acknowledges_without_an_interrupt_cycle()
    {
        Pulse(5);
        _pics.MasterPorts.Write(0, 1, 0x0c);
        Assert.Equal(0x85u, _pics.MasterPorts.Read(0, 1));
        Assert.False(_intr.Level);
        _pics.MasterPorts.Write(0, 1, 0x0c);
        Assert.Equal(0u, _pics.MasterPorts.Read(0, 1));
    }

    [Fact]
    public void Request_and_service_registers_read_as_selected()
    {
        _pics.MasterPorts.Write(1, 1, 0xff);
        Pulse(6);
        Assert.Equal(0x40u, _pics.MasterPorts.Read(0, 1));
        _pics.MasterPorts.Write(0, 1, 0x0b);
        Assert.Equal(0x00u, _pics.MasterPorts.Read(0, 1));
        _pics.MasterPorts.Write(0, 1, 0x0a);
        Assert.Equal(0x40u, _pics.MasterPorts.Read(0, 1));
    }
}

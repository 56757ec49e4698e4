using Tcg.Mttcg.Memory.Physical;

namespace Tcg.Mttcg.Memory.Tests.Physical;

public class PortMapTests
{
    private readonly PortMap _ports = new();
    private readonly FakeDevice _low = new();
    private readonly FakeDevice _high = new();

    [Fact]
    public void Unmapped_ports_read_as_ones_and_swallow_writes()
    {
        Assert.Equal(0xffu, _ports.Read(0x80, 1));
        Assert.Equal(0xffffu, _ports.Read(0x80, 2));
        Assert.Equal(0xffffffffu, _ports.Read(0xffff, 4));
        _ports.Write(0xffff, 4, 0);
    }

    [Fact]
    public void A_port_belongs_to_the_range_around_it()
    {
        _ports.Map(0x3f8, new("uart", _low, 8, null));
        _ports.Write(0x3fd, 1, 0x55);
        Assert.Equal(["w1@5=55"], _low.Calls);
        Assert.Equal(0x55u, _ports.Read(0x3fd, 1));
        Assert.Equal(0xffu, _ports.Read(0x400, 1));
        Assert.Equal(0xffu, _ports.Read(0x3f7, 1));
        Assert.Equal("uart", _ports.Find(0x3ff, out var offset)?.Name);
        Assert.Equal(7, offset);
    }

    [Fact]
    public void An_access_is_split_where_its_range_ends()
    {
        _ports.Map(0xe0, new("low", _low, 2, null));
        _ports.Map(0xe2, new("high", _high, 2, null));
        _ports.Write(0xe1, 4, 0x44332211);
        Assert.Equal(["w1@1=11"], _low.Calls);
        Assert.Equal(["w2@0=3322"], _high.Calls);
        _high.Bytes[1] = 0x99;
        Assert.Equal(0xff_99_22_11u, _ports.Read(0xe1, 4));
    }

    [Fact]
    public void An_access_belongs_to_the_range_of_its_first_port_even_where_a_smaller_range_lies_inside()
    {
        _ports.Map(0xcf8, new("pci", _low, 8, null));
        _ports.Map(0xcf9, new("reset", _high, 1, null));
        _ports.Write(0xcf8, 4, 0x80000000);
        _ports.Write(0xcf9, 1, 6);
        Assert.Equal(["w4@0=80000000"], _low.Calls);
        Assert.Equal(["w1@0=6"], _high.Calls);
    }

    [Fact]
    public void An_eight_bit_device_sees_bytes_only()
    {
        _ports.Map(0x70, new("cmos", _low, 2, null, maxAccess: 1));
        _ports.Write(0x70, 2, 0x120f);
        Assert.Equal(["w1@0=f", "w1@1=12"], _low.Calls);
        Assert.Equal(0x120fu, _ports.Read(0x70, 2));
    }

    [Fact]
    public void The_last_port_is_the_end()
    {
        _ports.Map(0xfffe, new("end", _low, 2, null));
        _low.Bytes[0] = 1;
        _low.Bytes[1] = 2;
        Assert.Equal(0xffff0201u, _ports.Read(0xfffe, 4));
        Assert.Throws<ArgumentOutOfRangeException>(() => _ports.Map(0xffff, new("end", _low, 2, null)));
        Assert.Throws<ArgumentOutOfRangeException>(() => _ports.Unmap(0xffff, 2));
    }

    [Fact]
    public void A_whole_machine_of_ports_can_be_one_range_and_go_away()
    {
        _ports.Map(0, new("all", _low, 65536, null));
        Assert.Equal("all", _ports.Find(0xffff, out var offset)?.Name);
        Assert.Equal(0xffff, offset);
        _ports.Unmap(0, 65536);
        Assert.Null(_ports.Find(0xffff, out _));
    }

    [Fact]
    public void Changes_of_one_map_do_not_show_in_another()
    {
        _ports.Map(0x10, new("mine", _low, 1, null));
        Assert.Null(new PortMap().Find(0x10, out _));
    }

    [Fact]
    public void Readers_see_a_change_whole_or_not_at_all()
    {
        var wide = new PortRegion("wide", _low, 600, null);
        var other = new PortRegion("other", _high, 300, null);
        var stop = false;
        var wrong = 0;
        var reader = new Thread(() =>
        {
            while (!Volatile.Read(ref stop))
            {
                var region = _ports.Find(0x1f0, out var offset);
                if (!(region is null || (region == wide && offset == 0x1f0) || (region == other && offset == 0xf0)))
                    wrong++;
            }
        });
        reader.Start();
        for (var i = 0; i < 500; i++)
        {
            _ports.Map(0, wide);
            _ports.Map(0x100, other);
            _ports.Unmap(0, 600);
        }
        Volatile.Write(ref stop, true);
        reader.Join();
        Assert.Equal(0, wrong);
    }
}

using Tcg.Mttcg.Memory.Physical;

namespace Tcg.Mttcg.Memory.Tests.Physical;

public sealed class PhysicalMapTests : IDisposable
{
    private readonly GuestRam _ram = new(16UL << 20);
    private readonly PhysicalMap _map;
    private readonly FakeDevice _device = new();
    private readonly FakeDevice _other = new();

    public PhysicalMapTests() => _map = new(_ram);

    public void Dispose() => _ram.Dispose();

    [Fact]
    public void An_empty_map_is_one_hole()
    {
        Assert.Equal(1, _map.Sections.Length);
        foreach (var address in new[] { 0UL, 0xfee00000, PhysicalMap.Limit - 1, PhysicalMap.Limit, ulong.MaxValue })
        {
            Assert.Equal(PhysicalKind.Hole, _map.Find(new(address)).Kind);
            Assert.True(_map.Find(new(address)).Contains(new(address)));
            Assert.Same(MmioRegion.Unassigned, _map.FindPage(new(address)).Region);
        }
    }

    [Fact]
    public void Low_and_high_ram_share_one_mapping()
    {
        _map.Change(edit =>
        {
            edit.Ram(new(0), new(0), 8UL << 20);
            edit.Ram(new(4UL << 30), new(8UL << 20), 8UL << 20);
        });
        var high = _map.Find(new((4UL << 30) + 0x1234));
        Assert.Equal(PhysicalKind.Ram, high.Kind);
        Assert.Equal(new RamOffset((8UL << 20) + 0x1234), high.RamOffsetOf(new((4UL << 30) + 0x1234)));
        Assert.Equal(_ram.Host(new((8UL << 20) + 0x1234)), high.HostOf(new((4UL << 30) + 0x1234)));
        Assert.Equal(PhysicalKind.Hole, _map.Find(new(8UL << 20)).Kind);
        Assert.Equal(PhysicalKind.Hole, _map.Find(new((4UL << 30) - 1)).Kind);
        Assert.Equal(PhysicalKind.Hole, _map.Find(new((4UL << 30) + (8UL << 20))).Kind);
    }

    [Fact]
    public void The_last_mapping_wins_and_a_higher_priority_beats_it()
    {
        _map.Change(edit =>
        {
            edit.Mmio(new(0xa0000), new("vga", _device, 0x20000, null), priority: 1);
            edit.Ram(new(0), new(0), 1UL << 20);
            edit.Hole(new(0x2000), 0x1000);
        });
        Assert.Equal("vga", _map.Find(new(0xb8000)).Region?.Name);
        Assert.Equal(0x18000UL, _map.Find(new(0xb8000)).RegionOffsetOf(new(0xb8000)));
        Assert.Equal(new RamOffset(0xc0000), _map.Find(new(0xc0000)).RamOffsetOf(new(0xc0000)));
        Assert.Equal(PhysicalKind.Hole, _map.Find(new(0x2fff)).Kind);
        Assert.Equal(PhysicalKind.Ram, _map.Find(new(0x3000)).Kind);
    }

    [Fact]
    public void Rom_is_backed_behind_ram_and_shows_through_an_alias()
    {
        var rom = _ram.AllocateAuxiliary(0x20000);
        _map.Change(edit =>
        {
            edit.Rom(new(0xfffe0000), rom, 0x20000);
            edit.Alias(new(0xe0000), new(0xfffe0000), 0x20000);
        });
        var alias = _map.Find(new(0xe1234));
        Assert.Equal(PhysicalKind.Rom, alias.Kind);
        Assert.Equal(new RamOffset(rom.Value + 0x1234), alias.RamOffsetOf(new(0xe1234)));
        Assert.Equal(_map.Find(new(0xfffe1234)).HostOf(new(0xfffe1234)), alias.HostOf(new(0xe1234)));
    }

    [Fact]
    public void An_alias_shows_several_mappings_and_the_holes_between()
    {
        _map.Change(edit =>
        {
            edit.Ram(new(0), new(0x3000), 0x2000);
            edit.Mmio(new(0x3000), new("device", _device, 0x1000, null));
            edit.Alias(new(0x100000), new(0x1000), 0x3000);
        });
        Assert.Equal(new RamOffset(0x4000), _map.Find(new(0x100000)).RamOffsetOf(new(0x100000)));
        Assert.Equal(PhysicalKind.Hole, _map.Find(new(0x101000)).Kind);
        Assert.Equal("device", _map.Find(new(0x102010)).Region?.Name);
        Assert.Equal(0x10UL, _map.Find(new(0x102010)).RegionOffsetOf(new(0x102010)));
        Assert.Equal(PhysicalKind.Hole, _map.Find(new(0x103000)).Kind);
    }

    [Fact]
    public void One_region_may_be_mapped_in_parts_and_several_times()
    {
        var region = new MmioRegion("twice", _device, 0x2000, null);
        _map.Change(edit =>
        {
            edit.Mmio(new(0x10000), region);
            edit.Mmio(new(0x20000), region, 0x1000, 0x1000);
        });
        Assert.Equal(0x1008UL, _map.Find(new(0x20008)).RegionOffsetOf(new(0x20008)));
        Assert.Equal(0x1008UL, _map.Find(new(0x11008)).RegionOffsetOf(new(0x11008)));
    }

    [Fact]
    public void Small_devices_share_a_page_that_dispatches_among_them()
    {
        _map.Change(edit =>
        {
            edit.Mmio(new(0xfed00000), new("hpet", _device, 0x40, null));
            edit.Mmio(new(0xfed00080), new("tpm", _other, 0x20, null));
        });
        Assert.Equal("hpet", _map.Find(new(0xfed0003f)).Region?.Name);
        Assert.Equal(PhysicalKind.Hole, _map.Find(new(0xfed00040)).Kind);
        var page = _map.FindPage(new(0xfed00100));
        Assert.Equal(PhysicalKind.Mmio, page.Kind);
        Assert.Equal(new GuestPhysical(0xfed00000), page.Start);
        Assert.Equal(4096UL, page.Length);
        page.Region!.Write(0x84, 4, 0xcafe);
        Assert.Equal(["w4@4=cafe"], _other.Calls);
        page.Region.Write(0x3c, 8, 0x1122334455667788);
        Assert.Equal(["w4@3c=55667788"], _device.Calls);
        Assert.Equal(0xffffffff55667788UL, page.Region.Read(0x3c, 8));
        Assert.Equal(0xffffUL, page.Region.Read(0xfff, 2));
    }

    [Fact]
    public void A_device_of_a_page_and_a_half_is_cached_by_the_page_and_dispatched_in_the_rest()
    {
        _map.Change(edit => edit.Mmio(new(0x10800), new("wide", _device, 0x2000, null)));
        Assert.Equal("wide", _map.FindPage(new(0x11000)).Region?.Name);
        Assert.Equal(0x800UL, _map.FindPage(new(0x11000)).RegionOffsetOf(new(0x11000)));
        _map.FindPage(new(0x10800)).Region!.Write(0x810, 1, 7);
        Assert.Equal(["w1@10=7"], _device.Calls);
        Assert.Equal(0xffUL, _map.FindPage(new(0x12000)).Region!.Read(0x900, 1));
    }

    [Fact]
    public void A_device_over_a_part_of_a_ram_page_is_refused_and_nothing_changes()
    {
        _map.Change(edit => edit.Ram(new(0), new(0), 0x10000));
        var failure = Assert.Throws<ArgumentException>(
            () => _map.Change(edit => edit.Mmio(new(0x4000), new("bad", _device, 0x10, null))));
        Assert.Contains("0x4000", failure.Message);
        Assert.Equal(PhysicalKind.Ram, _map.Find(new(0x4000)).Kind);
        Assert.Equal(1, _map.Generation);
        _map.Change(edit => edit.Ram(new(0x20000), new(0), 0x1000));
        Assert.Equal(2, _map.Generation);
    }

    [Fact]
    public void Removing_a_mapping_shows_what_was_below()
    {
        PhysicalMapping? vga = null;
        var raised = 0;
        _map.Changed += () => raised++;
        _map.Change(edit =>
        {
            edit.Ram(new(0), new(0), 1UL << 20);
            vga = edit.Mmio(new(0xa0000), new("vga", _device, 0x20000, null));
        });
        Assert.Equal(PhysicalKind.Mmio, _map.Find(new(0xa0000)).Kind);
        _map.Change(edit => edit.Remove(vga!));
        Assert.Equal(PhysicalKind.Ram, _map.Find(new(0xa0000)).Kind);
        Assert.Equal(2, raised);
        Assert.Throws<ArgumentException>(() => _map.Change(edit => edit.Remove(vga!)));
    }

    [Fact]
    public void Mappings_outside_ram_or_the_physical_space_are_refused()
    {
        _map.Change(edit =>
        {
            Assert.Throws<ArgumentOutOfRangeException>(() => edit.Ram(new(0), new(_ram.TotalLength), 4096));
            Assert.Throws<ArgumentOutOfRangeException>(() => edit.Ram(new(PhysicalMap.Limit), new(0), 4096));
            Assert.Throws<ArgumentOutOfRangeException>(() => edit.Ram(new(0), new(0), 0));
            Assert.Throws<ArgumentException>(() => edit.Ram(new(1), new(0), 4096));
            Assert.Throws<ArgumentException>(() => edit.Rom(new(0), new(0), 4095));
            Assert.Throws<ArgumentOutOfRangeException>(() => edit.Mmio(new(ulong.MaxValue), new("x", _device, 1, null)));
            Assert.Throws<ArgumentOutOfRangeException>(() => edit.Mmio(new(0), new("x", _device, 16, null), 8, 9));
            Assert.Throws<ArgumentOutOfRangeException>(() => edit.Alias(new(0), new(PhysicalMap.Limit - 4096), 8192));
        });
    }

    [Fact]
    public void Random_maps_agree_with_a_page_by_page_model()
    {
        var random = new Random(11);
        for (var round = 0; round < 60; round++)
        {
            const int pages = 64;
            var model = new (PhysicalKind Kind, ulong Offset)[pages];
            var map = new PhysicalMap(_ram);
            map.Change(edit =>
            {
                for (var i = 0; i < 12; i++)
                {
                    var first = random.Next(pages);
                    var count = random.Next(1, pages - first + 1);
                    var source = (ulong)random.Next(256) * 4096;
                    var kind = (PhysicalKind)random.Next(4);
                    var at = new GuestPhysical((ulong)first * 4096);
                    var length = (ulong)count * 4096;
                    _ = kind switch
                    {
                        PhysicalKind.Ram => edit.Ram(at, new(source), length),
                        PhysicalKind.Rom => edit.Rom(at, new(source), length),
                        PhysicalKind.Mmio => edit.Mmio(at, new("r", _device, 1UL << 40, null), source, length),
                        _ => edit.Hole(at, length),
                    };
                    for (var page = 0; page < count; page++)
                        model[first + page] = (kind, source + (ulong)page * 4096);
                }
            });
            var end = 0UL;
            foreach (var section in map.Sections)
            {
                Assert.Equal(end, section.Start.Value);
                Assert.NotEqual(0UL, section.Length);
                end += section.Length;
            }
            Assert.Equal(PhysicalMap.Limit, end);
            for (var page = 0; page < pages; page++)
            {
                var address = new GuestPhysical((ulong)page * 4096 + (ulong)random.Next(4096));
                var section = map.Find(address);
                Assert.Equal(model[page].Kind, section.Kind);
                if (section.Kind != PhysicalKind.Hole)
                    Assert.Equal(model[page].Offset + address.PageOffset, section.RegionOffsetOf(address));
                Assert.Equal(section.Kind, map.FindPage(address).Kind);
            }
        }
    }
}

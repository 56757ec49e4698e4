using Tcg.Mttcg.Memory.Physical;

namespace Tcg.Mttcg.Memory.Tests.Physical;

public class MmioRegionTests
{
    [Theory]
    [InlineData(0, 8, 8, "r8@0")]
    [InlineData(4, 4, 8, "r4@4")]
    [InlineData(1, 4, 8, "r1@1 r2@2 r1@4")]
    [InlineData(4, 8, 8, "r4@4 r4@8")]
    [InlineData(0, 8, 4, "r4@0 r4@4")]
    [InlineData(0, 4, 1, "r1@0 r1@1 r1@2 r1@3")]
    [InlineData(2, 3, 8, "r2@2 r1@4")]
    [InlineData(14, 4, 8, "r2@e")]
    [InlineData(16, 8, 8, "")]
    [InlineData(15, 1, 8, "r1@f")]
    public void Reads_reach_the_device_in_aligned_pieces_inside_the_region(ulong offset, int size, int maxAccess, string calls)
    {
        var device = new FakeDevice();
        for (var i = 0; i < 16; i++)
            device.Bytes[i] = (byte)(0x10 + i);
        var value = new MmioRegion("test", device, 16, null, maxAccess).Read(offset, size);
        Assert.Equal(calls, string.Join(' ', device.Calls));
        for (var i = 0; i < size; i++)
            Assert.Equal(offset + (ulong)i < 16 ? device.Bytes[(int)offset + i] : 0xff, (byte)(value >> (i * 8)));
    }

    [Theory]
    [InlineData(0, 8, 8, "w8@0=8877665544332211")]
    [InlineData(3, 4, 8, "w1@3=11 w2@4=3322 w1@6=44")]
    [InlineData(0, 8, 2, "w2@0=2211 w2@2=4433 w2@4=6655 w2@6=8877")]
    [InlineData(12, 8, 8, "w4@c=44332211")]
    [InlineData(0, 1, 8, "w1@0=11")]
    public void Writes_reach_the_device_in_aligned_pieces_inside_the_region(ulong offset, int size, int maxAccess, string calls)
    {
        var device = new FakeDevice();
        new MmioRegion("test", device, 16, null, maxAccess).Write(offset, size, 0x8877665544332211);
        Assert.Equal(calls, string.Join(' ', device.Calls));
    }

    [Fact]
    public void Offsets_near_the_end_of_the_address_space_do_not_wrap_into_the_region()
    {
        var device = new FakeDevice();
        var region = new MmioRegion("test", device, 16, null);
        Assert.Equal(0xffffffffUL, region.Read(ulong.MaxValue - 3, 4));
        region.Write(ulong.MaxValue - 3, 4, 0);
        Assert.Empty(device.Calls);
    }

    [Fact]
    public void Every_access_holds_the_gate_that_its_regions_share()
    {
        var gate = new object();
        var device = new FakeDevice(gate);
        var one = new MmioRegion("one", device, 16, gate);
        var ports = new PortRegion("two", device, 8, gate);
        one.Read(1, 4);
        one.Write(1, 4, 5);
        ports.Read(0, 4);
        ports.Write(0, 4, 5);
        Assert.True(device.AlwaysGated);
        Assert.Equal(8, device.Calls.Count);
        Assert.False(Monitor.IsEntered(gate));
    }

    [Fact]
    public void A_gate_keeps_two_threads_apart()
    {
        var gate = new object();
        var device = new FakeDevice(gate);
        var region = new MmioRegion("one", device, 16, gate);
        Parallel.For(0, 4, _ =>
        {
            for (var i = 0; i < 5000; i++)
                region.Read(0, 4);
        });
        Assert.Equal(20000, device.Calls.Count);
    }

    [Fact]
    public void Nothing_mapped_reads_as_ones()
    {
        Assert.Equal(ulong.MaxValue, MmioRegion.Unassigned.Read(0, 8));
        Assert.Equal(0xffUL, MmioRegion.Unassigned.Read(77, 1));
        MmioRegion.Unassigned.Write(0, 8, 1);
    }
}

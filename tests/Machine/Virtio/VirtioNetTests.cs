using Tcg.Mttcg.Machine.Net;
using Tcg.Mttcg.Machine.Net.Packets;
using Tcg.Mttcg.Machine.Virtio.Net;
using static Tcg.Mttcg.Machine.Tests.Virtio.VirtioDriver;

namespace Tcg.Mttcg.Machine.Tests.Virtio;

public sealed class VirtioNetTests : IDisposable
{
    private const int Receive = 0, Transmit = 1;
    private const ulong MergeBuffers = 1 << 15;

    private readonly FrameLink _link = new();
    private readonly VirtioDriver _driver;

    public VirtioNetTests()
    {
        _driver = new VirtioDriver(gate => new VirtioNet(_link, gate, new MacAddress(0x525400abcdef)));
    }

    public void Dispose() => _driver.Dispose();

    private static byte[] Pattern(int length) => [.. Enumerable.Range(0, length).Select(i => (byte)(i * 7 + 1))];

    private void SendFrame(byte[] frame)
    {
        _driver.Bytes(Buffers, [.. new byte[12], .. frame]);
        _driver.Describe(Transmit, 0, Buffers, 12, Next, 1);
        _driver.Describe(Transmit, 1, Buffers + 12, (uint)frame.Length);
        _driver.Send(Transmit, 0);
    }

    [Fact]
    public void The_card_has_its_address_and_shows_whether_the_cable_is_plugged_in()
    {
        Assert.Equal(0xab005452u, _driver.Get(0x2000, 4));
        Assert.Equal(0x0001efcdu, _driver.Get(0x2004, 4));
        _driver.Start();
        uint generation = _driver.Get(0x15, 1);
        _link.IsUp = false;
        Assert.Equal(0u, _driver.Get(0x2006, 2));
        Assert.NotEqual(generation, _driver.Get(0x15, 1));
        Assert.Equal(2u, _driver.Get(0x1000, 1));
    }

    [Theory]
    [InlineData(14)]
    [InlineData(60)]
    [InlineData(1518)]
    public void A_frame_of_the_guest_leaves_without_its_header(int length)
    {
        _driver.Start();
        SendFrame(Pattern(length));
        Assert.True(_link.FromGuest.TryRead(out var frame));
        Assert.Equal(Pattern(length), frame.Bytes.ToArray());
        Assert.Equal(1, _driver.UsedIndex(Transmit));
    }

    [Theory]
    [InlineData(13)]
    [InlineData(1519)]
    [InlineData(9000)]
    public void A_frame_that_no_ethernet_carries_is_dropped(int length)
    {
        _driver.Start();
        SendFrame(Pattern(length));
        Assert.False(_link.FromGuest.TryRead(out _));
        Assert.Equal(1, _driver.UsedIndex(Transmit));
        Assert.False(_driver.IsBroken);
    }

    [Fact]
    public void A_packet_without_a_header_breaks_the_device()
    {
        _driver.Start();
        _driver.Describe(Transmit, 0, Buffers, 11);
        _driver.Send(Transmit, 0);
        Assert.True(_driver.IsBroken);
    }

    [Fact]
    public void A_full_cable_holds_the_guests_frames_back_until_there_is_room()
    {
        _driver.Start();
        for (int i = 0; i < FrameLink.Capacity + 3; i++) SendFrame(Pattern(60));
        Assert.Equal(FrameLink.Capacity, _driver.UsedIndex(Transmit));
        for (int i = 0; i < 3; i++) Assert.True(_link.FromGuest.TryRead(out _));
        _driver.AwaitUsed(Transmit, FrameLink.Capacity + 3);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(MergeBuffers)]
    public void A_frame_from_the_host_arrives_behind_a_header(ulong features)
    {
        _driver.Start(features);
        _driver.Describe(Receive, 0, Buffers, 1600, Write);
        _driver.Send(Receive, 0);
        Assert.True(_link.ToGuest.TryWrite(Frame.CopyOf(Pattern(100))));
        _driver.AwaitUsed(Receive, 1);
        Assert.Equal((0u, 112u), _driver.UsedEntry(Receive, 0));
        Assert.Equal([.. new byte[10], 1, 0, .. Pattern(100)], _driver.Bytes(Buffers, 112));
    }

    [Fact]
    public void A_frame_is_spread_over_small_buffers_and_waits_until_there_are_enough()
    {
        _driver.Start(MergeBuffers);
        for (ushort i = 0; i < 2; i++)
        {
            _driver.Describe(Receive, i, Buffers + i * 0x1000ul, 64, Write);
            _driver.Send(Receive, i);
        }
        Assert.True(_link.ToGuest.TryWrite(Frame.CopyOf(Pattern(150))));
        _driver.Describe(Receive, 2, Buffers + 0x2000, 64, Write);
        _driver.Send(Receive, 2);
        _driver.AwaitUsed(Receive, 3);
        Assert.Equal([(0u, 64u), (1u, 64u), (2u, 34u)], Enumerable.Range(0, 3).Select(i => _driver.UsedEntry(Receive, i)));
        byte[] all = [.. _driver.Bytes(Buffers, 64), .. _driver.Bytes(Buffers + 0x1000, 64), .. _driver.Bytes(Buffers + 0x2000, 34)];
        Assert.Equal([.. new byte[10], 3, 0, .. Pattern(150)], all);
    }

    [Fact]
    public void Frames_arrive_in_order_however_late_the_buffers_come()
    {
        _driver.Start(MergeBuffers);
        for (int i = 0; i < 100; i++) Assert.True(_link.ToGuest.TryWrite(Frame.CopyOf(Pattern(60 + i))));
        _driver.Describe(Receive, 0, Buffers, 2048, Write);
        for (int i = 0; i < 100; i++)
        {
            _driver.Send(Receive, 0);
            _driver.AwaitUsed(Receive, i + 1);
            Assert.Equal((0u, (uint)(12 + 60 + i)), _driver.UsedEntry(Receive, i));
        }
    }
}

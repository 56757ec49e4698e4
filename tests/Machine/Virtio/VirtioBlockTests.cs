using System.Buffers.Binary;
using System.Text;
using Tcg.Mttcg.Machine.Storage;
using Tcg.Mttcg.Machine.Tests.Support;
using Tcg.Mttcg.Machine.Virtio;
using Tcg.Mttcg.Machine.Virtio.Block;
using static Tcg.Mttcg.Machine.Tests.Virtio.VirtioDriver;

namespace Tcg.Mttcg.Machine.Tests.Virtio;

public sealed class VirtioBlockTests : IDisposable
{
    private const ulong Header = Buffers, Status = Buffers + 0x100, Data = Buffers + 0x1000;
    private const ulong FlushFeature = 1 << 9;
    private const byte Ok = 0, Error = 1, Unsupported = 2;

    private readonly MemoryImage _image = new(64 * 512);
    private readonly BlockBackEnd _disk;
    private readonly VirtioDriver _driver;
    private int _done;

    public VirtioBlockTests()
    {
        new Random(1).NextBytes(_image.Contents);
        _disk = new BlockBackEnd(_image);
        _driver = new VirtioDriver(gate => new VirtioBlock(_disk, gate, "SERIAL"));
        _driver.Start(FlushFeature);
    }

    public void Dispose() => _driver.Dispose();

    /// <summary>Header, data, status; returns the status byte.</summary>
    private byte Request(uint type, ulong sector, uint length, bool toGuest, ulong data = Data)
    {
        var header = new byte[16];
        BinaryPrimitives.WriteUInt32LittleEndian(header, type);
        BinaryPrimitives.WriteUInt64LittleEndian(header.AsSpan(8), sector);
        _driver.Bytes(Header, header);
        _driver.Bytes(Status, [0xee]);
        _driver.Describe(0, 0, Header, 16, Next, (ushort)(length == 0 ? 2 : 1));
        _driver.Describe(0, 1, data, length, (ushort)(Next | (toGuest ? VirtioDriver.Write : 0)), 2);
        _driver.Describe(0, 2, Status, 1, VirtioDriver.Write);
        _driver.Send(0, 0);
        _driver.AwaitUsed(0, ++_done);
        return _driver.Bytes(Status, 1)[0];
    }

    private byte Ranges(uint type, params (ulong Sector, uint Sectors, uint Flags)[] ranges)
    {
        var bytes = new byte[ranges.Length * 16];
        for (int i = 0; i < ranges.Length; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(i * 16), ranges[i].Sector);
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(i * 16 + 8), ranges[i].Sectors);
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(i * 16 + 12), ranges[i].Flags);
        }
        _driver.Bytes(Data, bytes);
        return Request(type, 0, (uint)bytes.Length, toGuest: false);
    }

    [Fact]
    public void Capacity_and_block_size_are_announced()
    {
        Assert.Equal(64u, _driver.Get(0x2000, 4));
        Assert.Equal(512u, _driver.Get(0x2014, 4));
    }

    [Fact]
    public void Sectors_are_read_and_the_length_counts_the_status()
    {
        Assert.Equal(Ok, Request(0, 3, 1024, toGuest: true));
        Assert.Equal(_image.Contents[(3 * 512)..(5 * 512)], _driver.Bytes(Data, 1024));
        Assert.Equal((0u, 1025u), _driver.UsedEntry(0, 0));
    }

    [Fact]
    public void Sectors_are_written()
    {
        var bytes = Enumerable.Range(0, 1024).Select(i => (byte)(i * 3)).ToArray();
        _driver.Bytes(Data, bytes);
        Assert.Equal(Ok, Request(1, 62, 1024, toGuest: false));
        Assert.Equal(bytes, _image.Contents[(62 * 512)..]);
        Assert.DoesNotContain("flush", _image.Calls);
    }

    [Fact]
    public void A_flush_reaches_the_image()
    {
        Assert.Equal(Ok, Request(4, 0, 0, toGuest: false));
        Assert.Equal(["flush"], _image.Calls);
    }

    [Fact]
    public void Without_the_flush_feature_every_write_is_flushed()
    {
        _driver.Start(0);
        Assert.Equal(Ok, Request(1, 0, 512, toGuest: false));
        Assert.Equal(["flush"], _image.Calls);
    }

    [Fact]
    public void The_serial_number_is_told()
    {
        Assert.Equal(Ok, Request(8, 0, 20, toGuest: true));
        Assert.Equal("SERIAL" + new string('\0', 14), Encoding.ASCII.GetString(_driver.Bytes(Data, 20)));
    }

    [Fact]
    public void Ranges_are_discarded_and_zeroed()
    {
        Assert.Equal(Ok, Ranges(11, (8, 16, 0), (32, 8, 0)));
        Assert.Equal(Ok, Ranges(13, (1, 2, 1)));
        Assert.Equal(["discard 4096+8192", "discard 16384+4096", "zero 512+1024 unmap"], _image.Calls);
        Assert.All(_image.Contents[512..1536], value => Assert.Equal(0, value));
    }

    [Theory]
    [InlineData(11, 60ul, 8u, 0u, Error)]
    [InlineData(11, ulong.MaxValue, 1u, 0u, Error)]
    [InlineData(13, 0ul, uint.MaxValue, 0u, Error)]
    [InlineData(11, 0ul, 1u, 1u, Unsupported)]
    [InlineData(13, 0ul, 1u, 2u, Unsupported)]
    public void Ranges_that_are_not_on_the_disk_and_unknown_flags_are_refused(uint type, ulong sector, uint sectors, uint flags, byte status)
    {
        Assert.Equal(status, Ranges(type, (sector, sectors, flags)));
        Assert.Empty(_image.Calls);
    }

    [Theory]
    [InlineData(64ul, 512u)]
    [InlineData(63ul, 1024u)]
    [InlineData(ulong.MaxValue, 512u)]
    [InlineData(0ul, 100u)]
    public void Accesses_beyond_the_end_and_in_half_sectors_fail(ulong sector, uint length)
    {
        var before = _image.Contents.ToArray();
        Assert.Equal(Error, Request(0, sector, length, toGuest: true));
        Assert.Equal(Error, Request(1, sector, length, toGuest: false));
        Assert.Equal(before, _image.Contents);
        Assert.False(_driver.IsBroken);
    }

    [Fact]
    public void An_unknown_request_is_unsupported() => Assert.Equal(Unsupported, Request(99, 0, 0, toGuest: false));

    [Fact]
    public void An_image_that_fails_is_an_error_to_the_guest()
    {
        _image.Fails = true;
        Assert.Equal(Error, Request(0, 0, 512, toGuest: true));
        Assert.Equal(Error, Request(1, 0, 512, toGuest: false));
        Assert.Equal(Error, Request(4, 0, 0, toGuest: false));
        _image.Fails = false;
        Assert.Equal(Ok, Request(0, 0, 512, toGuest: true));
    }

    [Fact]
    public void A_read_only_disk_says_so_and_refuses_writes()
    {
        using var driver = new VirtioDriver(gate => new VirtioBlock(new BlockBackEnd(new MemoryImage(4096, readOnly: true)), gate));
        driver.Set(0, 4, 0);
        Assert.Equal(1u << 5, driver.Get(4, 4) & (1u << 5 | 1u << 13 | 1u << 14));
        driver.Start();
        driver.Bytes(Header, [1, .. new byte[15]]);
        driver.Describe(0, 0, Header, 16, Next, 1);
        driver.Describe(0, 1, Data, 512, Next, 2);
        driver.Describe(0, 2, Status, 1, VirtioDriver.Write);
        driver.Send(0, 0);
        driver.AwaitUsed(0, 1);
        Assert.Equal(Error, driver.Bytes(Status, 1)[0]);
    }

    [Fact]
    public void A_request_without_header_or_status_breaks_the_device()
    {
        _driver.Describe(0, 0, Header, 16);
        _driver.Send(0, 0);
        Assert.True(SpinWait.SpinUntil(() => _driver.IsBroken, TimeSpan.FromSeconds(20)));
    }

    [Fact]
    public void A_buffer_offered_again_before_it_is_done_breaks_the_device()
    {
        var held = new ManualResetEventSlim();
        _disk.Submit(new Hold(held));
        _driver.Describe(0, 0, Header, 16, Next, 2);
        _driver.Describe(0, 2, Status, 1, VirtioDriver.Write);
        for (int i = 0; i < 9; i++) _driver.Send(0, 0);
        held.Set();
        Assert.True(_driver.IsBroken);
    }

    [Fact]
    public void After_a_reset_nothing_of_an_earlier_request_reaches_memory_or_disk()
    {
        var held = new ManualResetEventSlim();
        _disk.Submit(new Hold(held));
        foreach (uint type in new uint[] { 0, 1 })
        {
            ulong header = Header + type * 16;
            _driver.Bytes(header, [(byte)type, .. new byte[15]]);
            _driver.Describe(0, (int)type * 3, header, 16, Next, (ushort)(type * 3 + 1));
            _driver.Describe(0, (int)type * 3 + 1, Data, 512, (ushort)(Next | (type == 0 ? VirtioDriver.Write : 0)), (ushort)(type * 3 + 2));
            _driver.Describe(0, (int)type * 3 + 2, Status + type, 1, VirtioDriver.Write);
            _driver.Send(0, (ushort)(type * 3));
        }
        var before = _image.Contents.ToArray();
        _driver.Start();
        held.Set();
        var passed = new ManualResetEventSlim();
        _disk.Submit(new Mark(passed));
        Assert.True(passed.Wait(TimeSpan.FromSeconds(20)));
        Assert.Equal(0, _driver.UsedIndex(0));
        Assert.All(_driver.Bytes(Data, 512), value => Assert.Equal(0, value));
        Assert.Equal(before, _image.Contents);
    }

    private sealed class Hold(ManualResetEventSlim held) : IBlockRequest
    {
        public void Run(IDiskImage image, Span<byte> buffer) => held.Wait();
    }

    private sealed class Mark(ManualResetEventSlim passed) : IBlockRequest
    {
        public void Run(IDiskImage image, Span<byte> buffer) => passed.Set();
    }
}

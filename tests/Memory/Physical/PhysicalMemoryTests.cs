using Tcg.Mttcg.Memory.Contracts;
using Tcg.Mttcg.Memory.Pages;
using Tcg.Mttcg.Memory.Physical;

namespace Tcg.Mttcg.Memory.Tests.Physical;

public sealed class PhysicalMemoryTests : IDisposable
{
    private const ulong RomAt = 0x6000;
    private readonly GuestRam _ram = new(1UL << 20);
    private readonly PhysicalMap _map;
    private readonly StoreTracking _tracking;
    private readonly Recorder _recorder = new();
    private readonly PhysicalMemory _memory;

    public PhysicalMemoryTests()
    {
        _map = new(_ram);
        _map.Change(edit =>
        {
            // Physical pages 0..3 lie backwards in RAM, so that a copy over pages cannot be one copy.
            for (var page = 0UL; page < 4; page++)
                edit.Ram(new(page << 12), new((7 - page) << 12), 4096);
            edit.Rom(new(RomAt), _ram.AllocateAuxiliary(4096), 4096);
            edit.Mmio(new(0x8000), new("device", new FakeDevice(), 4096, null));
        });
        _tracking = new(new(_ram.EndPage), new(_ram.EndPage));
        _memory = new(_map, _tracking, _recorder);
    }

    public void Dispose() => _ram.Dispose();

    [Fact]
    public void A_copy_follows_the_map_over_pages()
    {
        var data = Enumerable.Range(0, 9000).Select(i => (byte)(i * 7)).ToArray();
        Assert.True(_memory.TryWrite(new(0x123), data));
        var back = new byte[9000];
        Assert.True(_memory.TryRead(new(0x123), back));
        Assert.Equal(data, back);
        Assert.Equal(data[0], _ram.Span(new(0x7123), 1)[0]);
        Assert.Equal(data[0x1000 - 0x123], _ram.Span(new(0x6000), 1)[0]);
    }

    [Theory]
    [InlineData(0x3fffUL, 2)]
    [InlineData(0x4000UL, 1)]
    [InlineData(0x8000UL, 4)]
    [InlineData(0x7fffUL, 1)]
    [InlineData(ulong.MaxValue, 2)]
    [InlineData(ulong.MaxValue - 3, 4)]
    [InlineData(1UL << 52, 4)]
    public void An_access_that_leaves_memory_is_refused_whole(ulong address, int length)
    {
        _ram.Span(new(0x4fff), 1)[0] = 0x11;
        Assert.False(_memory.TryWrite(new(address), new byte[length]));
        Assert.False(_memory.TryRead(new(address), new byte[length]));
        Assert.False(_memory.TryLoad(new(address), new byte[length]));
        Assert.Equal(0x11, _ram.Span(new(0x4fff), 1)[0]);
    }

    [Fact]
    public void Rom_is_read_and_loaded_but_not_written()
    {
        Assert.True(_memory.TryLoad(new(RomAt), [1, 2, 3, 4]));
        Assert.False(_memory.TryWrite(new(RomAt), 9u));
        Assert.False(_memory.TryWrite(new(RomAt), new byte[4]));
        Assert.True(_memory.TryRead<uint>(new(RomAt), out var value));
        Assert.Equal(0x04030201u, value);
        Assert.True(_memory.IsBacked(new(RomAt), 4096, PhysicalKind.Rom));
        Assert.False(_memory.IsBacked(new(RomAt), 4096));
    }

    [Fact]
    public void Values_of_every_size_round_trip_aligned_and_across_pages()
    {
        foreach (var address in new ulong[] { 0x10, 0x11, 0xffd, 0x1fff })
        {
            Assert.True(_memory.TryWrite(new(address), 0x8877665544332211UL));
            Assert.True(_memory.TryRead<ulong>(new(address), out var eight));
            Assert.True(_memory.TryRead<uint>(new(address), out var four));
            Assert.True(_memory.TryRead<ushort>(new(address), out var two));
            Assert.True(_memory.TryRead<byte>(new(address), out var one));
            Assert.Equal((0x8877665544332211UL, 0x44332211u, (ushort)0x2211, (byte)0x11), (eight, four, two, one));
            Assert.True(_memory.TryWrite(new(address), (ushort)0xabcd));
            Assert.True(_memory.TryRead(new(address), out four));
            Assert.Equal(0x4433abcdu, four);
        }
    }

    [Fact]
    public void Nothing_is_a_valid_transfer()
    {
        Assert.True(_memory.TryRead(new(0x9000), []));
        Assert.True(_memory.TryWrite(new(ulong.MaxValue), []));
    }

    [Fact]
    public void A_write_marks_each_page_it_touches_dirty_and_newer()
    {
        _tracking.Dirty.ReadAndClear(DirtyClient.Display, new(0), 16, new ulong[1]);
        Assert.True(_memory.TryWrite(new(0xfff), new byte[2]));
        Assert.True(_tracking.Dirty.IsDirty(DirtyClient.Display, new(7)));
        Assert.True(_tracking.Dirty.IsDirty(DirtyClient.Display, new(6)));
        Assert.False(_tracking.Dirty.IsDirty(DirtyClient.Display, new(5)));
        Assert.Equal(1UL, _tracking.Pages.Find(new(7))!.Version);
        Assert.Equal(0, _tracking.Pages.Find(new(7))!.WritersInFlight);
    }

    [Fact]
    public void Dma_into_code_is_invalidated_after_the_bytes_are_there()
    {
        var desc = _tracking.Pages.FindOrAllocate(new(7));
        desc.Bitmap = new();
        desc.Bitmap.Add(0x20, 4);
        _tracking.BeginCode(new(7));
        _recorder.Memory = _memory;
        Assert.True(_memory.TryWrite(new(0x10), new byte[16]));
        Assert.Empty(_recorder.Calls);
        Assert.True(_memory.TryWrite(new(0x22), (ushort)0x5555));
        Assert.Equal([(new RamOffset(0x7022), 2, 0x5555)], _recorder.Calls);
    }

    [Fact]
    public void Compare_exchange_replaces_only_what_was_expected_and_ignores_what_is_not_ram()
    {
        Assert.True(_memory.TryWrite(new(8), 5UL));
        Assert.False(_memory.CompareExchange(new(8), 4UL, 9UL));
        Assert.True(_memory.CompareExchange(new(8), 5UL, 9UL));
        Assert.True(_memory.TryRead<ulong>(new(8), out var value));
        Assert.Equal(9UL, value);
        Assert.True(_memory.CompareExchange(new(RomAt), 77u, 1u));
        Assert.True(_memory.TryRead<uint>(new(RomAt), out var rom));
        Assert.Equal(0u, rom);
    }

    [Fact]
    public void A_value_of_odd_size_at_a_multiple_of_it_does_not_leave_its_page()
    {
        // 4092 is a multiple of 12, and the next physical page lies elsewhere in RAM.
        var value = new Odd(1, 2, 3);
        Assert.True(_memory.TryWrite(new(4092), value));
        Assert.True(_memory.TryRead<Odd>(new(4092), out var back));
        Assert.Equal(value, back);
        Assert.True(_memory.TryRead<uint>(new(4096), out var second));
        Assert.Equal(2u, second);
        // 16380 is one too, and a hole follows.
        Assert.False(_memory.TryWrite(new(16380), value));
        Assert.False(_memory.TryRead<Odd>(new(16380), out _));
    }

    [Fact]
    public void Compare_exchange_refuses_a_misaligned_address() =>
        Assert.Throws<ArgumentException>(() => _memory.CompareExchange(new(0xffd), 0UL, 1UL));

    private readonly record struct Odd(uint First, uint Second, uint Third);

    [Fact]
    public void Without_tracking_a_write_makes_no_descriptors()
    {
        Assert.True(new PhysicalMemory(_map).TryWrite(new(0), new byte[100]));
        Assert.Null(_tracking.Pages.Find(new(7)));
    }

    private sealed class Recorder : ICodeInvalidation
    {
        public PhysicalMemory? Memory { get; set; }
        public List<(RamOffset, int, int)> Calls { get; } = [];

        public void Invalidate(RamOffset start, int length)
        {
            Assert.True(Memory!.TryRead<ushort>(new(0x22), out var seen));
            Calls.Add((start, length, seen));
        }
    }
}

using Tcg.Mttcg.Memory.Tlb;

namespace Tcg.Mttcg.Memory.Tests.Tlb;

public sealed class SoftTlbSizeTests : IDisposable
{
    private readonly TlbFixture _f = new(new() { MinShift = 8, MaxShift = 10, WindowFlushes = 4 });

    public void Dispose() => _f.Dispose();

    [Fact]
    public void A_full_table_doubles_at_its_flush_and_stops_at_the_limit()
    {
        foreach (var expected in new[] { 512, 1024, 1024 })
        {
            Use(_f.Tlb.EntriesOf(MmuIndex.User) * 3 / 4);
            _f.Tlb.FlushAll();
            Assert.Equal(expected, _f.Tlb.EntriesOf(MmuIndex.User));
            Assert.Equal(TlbLayout.MaskFor(int.Log2(expected)), _f.Mask(MmuIndex.User));
        }
        Assert.Equal(256, _f.Tlb.EntriesOf(MmuIndex.Kernel));
        Assert.Equal(2, _f.Tlb.Counters.Resizes);
    }

    [Fact]
    public void A_quiet_window_shrinks_and_one_busy_moment_in_it_does_not()
    {
        Use(200);
        _f.Tlb.FlushAll();
        Assert.Equal(512, _f.Tlb.EntriesOf(MmuIndex.User));
        Use(300);
        for (var i = 0; i < 4; i++)
            _f.Tlb.FlushAll();
        Assert.Equal(512, _f.Tlb.EntriesOf(MmuIndex.User));
        for (var i = 0; i < 4; i++)
        {
            Use(10);
            _f.Tlb.FlushNonGlobal();
        }
        Assert.Equal(256, _f.Tlb.EntriesOf(MmuIndex.User));
    }

    [Fact]
    public void A_guest_that_never_flushes_still_gets_a_bigger_table()
    {
        for (var round = 0; round < 8; round++)
            Use(1000);
        Assert.Equal(1024, _f.Tlb.EntriesOf(MmuIndex.User));
        Assert.Equal(0, _f.Tlb.Counters.Flushes);
    }

    [Fact]
    public void Two_pages_that_take_turns_in_one_entry_get_a_bigger_table()
    {
        const ulong one = 0x1000, other = one + (256 << 12);
        for (var turn = 0; turn < 1000; turn++)
        {
            foreach (var page in new[] { one, other })
            {
                if (_f.Fast(MmuIndex.User, page, AccessKind.Read) == 0 && !_f.Tlb.TryLookup(MmuIndex.User, new(page), AccessKind.Read, out _))
                    _f.Fill(MmuIndex.User, page, 0x2000);
            }
        }
        Assert.Equal(512, _f.Tlb.EntriesOf(MmuIndex.User));
        Assert.InRange(_f.Tlb.Counters.VictimHits, 400, 600);
    }

    [Fact]
    public void A_resized_table_holds_nothing_of_before()
    {
        Use(250);
        _f.Tlb.FlushAll();
        for (var page = 0UL; page < 2048; page++)
            Assert.Equal(0UL, _f.Fast(MmuIndex.User, page << 12, AccessKind.Read));
        Assert.Equal(0, _f.Tlb.UsedOf(MmuIndex.User));
    }

    [Theory]
    [InlineData(0, 10, 70, 30)]
    [InlineData(8, 15, 70, 30)]
    [InlineData(10, 9, 70, 30)]
    [InlineData(8, 10, 50, 30)]
    public void Impossible_options_are_refused(int min, int max, int grow, int shrink)
    {
        var options = new TlbOptions { MinShift = min, MaxShift = max, GrowAbovePercent = grow, ShrinkBelowPercent = shrink };
        Assert.Throws<ArgumentOutOfRangeException>(options.Validate);
    }

    private void Use(int pages)
    {
        for (var i = 0; i < pages; i++)
            _f.Fill(MmuIndex.User, (ulong)i << 12, ((ulong)i << 12) % TlbFixture.RamBytes);
    }
}

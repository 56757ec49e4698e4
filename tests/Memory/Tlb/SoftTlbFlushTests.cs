using Tcg.Mttcg.Memory.Tlb;

namespace Tcg.Mttcg.Memory.Tests.Tlb;

public sealed class SoftTlbFlushTests : IDisposable
{
    private readonly TlbFixture _f = new();

    public void Dispose() => _f.Dispose();

    [Fact]
    public void Flushing_one_view_keeps_the_others()
    {
        FillEverywhere(0x1000);
        _f.Tlb.Flush(MmuIndex.Kernel);
        Assert.True(Has(MmuIndex.User, 0x1000));
        Assert.False(Has(MmuIndex.Kernel, 0x1000));
        Assert.True(Has(MmuIndex.KernelNoSmap, 0x1000));
        _f.Tlb.FlushAll();
        Assert.False(Has(MmuIndex.User, 0x1000) || Has(MmuIndex.KernelNoSmap, 0x1000));
        Assert.Equal(0, _f.Tlb.UsedOf(MmuIndex.User));
    }

    [Fact]
    public void Invlpg_forgets_one_page_in_every_view_global_or_not()
    {
        FillEverywhere(0x1000, global: true);
        FillEverywhere(0x2000);
        _f.Tlb.FlushPage(new(0x1fff));
        foreach (var index in Enum.GetValues<MmuIndex>())
        {
            Assert.False(Has(index, 0x1000));
            Assert.True(Has(index, 0x2000));
        }
    }

    [Fact]
    public void Invlpg_anywhere_in_a_large_page_forgets_all_of_it()
    {
        const ulong large = 0x4000_0000;
        for (var i = 0UL; i < 300; i++)
            _f.Fill(MmuIndex.User, large + (i << 12), i << 12, shift: 21);
        _f.Fill(MmuIndex.User, large - 4096, 0, shift: 12);
        _f.Fill(MmuIndex.User, large + (2 << 20), 0, shift: 12);
        _f.Tlb.FlushPage(new(large + 0x1f_ffff));
        for (var i = 0UL; i < 300; i++)
            Assert.False(Has(MmuIndex.User, large + (i << 12)));
        Assert.True(Has(MmuIndex.User, large - 4096) && Has(MmuIndex.User, large + (2 << 20)));
    }

    [Fact]
    public void Many_large_pages_are_all_forgotten_correctly()
    {
        var random = new Random(3);
        for (var round = 0; round < 50; round++)
        {
            var pages = Enumerable.Range(0, 20).Select(_ => (ulong)random.NextInt64() & ~0x3fff_ffffUL).ToArray();
            foreach (var page in pages)
                _f.Fill(MmuIndex.User, page + ((ulong)random.Next(1 << 18) << 12), 0, shift: 30);
            foreach (var page in pages)
            {
                _f.Tlb.FlushPage(new(page + (ulong)random.Next(1 << 30)));
                AssertNothingUsableIn(page, 1UL << 30);
            }
        }
    }

    [Fact]
    public void A_non_global_flush_keeps_global_pages_and_victims_that_are()
    {
        var stride = (ulong)_f.Tlb.EntriesOf(MmuIndex.User) << 12;
        _f.Fill(MmuIndex.User, 0x1000, 0x1000, global: true);
        _f.Fill(MmuIndex.User, 0x1000 + stride, 0x2000);
        _f.Fill(MmuIndex.User, 0x1000 + 2 * stride, 0x3000);
        _f.Tlb.FlushNonGlobal();
        Assert.True(Has(MmuIndex.User, 0x1000));
        Assert.False(Has(MmuIndex.User, 0x1000 + stride) || Has(MmuIndex.User, 0x1000 + 2 * stride));
    }

    [Fact]
    public void A_pcid_switch_forgets_all_but_global_pages_unless_nothing_changes()
    {
        FillEverywhere(0x1000, global: true);
        FillEverywhere(0x2000);
        _f.Tlb.SwitchPcid(0, keep: true);
        Assert.True(Has(MmuIndex.User, 0x2000));
        _f.Tlb.SwitchPcid(7, keep: true);
        Assert.Equal(7, _f.Tlb.CurrentPcid);
        Assert.True(Has(MmuIndex.User, 0x1000));
        Assert.False(Has(MmuIndex.User, 0x2000));
        FillEverywhere(0x2000);
        _f.Tlb.SwitchPcid(7, keep: false);
        Assert.False(Has(MmuIndex.User, 0x2000));
    }

    [Fact]
    public void Invpcid_touches_only_the_cached_pcid_and_spares_global_pages()
    {
        _f.Tlb.SwitchPcid(5, keep: false);
        FillEverywhere(0x1000, global: true);
        FillEverywhere(0x2000);
        _f.Tlb.FlushPage(new(0x2000), 6);
        _f.Tlb.FlushPcid(6);
        Assert.True(Has(MmuIndex.User, 0x2000));
        _f.Tlb.FlushPage(new(0x1000), 5);
        Assert.True(Has(MmuIndex.User, 0x1000));
        _f.Tlb.FlushPage(new(0x2000), 5);
        Assert.False(Has(MmuIndex.User, 0x2000));
        FillEverywhere(0x2000);
        _f.Tlb.FlushPcid(5);
        Assert.True(Has(MmuIndex.User, 0x1000));
        Assert.False(Has(MmuIndex.User, 0x2000));
    }

    [Theory]
    [InlineData(0x5000UL, 1UL, 0x5000UL, 0x6000UL)]
    [InlineData(0x5fffUL, 2UL, 0x5000UL, 0x7000UL)]
    [InlineData(0x5000UL, 0x3000UL, 0x5000UL, 0x8000UL)]
    [InlineData(0x5000UL, 0x4000_0000UL, 0x5000UL, 0x4000_5000UL)]
    [InlineData(0UL, 0UL, 0UL, ulong.MaxValue)]
    [InlineData(0x1234UL, ulong.MaxValue, 0UL, ulong.MaxValue)]
    public void A_range_flush_forgets_every_page_it_touches(ulong start, ulong length, ulong from, ulong to)
    {
        for (var i = 0UL; i < 16; i++)
            FillEverywhere(i << 12);
        _f.Tlb.FlushRange(new(start), length);
        for (var i = 0UL; i < 16; i++)
            Assert.Equal(!(i << 12 >= from && i << 12 < to), Has(MmuIndex.Kernel, i << 12));
    }

    [Fact]
    public void A_range_may_wrap_over_the_top()
    {
        FillEverywhere(0xffff_ffff_ffff_f000);
        FillEverywhere(0);
        FillEverywhere(0x1000);
        _f.Tlb.FlushRange(new(0xffff_ffff_ffff_ff00), 0x200);
        Assert.False(Has(MmuIndex.User, 0xffff_ffff_ffff_f000) || Has(MmuIndex.User, 0));
        Assert.True(Has(MmuIndex.User, 0x1000));
    }

    [Fact]
    public void A_range_takes_along_the_large_pages_it_touches()
    {
        _f.Fill(MmuIndex.User, 0x40_0000, 0, shift: 21);
        _f.Fill(MmuIndex.User, 0x5f_f000, 0x1ff000, shift: 21);
        _f.Fill(MmuIndex.User, 0x60_0000, 0x2000);
        _f.Tlb.FlushRange(new(0x50_0000), 1);
        Assert.False(Has(MmuIndex.User, 0x40_0000) || Has(MmuIndex.User, 0x5f_f000));
        Assert.True(Has(MmuIndex.User, 0x60_0000));
    }

    private void FillEverywhere(ulong address, bool global = false)
    {
        foreach (var index in Enum.GetValues<MmuIndex>())
            _f.Fill(index, address, address & 0xff000, global: global);
    }

    private bool Has(MmuIndex index, ulong address) => _f.Tlb.TryLookup(index, new(address), AccessKind.Read, out _);

    private unsafe void AssertNothingUsableIn(ulong start, ulong length)
    {
        for (var i = 0; i < _f.Tlb.EntriesOf(MmuIndex.User); i++)
        {
            var tag = _f.Table(MmuIndex.User)[i].ReadTag;
            Assert.False(TlbTag.IsUsable(tag, i) && tag - start < length);
        }
    }
}

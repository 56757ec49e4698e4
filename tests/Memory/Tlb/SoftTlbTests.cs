using Tcg.Mttcg.Memory.Paging;
using Tcg.Mttcg.Memory.Physical;
using Tcg.Mttcg.Memory.Tlb;

namespace Tcg.Mttcg.Memory.Tests.Tlb;

public sealed class SoftTlbTests : IDisposable
{
    private const ulong High = 0xffff_8880_0000_0000;
    private readonly TlbFixture _f = new();

    public void Dispose() => _f.Dispose();

    [Fact]
    public void A_new_tlb_knows_nothing_not_even_page_zero()
    {
        for (var page = 0UL; page < 600; page++)
            foreach (var address in new[] { page << 12, High + (page << 12), (page << 12) | 0xfff })
            {
                Assert.Equal(0UL, _f.Fast(MmuIndex.User, address, AccessKind.Read));
                Assert.False(_f.Tlb.TryLookup(MmuIndex.Kernel, new(address), AccessKind.Write, out _));
            }
    }

    [Fact]
    public void A_filled_ram_page_is_read_written_and_run_on_the_fast_path()
    {
        _f.Fill(MmuIndex.User, 0x40_0123, 0x5123);
        foreach (var kind in new[] { AccessKind.Read, AccessKind.Write, AccessKind.Execute })
        {
            Assert.Equal(_f.HostOf(0x5ff8), _f.Fast(MmuIndex.User, 0x40_0ff8, kind, 8));
            Assert.True(_f.Tlb.TryLookup(MmuIndex.User, new(0x40_0456), kind, out var hit));
            Assert.Equal(new GuestPhysical(0x5456), hit.Physical);
            Assert.Equal(_f.HostOf(0x5456), hit.Host.Value);
            Assert.Equal(new RamPage(5), hit.RamPage);
            Assert.Equal(TlbFlags.None, hit.Flags);
            Assert.False(hit.IsMmio);
        }
        Assert.Equal(0UL, _f.Fast(MmuIndex.Kernel, 0x40_0123, AccessKind.Read));
    }

    [Fact]
    public void An_access_that_crosses_the_page_is_slow()
    {
        _f.Fill(MmuIndex.User, 0x1000, 0x1000);
        _f.Fill(MmuIndex.User, 0x2000, 0x2000);
        Assert.NotEqual(0UL, _f.Fast(MmuIndex.User, 0x1ffc, AccessKind.Read, 4));
        Assert.Equal(0UL, _f.Fast(MmuIndex.User, 0x1ffd, AccessKind.Read, 4));
        Assert.Equal(0UL, _f.Fast(MmuIndex.User, 0x1ff1, AccessKind.Read, 16));
    }

    [Theory]
    [InlineData(PageRights.Read)]
    [InlineData(PageRights.Execute)]
    [InlineData(PageRights.Read | PageRights.Write)]
    [InlineData(PageRights.Read | PageRights.Execute)]
    public void Only_granted_rights_hit(PageRights rights)
    {
        _f.Fill(MmuIndex.User, 0x7000, 0x3000, rights);
        (AccessKind, PageRights)[] kinds =
            [(AccessKind.Read, PageRights.Read), (AccessKind.Write, PageRights.Write), (AccessKind.Execute, PageRights.Execute)];
        foreach (var (kind, right) in kinds)
        {
            Assert.Equal(rights.HasFlag(right), _f.Fast(MmuIndex.User, 0x7000, kind) != 0);
            Assert.Equal(rights.HasFlag(right), _f.Tlb.TryLookup(MmuIndex.User, new(0x7000), kind, out _));
        }
    }

    [Fact]
    public void Mmio_and_holes_are_slow_and_carry_their_region()
    {
        _f.Fill(MmuIndex.Kernel, 0x9000, TlbFixture.MmioAt + 0x3000);
        _f.Fill(MmuIndex.Kernel, 0xa000, 0xd0000000);
        Assert.Equal(0UL, _f.Fast(MmuIndex.Kernel, 0x9000, AccessKind.Read));
        Assert.True(_f.Tlb.TryLookup(MmuIndex.Kernel, new(0x9010), AccessKind.Write, out var hit));
        Assert.Equal(TlbFlags.Mmio, hit.Flags);
        Assert.Same(_f.Region, hit.Region);
        Assert.Equal(0x3010UL, hit.RegionOffset);
        Assert.True(hit.Host.IsNull && hit.RamPage.IsNone);
        Assert.True(_f.Tlb.TryLookup(MmuIndex.Kernel, new(0xa000), AccessKind.Execute, out hit));
        Assert.Same(MmioRegion.Unassigned, hit.Region);
    }

    [Fact]
    public void Rom_is_read_fast_and_its_stores_are_dropped()
    {
        _f.Fill(MmuIndex.Kernel, 0x9000, TlbFixture.RomAt);
        Assert.Equal(_f.HostOf(TlbFixture.RomAt), _f.Fast(MmuIndex.Kernel, 0x9000, AccessKind.Read));
        Assert.Equal(0UL, _f.Fast(MmuIndex.Kernel, 0x9000, AccessKind.Write));
        Assert.True(_f.Tlb.TryLookup(MmuIndex.Kernel, new(0x9000), AccessKind.Write, out var hit));
        Assert.Equal(TlbFlags.DiscardWrite, hit.Flags);
    }

    [Fact]
    public void Watchpoints_slow_reads_and_stores_but_not_code()
    {
        _f.Fill(MmuIndex.User, 0x9000, 0x4000, flags: TlbFlags.Watchpoint | TlbFlags.NotDirty);
        Assert.Equal(0UL, _f.Fast(MmuIndex.User, 0x9000, AccessKind.Read));
        Assert.NotEqual(0UL, _f.Fast(MmuIndex.User, 0x9000, AccessKind.Execute));
        Assert.True(_f.Tlb.TryLookup(MmuIndex.User, new(0x9000), AccessKind.Write, out var hit));
        Assert.Equal(TlbFlags.Watchpoint | TlbFlags.NotDirty, hit.Flags);
        _f.Tlb.SetDirty(new(0x9000), new(4));
        Assert.True(_f.Tlb.TryLookup(MmuIndex.User, new(0x9000), AccessKind.Write, out hit));
        Assert.Equal(TlbFlags.Watchpoint, hit.Flags);
    }

    [Fact]
    public void Revoking_a_page_reaches_every_alias_view_and_victim()
    {
        var stride = (ulong)_f.Tlb.EntriesOf(MmuIndex.User) << 12;
        _f.Fill(MmuIndex.User, 0x5000, 0x6000);
        _f.Fill(MmuIndex.User, 0x5000 + stride, 0x7000);
        _f.Fill(MmuIndex.User, 0xff000, 0x6000);
        _f.Fill(MmuIndex.Kernel, High, 0x6000);
        _f.Fill(MmuIndex.KernelNoSmap, High, 0x6000, PageRights.Read);
        _f.Tlb.RevokeWrite(new(6));
        Assert.Equal(3, _f.Tlb.Counters.Revocations);
        Assert.NotEqual(0UL, _f.Fast(MmuIndex.User, 0x5000 + stride, AccessKind.Write));
        foreach (var (index, address) in new[] { (MmuIndex.User, 0x5000UL), (MmuIndex.User, 0xff000UL), (MmuIndex.Kernel, High) })
        {
            Assert.True(_f.Tlb.TryLookup(index, new(address), AccessKind.Write, out var hit));
            Assert.Equal(TlbFlags.NotDirty, hit.Flags);
            Assert.Equal(0UL, _f.Fast(index, address, AccessKind.Write));
            Assert.Equal(_f.HostOf(0x6000), _f.Fast(index, address, AccessKind.Read));
        }
        Assert.False(_f.Tlb.TryLookup(MmuIndex.KernelNoSmap, new(High), AccessKind.Write, out _));
    }

    [Fact]
    public void Revoking_all_writes_reaches_every_page_view_and_victim_and_keeps_the_translations()
    {
        var stride = (ulong)_f.Tlb.EntriesOf(MmuIndex.User) << 12;
        _f.Fill(MmuIndex.User, 0x5000, 0x6000);
        _f.Fill(MmuIndex.User, 0x5000 + stride, 0x7000);
        _f.Fill(MmuIndex.Kernel, High, 0x8000);
        _f.Fill(MmuIndex.User, 0x9000, TlbFixture.MmioAt);
        _f.Fill(MmuIndex.User, 0xa000, 0xa000, PageRights.Read);
        _f.Tlb.RevokeWrites();
        Assert.Equal((3L, 5L), (_f.Tlb.Counters.Revocations, _f.Tlb.Counters.Fills));
        foreach (var (index, address) in new[] { (MmuIndex.User, 0x5000 + stride), (MmuIndex.User, 0x5000UL), (MmuIndex.Kernel, High) })
        {
            Assert.True(_f.Tlb.TryLookup(index, new(address), AccessKind.Write, out var hit));
            Assert.Equal(TlbFlags.NotDirty, hit.Flags);
            Assert.Equal(0UL, _f.Fast(index, address, AccessKind.Write));
            Assert.NotEqual(0UL, _f.Fast(index, address, AccessKind.Read));
        }
        Assert.False(_f.Tlb.TryLookup(MmuIndex.User, new(0xa000), AccessKind.Write, out _));
    }

    [Fact]
    public void Setting_dirty_needs_the_same_ram_page()
    {
        _f.Fill(MmuIndex.User, 0x5000, 0x6000, flags: TlbFlags.NotDirty);
        _f.Fill(MmuIndex.Kernel, 0x5000, 0x7000, flags: TlbFlags.NotDirty);
        _f.Tlb.SetDirty(new(0x5123), new(6));
        Assert.NotEqual(0UL, _f.Fast(MmuIndex.User, 0x5000, AccessKind.Write));
        Assert.Equal(0UL, _f.Fast(MmuIndex.Kernel, 0x5000, AccessKind.Write));
    }

    [Fact]
    public void Setting_dirty_gives_no_right_that_was_not_there()
    {
        _f.Fill(MmuIndex.User, 0x5000, 0x6000, PageRights.Read, TlbFlags.NotDirty);
        _f.Tlb.SetDirty(new(0x5000), new(6));
        Assert.Equal(0UL, _f.Fast(MmuIndex.User, 0x5000, AccessKind.Write));
        _f.Fill(MmuIndex.User, 0x8000, TlbFixture.RomAt);
        _f.Tlb.SetDirty(new(0x8000), _f.Ram.OffsetOf(new(_f.HostOf(TlbFixture.RomAt))).Page);
        Assert.Equal(0UL, _f.Fast(MmuIndex.User, 0x8000, AccessKind.Write));
    }

    [Fact]
    public void Victims_come_back_and_evict_in_turn()
    {
        var stride = (ulong)_f.Tlb.EntriesOf(MmuIndex.User) << 12;
        for (var i = 0UL; i < 9; i++)
            _f.Fill(MmuIndex.User, 0x3000 + i * stride, 0x1000 + (i << 12));
        for (var round = 0; round < 3; round++)
            for (var i = 0UL; i < 9; i++)
            {
                Assert.True(_f.Tlb.TryLookup(MmuIndex.User, new(0x3000 + i * stride), AccessKind.Read, out var hit));
                Assert.Equal(new GuestPhysical(0x1000 + (i << 12)), hit.Physical);
                Assert.Equal(_f.HostOf(0x1000 + (i << 12)), _f.Fast(MmuIndex.User, 0x3000 + i * stride, AccessKind.Read));
            }
        Assert.InRange(_f.Tlb.Counters.VictimHits, 24, 27);
        _f.Fill(MmuIndex.User, 0x3000 + 9 * stride, 0x1000);
        Assert.Equal(9, Enumerable.Range(0, 10)
            .Count(i => _f.Tlb.TryLookup(MmuIndex.User, new(0x3000 + (ulong)i * stride), AccessKind.Read, out _)));
    }

    [Fact]
    public void A_new_translation_replaces_the_old_one_even_among_victims()
    {
        var stride = (ulong)_f.Tlb.EntriesOf(MmuIndex.User) << 12;
        _f.Fill(MmuIndex.User, 0x3000, 0x1000);
        _f.Fill(MmuIndex.User, 0x3000 + stride, 0x2000);
        _f.Fill(MmuIndex.User, 0x3000, 0x4000);
        _f.Fill(MmuIndex.User, 0x3000 + 2 * stride, 0x2000);
        Assert.True(_f.Tlb.TryLookup(MmuIndex.User, new(0x3000), AccessKind.Read, out var hit));
        Assert.Equal(new GuestPhysical(0x4000), hit.Physical);
        _f.Tlb.FlushPage(new(0x3000));
        Assert.False(_f.Tlb.TryLookup(MmuIndex.User, new(0x3000), AccessKind.Read, out _));
    }

    [Fact]
    public void A_fill_and_a_lookup_allocate_nothing()
    {
        _f.Fill(MmuIndex.User, 0x3000, 0x1000);
        _f.Tlb.TryLookup(MmuIndex.User, new(0x3000), AccessKind.Read, out _);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0UL; i < 200; i++)
        {
            _f.Fill(MmuIndex.User, i << 12, i << 12);
            _f.Tlb.TryLookup(MmuIndex.User, new(i << 12), AccessKind.Read, out _);
            _f.Tlb.TryLookup(MmuIndex.User, new(i << 40), AccessKind.Read, out _);
        }
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

#if DEBUG
    [Fact]
    public void Another_thread_is_refused()
    {
        _f.Tlb.BindToCurrentThread();
        _f.Tlb.FlushAll();
        Exception? failure = null;
        var thread = new Thread(() => failure = Record.Exception(_f.Tlb.FlushAll));
        thread.Start();
        thread.Join();
        Assert.IsType<InvalidOperationException>(failure);
    }
#endif
}

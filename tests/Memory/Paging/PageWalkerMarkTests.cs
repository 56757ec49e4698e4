using Tcg.Mttcg.Memory.Contracts;
using Tcg.Mttcg.Memory.Pages;
using Tcg.Mttcg.Memory.Paging;
using Tcg.Mttcg.Memory.Tlb;
using static Tcg.Mttcg.Memory.Tests.Paging.WalkerFixture;

namespace Tcg.Mttcg.Memory.Tests.Paging;

/// <summary>Accessed and dirty bits (SDM 3A 4.8).</summary>
[Collection(Rendezvous.Collection)]
public sealed class PageWalkerMarkTests : IDisposable
{
    private readonly WalkerFixture _f = new();

    public void Dispose() => _f.Dispose();

    [Theory]
    [InlineData(PagingMode.Bits32, 2)]
    [InlineData(PagingMode.Pae, 3)]
    [InlineData(PagingMode.FourLevel, 4)]
    [InlineData(PagingMode.FiveLevel, 5)]
    public void A_read_marks_every_level_accessed_and_a_write_the_leaf_dirty(PagingMode mode, int levels)
    {
        var entries = Enumerable.Repeat(P | W | U, levels).ToArray();
        if (mode == PagingMode.Pae)
            entries[0] = P;
        var state = _f.Map1(State(mode), 0, entries);
        var narrow = mode == PagingMode.Bits32;
        var first = mode == PagingMode.Pae ? 1 : 0;

        _f.Walker.Probe(state, new(0), AccessKind.Write, MmuIndex.Kernel);
        for (var level = first; level < levels; level++)
            Assert.Equal(0UL, _f.EntryOf(level, 0, 12, narrow) & (A | D));
        _f.Walk(state, 0);
        for (var level = first; level < levels; level++)
            Assert.Equal(A, _f.EntryOf(level, 0, 12, narrow) & (A | D));
        _f.Walk(state, 0, AccessKind.Write);
        for (var level = first; level < levels; level++)
            Assert.Equal(level == levels - 1 ? A | D : A, _f.EntryOf(level, 0, 12, narrow) & (A | D));
    }

    [Fact]
    public void A_large_page_is_marked_in_its_own_leaf()
    {
        var state = _f.Map1(State(PagingMode.FourLevel), 0, P | W, P | W, P | W | Ps);
        _f.Walk(state, 0x1f_ffff, AccessKind.Write);
        Assert.Equal(A | D, _f.EntryOf(2, 0, 12, narrow: false) & (A | D));
    }

    [Fact]
    public void A_denied_access_marks_nothing()
    {
        var state = _f.Map1(State(PagingMode.FourLevel), 0, P | U, P | U, P | U, P | U);
        Assert.True(_f.Walk(state, 0, AccessKind.Write, MmuIndex.User).IsFault);
        for (var level = 0; level < 4; level++)
            Assert.Equal(P | U, _f.EntryOf(level, 0, 12, narrow: false) & 0xfff);
    }

    [Fact]
    public void Marking_a_four_byte_entry_leaves_its_neighbour_alone()
    {
        var state = _f.Map1(State(PagingMode.Bits32), 0, P | W, P | W);
        _f.Put(TablesAt + 0x1004, 0xdeadbee0, narrow: true);
        _f.Walk(state, 0, AccessKind.Write);
        Assert.Equal(0xdeadbee0UL, _f.Get(TablesAt + 0x1004, narrow: true));
    }

    [Fact]
    public void Marking_is_a_store_that_dirty_bitmaps_and_versions_see()
    {
        var state = _f.Map1(State(PagingMode.FourLevel), 0, P | W, P | W, P | W, P | W);
        var page = new RamPage((uint)((TablesAt + 0x3000) >> 12));
        _f.Tracking.Dirty.TestAndClear(DirtyClient.Migration, page);
        var version = _f.Tracking.Pages.FindOrAllocate(page).Version;
        _f.Walk(state, 0);
        Assert.True(_f.Tracking.Dirty.IsDirty(DirtyClient.Migration, page));
        Assert.True(_f.Tracking.Pages.FindOrAllocate(page).Version > version);
        Assert.Equal(0, _f.Tracking.Pages.FindOrAllocate(page).WritersInFlight);
    }

    /// <summary>
    /// One thread walks for writing while another exchanges the leaf with an unmarked one of another page, as a kernel that reclaims does. A
    /// dirty bit that is lost or set in the wrong entry would be seen: each walk's page must be dirty in the entry that was taken out.
    /// </summary>
    [Fact]
    public void No_dirty_bit_is_lost_when_entries_change_under_walks()
    {
        var state = _f.Map1(State(PagingMode.FourLevel), 0, P | W | A, P | W | A, P | W | A, P | W | 1UL << 12);
        const ulong leafAt = TablesAt + 0x3000;
        const int rounds = 30_000;
        var walkedDirty = new bool[rounds + 2];
        var stop = false;
        var walker = new Thread(() =>
        {
            while (!Volatile.Read(ref stop))
            {
                var result = _f.Walk(state, 0, AccessKind.Write);
                walkedDirty[result.Physical.Value >> 12] = true;
            }
        });
        walker.Start();
        unsafe
        {
            ref var leaf = ref *(ulong*)_f.Ram.Host(new(leafAt)).Bytes;
            var dirty = new bool[rounds + 2];
            try
            {
                for (var i = 1; i <= rounds; i++)
                {
                    var old = Interlocked.Exchange(ref leaf, P | W | (ulong)(i + 1) << 12);
                    Assert.Equal((ulong)i, old >> 12);
                    dirty[i] = (old & D) != 0;
                    Assert.Equal((old & D) != 0, (old & A) != 0);
                    for (var spin = 0; i % 16 == 0 && spin < 1_000 && (Volatile.Read(ref leaf) & D) == 0; spin++)
                        Thread.SpinWait(1);
                }
            }
            finally
            {
                // Also after a failure: the walker must not outlive the memory it walks.
                Volatile.Write(ref stop, true);
                walker.Join();
            }
            var marked = 0;
            for (var i = 1; i <= rounds; i++)
            {
                Assert.Equal(dirty[i], walkedDirty[i]);
                marked += dirty[i] ? 1 : 0;
            }
            Assert.True(marked > 10, $"{marked} walks met the changing entry");
        }
    }

    [Theory]
    [InlineData(AccessKind.Read)]
    [InlineData(AccessKind.Write)]
    public void An_entry_that_changes_in_the_middle_of_a_walk_is_walked_again(AccessKind kind)
    {
        var state = _f.Map1(State(PagingMode.FourLevel), 0, P | W, P | W | A, P | W | A, P | W | 0x5000);
        var interference = new Interference(() => _f.Put(TablesAt + 0x3000, P | W | 0x6000, narrow: false));
        // The top table counts as code, so marking its entry calls out between the reading and the marking of the leaf.
        _f.Tracking.BeginCode(new((uint)(TablesAt >> 12)));
        var walker = new PageWalker(new(_f.Map, _f.Tracking, interference));
        Assert.Equal(new GuestPhysical(0x6000), walker.Walk(state, new(0), kind, MmuIndex.Kernel).Physical);
        Assert.Equal(1, interference.Calls);
        Assert.Equal(P | W | A | (kind == AccessKind.Write ? D : 0) | 0x6000, _f.EntryOf(3, 0, 12, narrow: false));
    }

    [Fact]
    public void An_entry_that_goes_away_in_the_middle_of_a_walk_faults()
    {
        var state = _f.Map1(State(PagingMode.FourLevel), 0, P | W, P | W | A, P | W | A, P | W | 0x5000);
        _f.Tracking.BeginCode(new((uint)(TablesAt >> 12)));
        var walker = new PageWalker(new(_f.Map, _f.Tracking, new Interference(() => _f.Put(TablesAt + 0x3000, 0, narrow: false))));
        Assert.True(walker.Walk(state, new(0), AccessKind.Read, MmuIndex.Kernel).IsFault);
        Assert.Equal(0UL, _f.EntryOf(3, 0, 12, narrow: false));
    }

    [Fact]
    public void A_dirty_bit_that_another_processor_sets_in_the_middle_of_a_walk_is_kept()
    {
        var state = _f.Map1(State(PagingMode.FourLevel), 0, P | W, P | W | A, P | W | A, P | W | 0x5000);
        _f.Tracking.BeginCode(new((uint)(TablesAt >> 12)));
        var walker = new PageWalker(new(_f.Map, _f.Tracking, new Interference(() => _f.Put(TablesAt + 0x3000, P | W | A | D | 0x5000, narrow: false))));
        Assert.Equal(new GuestPhysical(0x5000), walker.Walk(state, new(0), AccessKind.Read, MmuIndex.Kernel).Physical);
        Assert.Equal(P | W | A | D | 0x5000, _f.EntryOf(3, 0, 12, narrow: false));
    }

    private sealed class Interference(Action act) : ICodeInvalidation
    {
        public int Calls { get; private set; }

        public void Invalidate(RamOffset start, int length)
        {
            Calls++;
            act();
        }
    }

    [Fact]
    public void Parallel_walks_of_one_page_agree()
    {
        var state = _f.Map1(State(PagingMode.FourLevel), 0, P | W, P | W, P | W, P | W | 0x9000);
        for (var round = 0; round < 500; round++)
        {
            for (var level = 0; level < 4; level++)
                _f.Put(TablesAt + (ulong)level * 0x1000, (level == 3 ? 0x9000 : TablesAt + (ulong)(level + 1) * 0x1000) | P | W, narrow: false);
            Parallel.For(0, 4, i =>
                Assert.Equal(new GuestPhysical(0x9000), _f.Walk(state, 0, i % 2 == 0 ? AccessKind.Write : AccessKind.Read).Physical));
            Assert.Equal(P | W | A | D | 0x9000, _f.EntryOf(3, 0, 12, narrow: false));
        }
    }
}

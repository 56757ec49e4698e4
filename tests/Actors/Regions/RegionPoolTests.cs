using Tcg.Mttcg.Actors.Protocol;
using Tcg.Mttcg.Actors.Regions;
using Tcg.Mttcg.Actors.Tests.Coherence;
using Tcg.Mttcg.Translator.Cache;

namespace Tcg.Mttcg.Actors.Tests.Regions;

public unsafe class RegionPoolTests : IRegionWork
{
    private const int Blocks = 5;
    private readonly FakePeers _peers = new(2);
    private readonly CodeRegion[] _regions = [.. Enumerable.Range(0, 4).Select(i => new CodeRegion(i, null, null, 65536, 60000))];
    private readonly List<(CodeRegion Region, int From, int Count)> _retired = [];
    private readonly List<CodeRegion> _reset = [];
    private readonly RegionPool _pool;

    public RegionPoolTests() => _pool = NewPool(spare: 0);

    private RegionPool NewPool(int spare) => new(_regions, new RegionOptions(spare, BlocksPerMessage: 2), _peers, this);

    int IRegionWork.Blocks(CodeRegion region) => Blocks;

    void IRegionWork.Retire(CodeRegion region, int from, int count) => _retired.Add((region, from, count));

    void IRegionWork.Reset(CodeRegion region) => _reset.Add(region);

    private CodeRegion Take(RegionPool pool, string asker, CodeRegion? full = null)
    {
        pool.Next(asker, full);
        return Assert.IsType<NextRegionReply>(_peers.Take(asker)).Region;
    }

    private void KillAll(RegionPool pool, CodeRegion region)
    {
        for (var next = 2; next < Blocks; next += 2) pool.Retired(region, next);
        pool.Retired(region, Blocks);
    }

    // Two vCPUs own one region each; the other two are full, in the order of the numbers.
    private void Fill()
    {
        var first = Take(_pool, "A");
        var second = Take(_pool, "A", first);
        Take(_pool, "A", second);
        Take(_pool, "B");
        Assert.Equal((0, 2, 2), (_pool.Free, _pool.Full, _pool.Owned));
    }

    [Fact]
    public void Free_regions_are_handed_out_at_once_and_nothing_retires()
    {
        Fill();
        Assert.Empty(_retired);
    }

    [Fact]
    public void The_oldest_full_region_retires_part_by_part_and_no_other()
    {
        Fill();
        _pool.Next("B", null);
        Assert.Equal([(_regions[0], 0, 2)], _retired);
        KillAll(_pool, _regions[0]);
        Assert.Equal([(_regions[0], 0, 2), (_regions[0], 2, 2), (_regions[0], 4, 2)], _retired);
        Assert.Same(_regions[0], Assert.IsType<NextRegionReply>(_peers.Take("B")).Region);
    }

    [Fact]
    public void A_region_is_reused_only_after_every_vcpu_that_ran_has_forgotten_it()
    {
        Fill();
        _peers.Running = [0, 1];
        _pool.Next("B", null);
        KillAll(_pool, _regions[0]);
        var forget = Assert.IsType<ForgetRegion>(_peers.Posted[^1].Request);
        Assert.Same(_regions[0], forget.Region);
        _pool.Served(forget.Ticket, 1);
        Assert.Empty(_reset);
        Assert.False(_peers.HasAnswer("B"));
        _pool.Served(forget.Ticket, 0);
        Assert.Equal([_regions[0]], _reset);
        Assert.True(_peers.HasAnswer("B"));
    }

    [Fact]
    public void Requests_that_come_meanwhile_wait_for_the_same_grace_period_and_are_served_in_turn()
    {
        Fill();
        _pool.Next("A", _regions[2]);
        _pool.Next("B", _regions[3]);
        Assert.Single(_retired);
        KillAll(_pool, _regions[0]);
        Assert.Same(_regions[0], Assert.IsType<NextRegionReply>(_peers.Take("A")).Region);
        Assert.False(_peers.HasAnswer("B"));
        KillAll(_pool, _regions[1]);
        Assert.Same(_regions[1], Assert.IsType<NextRegionReply>(_peers.Take("B")).Region);
        Assert.Equal(2, _pool.Counters.Retirements);
    }

    [Fact]
    public void A_spare_region_is_made_before_it_is_needed()
    {
        var pool = NewPool(spare: 1);
        var first = Take(pool, "A");
        var second = Take(pool, "A", first);
        Take(pool, "B");
        Assert.Empty(_retired);
        Take(pool, "A", second);
        Assert.Equal(first, pool.Retiring);
        KillAll(pool, first);
        Assert.Equal((1, 1), (pool.Free, pool.Full));
        Take(pool, "B");
    }

    [Fact]
    public void A_debug_flush_retires_all_full_regions_one_after_the_other()
    {
        Fill();
        _pool.RetireAll();
        KillAll(_pool, _regions[0]);
        KillAll(_pool, _regions[1]);
        Assert.Equal([_regions[0], _regions[1]], _reset);
        Assert.Equal(2, _pool.Free);
    }

    [Fact]
    public void Every_vcpu_needs_a_region_of_its_own_and_one_more()
    {
        Assert.Throws<ArgumentException>(() => new RegionPool(_regions.Take(2), new RegionOptions(), _peers, this));
    }
}

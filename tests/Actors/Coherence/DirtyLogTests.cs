using Tcg.Mttcg.Actors.Coherence;
using Tcg.Mttcg.Actors.Protocol;
using Tcg.Mttcg.Memory;
using Tcg.Mttcg.Memory.Pages;

namespace Tcg.Mttcg.Actors.Tests.Coherence;

/// <summary>Clear and read, then wait for access-quiescence.</summary>
public class DirtyLogTests
{
    private const DirtyClient Client = DirtyClient.Migration;
    private static readonly RamPage First = new(3);
    private readonly FakePages _pages = new(() => { });
    private readonly FakePeers _peers = new(3);
    private readonly CodeCoherence _owner;

    public DirtyLogTests()
    {
        _owner = new CodeCoherence(new CoherenceOptions(), _pages, new FakeBlocks(), _peers);
        _pages.Dirty.ReadAndClear(Client, new RamPage(0), 64, new ulong[1]);
    }

    private ReadDirtyLogReply Reply() => Assert.IsType<ReadDirtyLogReply>(_peers.Take("client"));

    [Fact]
    public void A_log_tells_of_the_range_from_its_first_page_on_and_clears_that_alone()
    {
        foreach (var page in new uint[] { 2, 3, 6, 13 }) _pages.Dirty.Set(Client, new RamPage(page));
        _owner.ReadDirtyLog("client", Client, First, 10);
        var log = Reply();
        Assert.Equal((0b1001UL, 2), (Assert.Single(log.Bits), log.Pages));
        Assert.Equal([2U, 13U], Enumerable.Range(0, 64).Select(i => (uint)i).Where(i => _pages.Dirty.IsDirty(Client, new RamPage(i))));
        Assert.True(_pages.Dirty.IsDirty(DirtyClient.Display, First));
    }

    [Fact]
    public void The_answer_waits_until_every_running_vcpu_has_lost_its_rights_to_write()
    {
        _peers.Running = [0, 2];
        _owner.ReadDirtyLog("client", Client, First, 10);
        Assert.Equal([0, 1, 2], _peers.Posted.Select(posted => posted.Cpu));
        Assert.All(_peers.Posted, posted => Assert.Equal(TlbFlush.Writes, Assert.IsType<FlushTlb>(posted.Request).Flush));
        _owner.Served(_peers.LastTicket, 0);
        Assert.False(_peers.HasAnswer("client"));
        _owner.Served(_peers.LastTicket, 2);
        Assert.Equal(0, Reply().Pages);
    }

    [Fact]
    public void A_page_that_is_stored_to_while_vcpus_still_flush_is_in_the_next_log()
    {
        _pages.Dirty.Set(Client, First);
        _peers.Running = [1];
        _owner.ReadDirtyLog("client", Client, First, 10);
        Assert.False(_pages.Dirty.IsDirty(Client, First));
        _pages.Dirty.Set(Client, First);
        _owner.Served(_peers.LastTicket, 1);
        Assert.Equal(1, Reply().Pages);
        _peers.Running = [];
        _owner.ReadDirtyLog("client", Client, First, 10);
        Assert.Equal(1, Reply().Pages);
    }
}

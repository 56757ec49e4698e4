using Tcg.Mttcg.Memory.Pages;

namespace Tcg.Mttcg.Memory.Tests.Pages;

[Collection(Rendezvous.Collection)]
public class StoreTrackingTests
{
    private static readonly RamPage Page = new(3);
    private readonly StoreTracking _tracking = new(new(new(8)), new(new(8)));

    [Fact]
    public void A_page_without_code_or_watchers_admits_fast_writers_and_remembers_them()
    {
        Assert.True(_tracking.AdmitWriter(Page, 0));
        Assert.True(_tracking.AdmitWriter(Page, 0));
        Assert.Equal(PageWriters.Only(0), _tracking.BeginCode(Page));
        Assert.Null(_tracking.Pages.Find(Page));
    }

    [Fact]
    public void Code_keeps_fast_writers_out_until_it_ends()
    {
        Assert.True(_tracking.BeginCode(Page).IsNone);
        Assert.False(_tracking.AdmitWriter(Page, 0));
        Assert.False(_tracking.Dirty.IsDirty(DirtyClient.Code, Page));
        _tracking.EndCode(Page);
        Assert.True(_tracking.AdmitWriter(Page, 0));
        Assert.True(_tracking.Dirty.IsDirty(DirtyClient.Code, Page));
    }

    [Theory]
    [InlineData(DirtyClient.Display)]
    [InlineData(DirtyClient.Migration)]
    public void A_watcher_hears_of_the_first_store_and_then_writers_are_fast_again(DirtyClient client)
    {
        _tracking.Dirty.TestAndClear(client, Page);
        Assert.False(_tracking.AdmitWriter(Page, 0));
        var ticket = _tracking.Begin(Page, 0, 8);
        Assert.False(ticket.HitsCode);
        Assert.False(_tracking.Dirty.IsDirty(client, Page));
        Assert.True(_tracking.Complete(ticket, 0));
        Assert.True(_tracking.Dirty.IsDirty(client, Page));
    }

    [Fact]
    public void A_store_to_bytes_that_code_checks_itself_says_so_and_asks_nobody_but_now_and_then()
    {
        var desc = _tracking.Pages.FindOrAllocate(Page);
        desc.Bitmap = new SmcBitmap();
        desc.Checked = new SmcBitmap();
        desc.Checked.Add(64, 8);
        _tracking.BeginCode(Page);
        var asked = 0;
        for (var i = 0; i < 1 << 16; i++)
        {
            var ticket = _tracking.Begin(Page, 71, 2);
            Assert.True(ticket.HitsChecked);
            if (ticket.HitsCode) asked++;
            _tracking.Complete(ticket, 0);
        }
        Assert.Equal(1, asked);
        Assert.False(_tracking.Begin(Page, 72, 8).HitsChecked);
    }

    [Fact]
    public void A_store_beside_code_is_plain_and_one_into_it_hits()
    {
        var desc = _tracking.Pages.FindOrAllocate(Page);
        var bitmap = new SmcBitmap();
        bitmap.Add(100, 10);
        desc.Bitmap = bitmap;
        _tracking.BeginCode(Page);
        foreach (var (offset, length, hits) in new[] { (92, 8, false), (93, 8, true), (109, 1, true), (110, 16, false) })
        {
            var ticket = _tracking.Begin(Page, offset, length);
            Assert.Equal(hits, ticket.HitsCode);
            Assert.False(_tracking.Complete(ticket, 0));
        }
    }

    [Fact]
    public void Code_without_a_bitmap_is_hit_by_any_store()
    {
        _tracking.BeginCode(Page);
        var ticket = _tracking.Begin(Page, 4095, 1);
        Assert.True(ticket.HitsCode);
        _tracking.Abandon(ticket);
        Assert.Equal(0UL, ticket.Desc.Version);
        Assert.Equal(0, ticket.Desc.WritersInFlight);
    }

    [Fact]
    public void A_store_is_in_flight_until_its_version_shows()
    {
        var ticket = _tracking.Begin(Page, 0, 1);
        Assert.Equal(1, ticket.Desc.WritersInFlight);
        Assert.Equal(0UL, ticket.Desc.Version);
        _tracking.CompleteDma(ticket);
        Assert.Equal(0, ticket.Desc.WritersInFlight);
        Assert.Equal(1UL, ticket.Desc.Version);
        Assert.Equal(PageFlags.None, ticket.Desc.Flags);
        Assert.True(_tracking.Pages.WritersOf(Page).IsNone);
    }

    /// <summary>
    /// The protocol's promise: a linker that read old bytes notices, or the store sees its bitmap. Each round one store races one translation.
    /// The store is a page long, so that its test of the bitmap takes as long as linking does.
    /// </summary>
    [Fact]
    public void A_translation_that_read_old_bytes_is_never_linked_unseen()
    {
        const int rounds = 60_000;
        var tracking = new StoreTracking(new(new(1)), new(new(1)));
        var desc = tracking.Pages.FindOrAllocate(new(0));
        tracking.BeginCode(new(0));
        var memory = 0;
        var hits = new bool[rounds];
        var linkedOld = new bool[rounds];
        var finished = new int[2];
        var rendezvous = new Rendezvous();
        Rendezvous.Race(worker =>
        {
            for (var round = 0; round < rounds; round++)
            {
                if (worker == 1)
                    desc.Bitmap = new();
                rendezvous.Meet(round * 2L);
                // Slide the two against each other, so that every interleaving of the few steps gets its turn.
                if (worker == round / 32 % 2)
                    Thread.SpinWait(round % 32);
                // Two rounds of each 64 have a fixed order: on a busy host the scheduler may otherwise let one side win for ever.
                if (round % 64 == worker)
                    while (Volatile.Read(ref finished[1 - worker]) <= round)
                        Thread.Yield();
                if (worker == 0)
                {
                    var ticket = tracking.Begin(new(0), 0, 4096);
                    hits[round] = ticket.HitsCode;
                    Volatile.Write(ref memory, round + 1);
                    tracking.Complete(ticket, 0);
                }
                else
                {
                    var version = desc.Version;
                    var bytes = Volatile.Read(ref memory);
                    desc.Bitmap!.Add(0, 4);
                    Interlocked.MemoryBarrier();
                    linkedOld[round] = desc.IsUnchangedSince(version) && bytes != round + 1;
                }
                Volatile.Write(ref finished[worker], round + 1);
                rendezvous.Meet(round * 2L + 1);
            }
        });
        var old = linkedOld.Count(linked => linked);
        var unseen = Enumerable.Range(0, rounds).Count(round => linkedOld[round] && !hits[round]);
        Assert.True(unseen == 0, $"{unseen} of {old} translations of old bytes were linked unseen");
        Assert.InRange(old, rounds / 64, rounds - rounds / 64);
    }
}

using Tcg.Mttcg.Actors.Coherence;
using Tcg.Mttcg.Actors.Protocol;
using Tcg.Mttcg.Memory;
using Tcg.Mttcg.Memory.Pages;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Actors.Tests.Coherence;

/// <summary>Each rule of the protocol by itself, with vCPUs that are no more than a status and a list of what they were told.</summary>
public class CodeCoherenceTests
{
    private static readonly RamPage Page = new(7);
    private static readonly RamPage Next = new(9);
    private readonly FakePages _pages = new(() => { });
    private readonly FakeBlocks _blocks = new();
    private readonly FakePeers _peers = new(3);
    private readonly CodeCoherence _owner;

    public CodeCoherenceTests() => _owner = new CodeCoherence(new CoherenceOptions(BitmapAfterWrites: 2, UnprotectAfterWrites: 3), _pages, _blocks, _peers);

    private RamOffset At(int offset) => new(Page.Start.Value + (ulong)offset);

    private PageVersions Versions => new(_pages[Page].Version, _pages[Next].Version);

    private T Reply<T>(string asker) => Assert.IsType<T>(_peers.Take(asker));

    private void ProtectNow(RamPage page)
    {
        _owner.Protect("setup", page);
        Reply<ProtectReply>("setup");
    }

    [Fact]
    public void A_page_that_nobody_writes_is_protected_at_once_and_nobody_is_disturbed()
    {
        _peers.Running = [0, 1, 2];
        _owner.Protect("B", Page);
        Reply<ProtectReply>("B");
        Assert.Empty(_peers.Posted);
        Assert.True(_pages[Page].HasCode && _pages[Page].Protected);
    }

    [Fact]
    public void A_page_with_a_writer_is_protected_when_the_last_running_vcpu_has_revoked()
    {
        _pages[Page].FastWriters = PageWriters.Any;
        _peers.Running = [0, 2];
        _owner.Protect("B", Page);
        Assert.Equal([0, 1, 2], _peers.Posted.Select(p => p.Cpu));
        var ticket = _peers.LastTicket;
        _owner.Served(ticket, 0);
        Assert.False(_peers.HasAnswer("B"));
        Assert.False(_pages[Page].Protected);
        Assert.True(_pages[Page].HasCode);
        _owner.Served(ticket, 2);
        Reply<ProtectReply>("B");
        Assert.True(_pages[Page].Protected);
    }

    [Fact]
    public void A_page_that_one_vcpu_writes_is_revoked_of_that_one_only()
    {
        _pages[Page].FastWriters = PageWriters.Only(2);
        _peers.Running = [0, 1, 2];
        _owner.Protect("B", Page);
        Assert.Equal([2], _peers.Posted.Select(p => p.Cpu));
        _owner.Served(_peers.LastTicket, 1);
        Assert.False(_peers.HasAnswer("B"));
        _owner.Served(_peers.LastTicket, 2);
        Reply<ProtectReply>("B");
    }

    [Fact]
    public void A_vcpu_that_was_quiescent_need_not_answer_and_an_answer_of_another_wait_does_not_count()
    {
        _pages[Page].FastWriters = _pages[Next].FastWriters = PageWriters.Any;
        _peers.Running = [2];
        _owner.Protect("B", Page);
        var first = _peers.LastTicket;
        _owner.Protect("C", Next);
        _owner.Served(first, 1);
        _owner.Served(_peers.LastTicket, 2);
        Assert.False(_peers.HasAnswer("B"));
        Reply<ProtectReply>("C");
        _owner.Served(first, 2);
        Reply<ProtectReply>("B");
    }

    [Fact]
    public void Two_who_ask_for_one_page_wait_for_one_broadcast()
    {
        _pages[Page].FastWriters = PageWriters.Any;
        _peers.Running = [1];
        _owner.Protect("A", Page);
        _owner.Protect("B", Page);
        Assert.Equal(3, _peers.Posted.Count);
        _owner.Served(_peers.LastTicket, 1);
        Reply<ProtectReply>("A");
        Reply<ProtectReply>("B");
        Assert.Equal(1, _owner.Counters.Broadcasts);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Broadcasts_equal_the_times_that_written_pages_became_code(int seed)
    {
        var random = new Random(seed);
        RamPage[] all = [Page, Next, new(11)];
        int toCode = 0, toData = 0, linked = 0;
        for (var step = 0; step < 5_000; step++)
        {
            var page = all[random.Next(all.Length)];
            var state = _pages[page];
            var wasCode = state.HasCode;
            _peers.Running = [.. Enumerable.Range(0, 3).Where(_ => random.Next(3) == 0)];
            switch (random.Next(8))
            {
                case 0:
                    _owner.Protect("A", page);
                    if (!wasCode && !state.FastWriters.IsNone) toCode++;
                    break;
                case 1:
                    _owner.Link("A", Blocks.New(page, random.Next(64), 4, id: linked++), new PageVersions(state.Version, 0));
                    break;
                case 2:
                    foreach (var (cpu, request) in _peers.Posted.TakeLast(9)) _owner.Served(((RevokeWrite)request).Ticket, cpu);
                    break;
                default:
                    state.FastWriters = PageWriters.Any;
                    _owner.CodeWrite("B", page.Start, 1 + random.Next(68));
                    break;
            }
            if (wasCode && !state.HasCode) toData++;
        }
        Assert.Equal((toCode, 3 * toCode), (_owner.Counters.Broadcasts, _peers.Posted.Count));
        Assert.Equal(toData, _owner.Counters.Unprotects);
        Assert.True(toCode > 100, $"{toCode} transitions");
    }

    [Fact]
    public void An_unchanged_block_is_linked()
    {
        ProtectNow(Page);
        var block = Blocks.New(Page, 16, 4);
        _owner.Link("A", block, Versions);
        Assert.Equal(LinkOutcome.Linked, Reply<LinkReply>("A").Outcome);
        Assert.Same(block, _blocks.Find(block.Key));
    }

    [Fact]
    public void Of_many_vcpus_that_translate_one_place_one_wins_and_all_others_get_its_block()
    {
        ProtectNow(Page);
        var copies = Enumerable.Range(0, 8).Select(i => Blocks.New(Page, 16, 4, id: i)).ToArray();
        foreach (var copy in copies) _owner.Link("cpu" + copy.Id, copy, Versions);
        Assert.Equal(LinkOutcome.Linked, Reply<LinkReply>("cpu0").Outcome);
        foreach (var copy in copies.Skip(1)) Assert.Same(copies[0], Reply<LinkReply>("cpu" + copy.Id).Existing);
    }

    [Fact]
    public void A_store_since_the_bytes_were_read_makes_the_link_stale_and_leaves_no_trace()
    {
        ProtectNow(Page);
        var versions = Versions;
        _pages[Page].Version++;
        var block = Blocks.New(Page, 16, 4);
        _owner.Link("A", block, versions);
        Assert.Equal(LinkOutcome.Stale, Reply<LinkReply>("A").Outcome);
        Assert.Null(_blocks.Find(block.Key));
        _owner.CodeWrite("B", At(16), 4);
        Assert.False(block.IsDead);
    }

    [Fact]
    public void A_store_beside_the_block_since_its_bytes_were_read_does_not_make_the_link_stale()
    {
        ProtectNow(Page);
        ProtectNow(Next);
        var versions = Versions;
        var block = Blocks.New(Page, 4094, 4, Next);
        block.Source = [1, 2, 3, 4];
        (_pages[Page].Bytes[4094], _pages[Page].Bytes[4095], _pages[Next].Bytes[0], _pages[Next].Bytes[1]) = (1, 2, 3, 4);
        _pages[Page].Version++;
        _pages[Next].Version++;
        _owner.Link("A", block, versions);
        Assert.Equal(LinkOutcome.Linked, Reply<LinkReply>("A").Outcome);
        Assert.Equal(2, _owner.Counters.SameBytes);
    }

    [Fact]
    public void A_store_into_the_second_page_s_part_makes_the_link_stale()
    {
        ProtectNow(Page);
        ProtectNow(Next);
        var versions = Versions;
        var block = Blocks.New(Page, 4094, 4, Next);
        block.Source = [0, 0, 0, 0];
        _pages[Next].Bytes[1] = 9;
        _pages[Next].Version++;
        _owner.Link("A", block, versions);
        Assert.Equal(LinkOutcome.Stale, Reply<LinkReply>("A").Outcome);
    }

    [Fact]
    public void A_store_in_flight_makes_the_link_stale()
    {
        ProtectNow(Page);
        _pages[Page].Writers = 1;
        _owner.Link("A", Blocks.New(Page, 16, 4), Versions);
        Assert.Equal(LinkOutcome.Stale, Reply<LinkReply>("A").Outcome);
    }

    [Fact]
    public void A_block_on_an_unprotected_page_is_never_linked()
    {
        _owner.Link("A", Blocks.New(Page, 16, 4), Versions);
        Assert.Equal(LinkOutcome.Stale, Reply<LinkReply>("A").Outcome);
        ProtectNow(Page);
        _owner.Link("A", Blocks.New(Page, 4094, 4, Next), Versions);
        Assert.Equal(LinkOutcome.Stale, Reply<LinkReply>("A").Outcome);
    }

    [Fact]
    public void Protection_that_came_and_went_makes_a_link_stale_even_if_it_came_again()
    {
        ProtectNow(Page);
        var versions = Versions;
        for (var i = 0; i < 3; i++) _owner.CodeWrite("B", At(100), 1);
        Assert.False(_pages[Page].Protected);
        ProtectNow(Page);
        _owner.Link("A", Blocks.New(Page, 16, 4), versions);
        Assert.Equal(LinkOutcome.Stale, Reply<LinkReply>("A").Outcome);
    }

    [Fact]
    public void A_store_kills_the_blocks_it_overlaps_on_either_page_and_no_others()
    {
        ProtectNow(Page);
        ProtectNow(Next);
        var beside = Blocks.New(Page, 4000, 8);
        var across = Blocks.New(Page, 4090, 12, Next);
        var onNext = Blocks.New(Next, 6, 4);
        foreach (var block in new[] { beside, across }) _owner.Link("A", block, Versions);
        _owner.Link("A", onNext, new PageVersions(_pages[Next].Version, 0));
        _owner.CodeWrite("B", new RamOffset(Next.Start.Value + 5), 1);
        Reply<CodeWriteReply>("B");
        Assert.True(across.IsDead);
        Assert.False(beside.IsDead || onNext.IsDead);
        Assert.Null(_blocks.Find(across.Key));
    }

    [Fact]
    public void A_block_whose_two_pages_are_one_ram_page_dies_by_a_store_to_either_end()
    {
        ProtectNow(Page);
        var block = Blocks.New(Page, 4094, 6, Page);
        _owner.Link("A", block, new PageVersions(_pages[Page].Version, _pages[Page].Version));
        Assert.Equal(LinkOutcome.Linked, Reply<LinkReply>("A").Outcome);
        _owner.CodeWrite("B", At(3), 1);
        Assert.True(block.IsDead);
    }

    [Fact]
    public void The_same_start_with_another_second_page_replaces_the_old_block()
    {
        var other = new RamPage(11);
        ProtectNow(Page);
        ProtectNow(Next);
        ProtectNow(other);
        var old = Blocks.New(Page, 4094, 4, Next);
        _owner.Link("A", old, Versions);
        Reply<LinkReply>("A");
        var fresh = Blocks.New(Page, 4094, 4, other);
        _owner.Link("A", fresh, new PageVersions(_pages[Page].Version, _pages[other].Version));
        Assert.Equal(LinkOutcome.Linked, Reply<LinkReply>("A").Outcome);
        Assert.True(old.IsDead);
    }

    [Fact]
    public void After_enough_asking_stores_a_page_gets_an_exact_map_of_its_code()
    {
        ProtectNow(Page);
        _owner.Link("A", Blocks.New(Page, 16, 4), Versions);
        Assert.Same(SmcBitmaps.Everything, _pages[Page].Bitmap);
        _owner.CodeWrite("B", At(200), 1);
        Assert.Same(SmcBitmaps.Everything, _pages[Page].Bitmap);
        _owner.CodeWrite("B", At(200), 1);
        Assert.False(SmcBitmaps.Overlaps(_pages[Page].Bitmap, 200, 1));
        Assert.True(SmcBitmaps.Overlaps(_pages[Page].Bitmap, 16, 4));
        Assert.False(SmcBitmaps.Overlaps(_pages[Page].Bitmap, 20, 1));
        _owner.Link("A", Blocks.New(Page, 32, 4), Versions);
        Assert.True(SmcBitmaps.Overlaps(_pages[Page].Bitmap, 16, 1) && SmcBitmaps.Overlaps(_pages[Page].Bitmap, 35, 1));
    }

    [Fact]
    public void A_page_keeps_its_protection_for_a_few_stores_after_its_last_block_died()
    {
        ProtectNow(Page);
        _owner.Link("A", Blocks.New(Page, 16, 4), Versions);
        _owner.CodeWrite("B", At(16), 1);
        _owner.CodeWrite("B", At(300), 1);
        Assert.True(_pages[Page].Protected);
        var version = _pages[Page].Version;
        _owner.CodeWrite("B", At(301), 1);
        Assert.False(_pages[Page].Protected || _pages[Page].HasCode);
        Assert.Null(_pages[Page].Bitmap);
        Assert.Equal(version + 1, _pages[Page].Version);
        Assert.Equal(0, _owner.CodePages);
    }

    [Fact]
    public void Dma_over_many_pages_kills_every_block_there_before_it_is_answered()
    {
        ProtectNow(Page);
        var last = new RamPage(Page.Index + 2);
        ProtectNow(last);
        var first = Blocks.New(Page, 4000, 8);
        var end = Blocks.New(last, 0, 8);
        var beyond = Blocks.New(last, 64, 8);
        _owner.Link("A", first, Versions);
        _owner.Link("A", end, default);
        _owner.Link("A", beyond, default);
        _owner.Invalidate("disk", At(4004), 4096 + 92 + 10);
        Reply<InvalidateReply>("disk");
        Assert.True(first.IsDead && end.IsDead);
        Assert.False(beyond.IsDead);
    }

    [Fact]
    public void Descriptors_of_dead_blocks_without_a_region_come_back_when_no_vcpu_can_name_them()
    {
        var owner = new CodeCoherence(new CoherenceOptions(UnprotectAfterWrites: 99, ReleaseAfterDeaths: 2), _pages, _blocks, _peers);
        owner.Protect("setup", Page);
        foreach (var offset in new[] { 0, 16, 32 }) owner.Link("A", Blocks.New(Page, offset, 4), Versions);
        _peers.Running = [1];
        owner.CodeWrite("B", At(0), 1);
        Assert.Empty(_peers.Posted);
        owner.CodeWrite("B", At(16), 1);
        Assert.Equal(3, _peers.Posted.Count(posted => posted.Request is ForgetDeadBlocks));
        Assert.Empty(_blocks.Released);
        owner.Served(_peers.LastTicket, 1);
        Assert.Equal(2, _blocks.Released.Count);
        owner.CodeWrite("B", At(32), 1);
        Assert.Equal(1, owner.Unreleased);
    }

    [Fact]
    public void A_flush_answers_after_every_running_vcpu_and_at_once_when_none_runs()
    {
        _owner.FlushTlbs("monitor", TlbFlush.All);
        Reply<FlushTlbsReply>("monitor");
        _peers.Running = [1];
        _owner.FlushTlbs("monitor", TlbFlush.Writes);
        Assert.False(_peers.HasAnswer("monitor"));
        _owner.Served(_peers.LastTicket, 1);
        Reply<FlushTlbsReply>("monitor");
    }
}

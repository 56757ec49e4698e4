using Tcg.Mttcg.Actors.Coherence;
using Tcg.Mttcg.Actors.Protocol;
using Tcg.Mttcg.Memory;
using Tcg.Mttcg.Translator.Cache;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Actors.Tests.Coherence;

/// <summary>Bytes that change so often that TBs compare them themselves.</summary>
public class CheckedBytesTests
{
    private const int KillsNeeded = 3;

    private static readonly RamPage Page = new(7);
    private readonly FakePages _pages = new(() => { });
    private readonly FakeBlocks _blocks = new();
    private readonly FakePeers _peers = new(2);
    private readonly CodeCoherence _owner;

    public CheckedBytesTests()
    {
        _owner = new CodeCoherence(new CoherenceOptions(BitmapAfterWrites: 0, UnprotectAfterWrites: 100, CheckAfterKills: KillsNeeded), _pages, _blocks, _peers);
        _owner.Protect("setup", Page);
    }

    private static RamOffset At(int offset) => new(Page.Start.Value + (ulong)offset);

    private LinkOutcome Link(TranslationBlock block)
    {
        _owner.Link("A", block, new PageVersions(_pages[Page].Version, 0));
        return Assert.IsType<LinkReply>(_peers.Take("A")).Outcome;
    }

    private void Store(int offset, int length = 4) => _owner.CodeWrite("B", At(offset), length);

    private void KillAt(int offset, int bytes, int store, int length, int times)
    {
        for (var i = 0; i < times; i++)
        {
            Assert.Equal(LinkOutcome.Linked, Link(Blocks.New(Page, offset, bytes)));
            Store(store, length);
        }
    }

    private void MakeChecked(int offset) => KillAt(offset, 8, offset, 4, KillsNeeded);

    private static TranslationBlock Checking(int offset, int bytes, int from, int length, params byte[] source)
    {
        var block = Blocks.New(Page, offset, bytes);
        block.Checks = [new CodeCheck(from, length, default)];
        block.Source = source;
        return block;
    }

    private bool Asks(int offset) => SmcBitmaps.Overlaps(_pages[Page].Bitmap, offset, 1);

    [Fact]
    public void Eight_bytes_are_checked_after_so_many_stores_that_killed_there()
    {
        KillAt(64, 16, 70, 1, KillsNeeded - 1);
        Assert.Null(_pages[Page].Checked);
        KillAt(64, 16, 70, 1, 1);
        Assert.True(SmcBitmaps.Overlaps(_pages[Page].Checked, 64, 1) && SmcBitmaps.Overlaps(_pages[Page].Checked, 71, 1));
        Assert.False(SmcBitmaps.Overlaps(_pages[Page].Checked, 63, 1) || SmcBitmaps.Overlaps(_pages[Page].Checked, 72, 8));
        Assert.Equal(1, _owner.Counters.GroupsChecked);
    }

    [Fact]
    public void Stores_that_kill_nothing_and_long_ones_do_not_count()
    {
        KillAt(64, 8, 64, 17, 10);
        for (var i = 0; i < 10; i++) Store(64);
        Assert.Null(_pages[Page].Checked);
    }

    [Fact]
    public void A_store_to_bytes_that_the_block_checks_need_not_ask_and_one_beside_them_kills()
    {
        MakeChecked(64);
        var block = Checking(60, 12, 4, 8);
        Assert.Equal(LinkOutcome.Linked, Link(block));
        Store(200);
        Assert.False(Asks(64) || Asks(71));
        Assert.True(Asks(60) && Asks(63));
        Store(64);
        Assert.False(block.IsDead);
        Store(63, 1);
        Assert.True(block.IsDead);
    }

    [Fact]
    public void A_block_made_before_keeps_all_its_bytes_guarded()
    {
        var old = Blocks.New(Page, 66, 3);
        Assert.Equal(LinkOutcome.Linked, Link(old));
        KillAt(69, 2, 69, 1, KillsNeeded);
        Assert.Equal(LinkOutcome.Linked, Link(Checking(64, 8, 0, 8)));
        Store(200);
        Assert.True(Asks(66) && Asks(68));
        Assert.False(Asks(64) || Asks(69));
        Store(67, 1);
        Assert.True(old.IsDead);
    }

    [Fact]
    public void A_block_with_new_bytes_takes_the_place_of_one_that_checks_them()
    {
        MakeChecked(64);
        var old = Checking(64, 4, 0, 4, 0, 0, 0, 0);
        Assert.Equal(LinkOutcome.Linked, Link(old));
        _pages[Page].Bytes[65] = 1;
        var fresh = Checking(64, 4, 0, 4, 0, 1, 0, 0);
        Assert.Equal(LinkOutcome.Linked, Link(fresh));
        Assert.True(old.IsDead);
        Assert.Same(fresh, _blocks.Find(fresh.Key));
        Assert.Equal(LinkOutcome.Existing, Link(Checking(64, 4, 0, 4, 0, 1, 0, 0)));
    }

    [Fact]
    public void A_block_that_checks_bytes_of_a_page_that_was_unprotected_since_is_stale()
    {
        var owner = new CodeCoherence(new CoherenceOptions(BitmapAfterWrites: 0, UnprotectAfterWrites: 2, CheckAfterKills: 1), _pages, _blocks, _peers);
        owner.Protect("C", Page);
        owner.Link("C", Blocks.New(Page, 64, 4), new PageVersions(_pages[Page].Version, 0));
        owner.CodeWrite("C", At(64), 4);
        Assert.NotNull(_pages[Page].Checked);
        owner.CodeWrite("C", At(64), 4);
        Assert.Null(_pages[Page].Checked);
        owner.Protect("C", Page);
        owner.Link("D", Checking(64, 4, 0, 4, 0, 0, 0, 0), new PageVersions(_pages[Page].Version, 0));
        Assert.Equal(LinkOutcome.Stale, Assert.IsType<LinkReply>(_peers.Take("D")).Outcome);
    }

    [Fact]
    public void A_page_whose_blocks_check_everything_is_given_up_when_stores_come_and_no_new_blocks()
    {
        MakeChecked(64);
        var block = Checking(64, 8, 0, 8);
        Assert.Equal(LinkOutcome.Linked, Link(block));
        // The map of what is guarded is made; then come the stores that ask only now and then.
        Store(300);
        Assert.False(block.IsDead);
        Store(300);
        Assert.True(block.IsDead);
    }

    [Fact]
    public void A_page_with_one_guarded_byte_is_not_given_up()
    {
        MakeChecked(64);
        var block = Checking(63, 9, 1, 8);
        Assert.Equal(LinkOutcome.Linked, Link(block));
        for (var i = 0; i < 10; i++) Store(300);
        Assert.False(block.IsDead);
    }
}

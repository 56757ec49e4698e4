using Tcg.Mttcg.Actors.Coherence;
using Tcg.Mttcg.Actors.Protocol;
using Tcg.Mttcg.Memory;
using Tcg.Mttcg.Translator.Cache;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Actors.Tests.Coherence;

/// <summary>Breakpoints and watchpoints without a flush.</summary>
public class DebugPointsTests
{
    private static readonly RamPage Page = new(7);
    private static readonly RamPage Other = new(9);
    private readonly FakePages _pages = new(() => { });
    private readonly FakeBlocks _blocks = new();
    private readonly FakePeers _peers = new(3);
    private readonly CodeCoherence _owner;

    public DebugPointsTests()
    {
        _owner = new CodeCoherence(new CoherenceOptions(), _pages, _blocks, _peers);
        foreach (var page in new[] { Page, Other }) _owner.Protect("setup", page);
    }

    private DebugPoints Newest => _peers.Posted.Select(posted => posted.Request).OfType<HeedDebugPoints>().Last().Points;

    private LinkOutcome Link(TranslationBlock block)
    {
        _owner.Link("A", block, new PageVersions(_pages[block.Page0].Version, 0));
        return ((LinkReply)_peers.Take("A")).Outcome;
    }

    private TranslationBlock Linked(RamPage page, int offset, int bytes)
    {
        var block = Blocks.New(page, offset, bytes);
        Assert.Equal(LinkOutcome.Linked, Link(block));
        return block;
    }

    [Fact]
    public void A_breakpoint_kills_the_blocks_over_its_linear_address_in_every_address_space_and_no_others()
    {
        var before = Linked(Page, 0, 16);
        var over = Linked(Page, 16, 8);
        var elsewhere = Linked(Other, 20, 4);
        var behind = Linked(Page, 24, 8);
        // The same RAM at another linear address.
        var alias = new TranslationBlock(9, new TbKey(over.Key.PhysicalPc, over.Key.Context with { Pc = 0x5010 })) { GuestBytes = 8 };
        Assert.Equal(LinkOutcome.Linked, Link(alias));
        _owner.SetBreakpoint("gdb", new GuestVirtual(23), isSet: true);
        Assert.True(over.IsDead && elsewhere.IsDead);
        Assert.False(before.IsDead || behind.IsDead || alias.IsDead);
        Assert.Equal(2, _owner.Counters.BlocksKilled);
    }

    [Fact]
    public void A_breakpoint_is_answered_when_every_running_vcpu_has_been_out_of_translated_code()
    {
        _peers.Running = [1];
        _owner.SetBreakpoint("gdb", new GuestVirtual(23), isSet: true);
        Assert.Equal([0, 1, 2], _peers.Posted.Select(posted => posted.Cpu));
        Assert.All(_peers.Posted, posted => Assert.IsAssignableFrom<ICodeRequest>(posted.Request));
        Assert.False(_peers.HasAnswer("gdb"));
        _owner.Served(_peers.LastTicket, 1);
        Assert.IsType<DebugPointsReply>(_peers.Take("gdb"));
    }

    [Fact]
    public void A_block_that_was_made_before_the_breakpoint_is_not_linked_after_it()
    {
        var block = Blocks.New(Page, 16, 8);
        _owner.SetBreakpoint("gdb", new GuestVirtual(20), isSet: true);
        Assert.Equal(LinkOutcome.Stale, Link(block));
        block.Points = Newest;
        Assert.Equal(LinkOutcome.Linked, Link(block));
    }

    [Fact]
    public void A_removed_breakpoint_takes_the_blocks_with_it_that_end_at_it()
    {
        _owner.SetBreakpoint("gdb", new GuestVirtual(20), isSet: true);
        var cut = Blocks.New(Page, 16, 4);
        var beside = Blocks.New(Page, 12, 4);
        foreach (var block in new[] { cut, beside })
        {
            block.Points = Newest;
            Assert.Equal(LinkOutcome.Linked, Link(block));
        }
        _owner.SetBreakpoint("gdb", new GuestVirtual(20), isSet: false);
        Assert.True(cut.IsDead);
        Assert.False(beside.IsDead);
        Assert.Same(DebugPoints.None, Newest);
    }

    [Fact]
    public void A_watchpoint_kills_nothing_and_keeps_breakpoints()
    {
        var block = Linked(Page, 16, 8);
        _owner.SetBreakpoint("gdb", new GuestVirtual(0x1000), isSet: true);
        var watchpoint = new Watchpoint(new GuestVirtual(18), 2, WatchKind.Write);
        _owner.SetWatchpoint("gdb", watchpoint, isSet: true);
        Assert.False(block.IsDead);
        Assert.Equal([watchpoint], Newest.Watchpoints);
        Assert.True(Newest.IsBreakpoint(0x1000));
        _owner.SetWatchpoint("gdb", watchpoint, isSet: false);
        Assert.Empty(Newest.Watchpoints);
    }
}

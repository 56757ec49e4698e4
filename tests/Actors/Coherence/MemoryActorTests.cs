using Akka.Actor;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using Tcg.Mttcg.Actors.Coherence;
using Tcg.Mttcg.Actors.Protocol;
using Tcg.Mttcg.Actors.Settings;
using Tcg.Mttcg.Actors.Vcpu;
using Tcg.Mttcg.Memory;
using Tcg.Mttcg.Memory.Pages;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Actors.Tests.Coherence;

/// <summary>The sequences of the protocol, told by probes that stand for vCPUs.</summary>
public class MemoryActorTests : TestKit
{
    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(50);
    private static readonly RamPage Page = new(3);
    private readonly FakePages _pages = new(() => { });
    private readonly FakeBlocks _blocks = new();
    private readonly TestProbe[] _vcpus;
    private readonly VcpuStatus[] _statuses;
    private readonly IActorRef _memory;

    public MemoryActorTests() : base(MttcgSettings.Reference())
    {
        _vcpus = [.. Enumerable.Range(0, 3).Select(_ => (TestProbe)CreateTestProbe())];
        _statuses = [.. _vcpus.Select(_ => new VcpuStatus())];
        var options = new CoherenceOptions();
        var counters = new CoherenceCounters();
        var (pages, blocks) = (_pages, _blocks);
        _memory = Sys.ActorOf(Props.Create(() => new MemoryActor(options, pages, blocks, counters)).WithDispatcher(MttcgSettings.InlineDispatcher), "memory");
        _memory.Tell(new MeetVcpus([.. _vcpus.Select((vcpu, i) => new VcpuPeer(vcpu.Ref, _statuses[i]))]));
    }

    private TestProbe A => _vcpus[0];
    private TestProbe B => _vcpus[1];
    private TestProbe C => _vcpus[2];

    private PageVersions Versions => new(_pages[Page].Version, 0);

    private void Protect(TestProbe asker)
    {
        asker.Send(_memory, new Protect(Page));
        asker.ExpectMsg<ProtectReply>(Wait);
    }

    [Fact]
    public void A_translates_a_page_that_C_has_written_B_sleeps_A_waits_for_C_alone()
    {
        _pages[Page].FastWriters = PageWriters.Any;
        _statuses[0].Publish(Quiescence.Access);
        _statuses[1].Publish(Quiescence.Code);
        A.Send(_memory, new Protect(Page));
        // A itself has its own TLB to edit, before it goes on.
        A.ExpectMsg<RevokeWrite>(Wait);
        B.ExpectMsg<RevokeWrite>(Wait);
        var ticket = C.ExpectMsg<RevokeWrite>(Wait).Ticket;
        A.ExpectNoMsg(Soon);
        C.Send(_memory, new RequestServed(ticket, 2));
        A.ExpectMsg<ProtectReply>(Wait);
    }

    [Fact]
    public void A_and_B_translate_the_same_place_and_both_run_the_same_block()
    {
        Protect(A);
        Protect(B);
        var mine = Blocks.New(Page, 0, 8, id: 1);
        A.Send(_memory, new Link(mine, Versions));
        Assert.Equal(LinkOutcome.Linked, A.ExpectMsg<LinkReply>(Wait).Outcome);
        B.Send(_memory, new Link(Blocks.New(Page, 0, 8, id: 2), Versions));
        Assert.Same(mine, B.ExpectMsg<LinkReply>(Wait).Existing);
    }

    [Fact]
    public void C_stores_between_A_s_reading_and_its_link_so_A_translates_again()
    {
        Protect(A);
        var versions = Versions;
        _pages[Page].Writers++;
        C.Send(_memory, new CodeWrite(Page.Start, 4));
        C.ExpectMsg<CodeWriteReply>(Wait);
        A.Send(_memory, new Link(Blocks.New(Page, 0, 8), versions));
        Assert.Equal(LinkOutcome.Stale, A.ExpectMsg<LinkReply>(Wait).Outcome);
        _pages[Page].Version++;
        _pages[Page].Writers--;
        A.Send(_memory, new Link(Blocks.New(Page, 0, 8), versions));
        Assert.Equal(LinkOutcome.Stale, A.ExpectMsg<LinkReply>(Wait).Outcome);
        A.Send(_memory, new Link(Blocks.New(Page, 0, 8), Versions));
        Assert.Equal(LinkOutcome.Linked, A.ExpectMsg<LinkReply>(Wait).Outcome);
    }

    [Fact]
    public void A_s_block_is_dead_when_C_s_code_write_is_answered()
    {
        Protect(A);
        var block = Blocks.New(Page, 0, 8);
        A.Send(_memory, new Link(block, Versions));
        A.ExpectMsg<LinkReply>(Wait);
        C.Send(_memory, new CodeWrite(new RamOffset(Page.Start.Value + 7), 1));
        C.ExpectMsg<CodeWriteReply>(Wait);
        Assert.True(block.IsDead);
    }

    [Fact]
    public void The_disk_s_copy_has_killed_every_block_under_it_when_it_is_answered_whatever_vcpus_do()
    {
        Protect(A);
        var block = Blocks.New(Page, 0, 8);
        A.Send(_memory, new Link(block, Versions));
        A.ExpectMsg<LinkReply>(Wait);
        var answer = _memory.Ask<InvalidateReply>(new Invalidate(new RamOffset(0), 64 << 12), Wait);
        Assert.True(answer.Wait(Wait));
        Assert.True(block.IsDead);
    }

    [Fact]
    public void A_remap_is_done_when_every_vcpu_that_ran_has_flushed()
    {
        _statuses[1].Publish(Quiescence.Code);
        var monitor = CreateTestProbe();
        monitor.Send(_memory, new FlushTlbs(TlbFlush.All));
        var ticket = A.ExpectMsg<FlushTlb>(Wait).Ticket;
        A.Send(_memory, new RequestServed(ticket, 0));
        monitor.ExpectNoMsg(Soon);
        C.Send(_memory, new RequestServed(ticket, 2));
        monitor.ExpectMsg<FlushTlbsReply>(Wait);
    }
}

using Akka.Actor;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using Tcg.Mttcg.Actors.Coherence;
using Tcg.Mttcg.Actors.Protocol;
using Tcg.Mttcg.Actors.Regions;
using Tcg.Mttcg.Actors.Settings;
using Tcg.Mttcg.Actors.Tests.Coherence;
using Tcg.Mttcg.Actors.Vcpu;
using Tcg.Mttcg.Memory;
using Tcg.Mttcg.Translator.Cache;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Actors.Tests.Regions;

/// <summary>The retirement of a region as both owners do it together, told by probes that stand for vCPUs.</summary>
public unsafe class RetirementTests : TestKit
{
    private const int BlocksInRegion = 5;
    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(50);
    private static readonly RamPage Page = new(3);
    private readonly TestProbe[] _vcpus;
    private readonly VcpuStatus[] _statuses;
    private readonly CodeRegion[] _regions = [.. Enumerable.Range(0, 4).Select(i => new CodeRegion(i, null, null, 65536, 60000))];
    private readonly List<TranslationBlock> _blocks = [];
    private readonly IActorRef _memory, _cache;
    private int _reused;

    public RetirementTests() : base(MttcgSettings.Reference())
    {
        _vcpus = [.. Enumerable.Range(0, 3).Select(_ => (TestProbe)CreateTestProbe())];
        _statuses = [.. _vcpus.Select(_ => new VcpuStatus())];
        ICodePages pages = new FakePages(() => { });
        ICodeBlocks table = new FakeBlocks();
        var coherence = new CoherenceOptions();
        var counters = new CoherenceCounters();
        var memory = Sys.ActorOf(Props.Create(() => new MemoryActor(coherence, pages, table, counters)).WithDispatcher(MttcgSettings.InlineDispatcher), "memory");
        IReadOnlyList<CodeRegion> regions = _regions;
        var options = new RegionOptions(BlocksPerMessage: 2);
        Action<CodeRegion> reuse = _ => Interlocked.Increment(ref _reused);
        var retirements = new RegionCounters();
        _cache = Sys.ActorOf(Props.Create(() => new CodeCacheActor(regions, options, memory, reuse, retirements)).WithDispatcher(MttcgSettings.InlineDispatcher), "code-cache");
        _memory = memory;
        var meet = new MeetVcpus([.. _vcpus.Select((vcpu, i) => new VcpuPeer(vcpu.Ref, _statuses[i]))]);
        _memory.Tell(meet);
        _cache.Tell(meet);
    }

    private TestProbe A => _vcpus[0];
    private TestProbe B => _vcpus[1];
    private TestProbe C => _vcpus[2];

    private CodeRegion Next(TestProbe vcpu, CodeRegion? full = null)
    {
        vcpu.Send(_cache, new NextRegion(full));
        return vcpu.ExpectMsg<NextRegionReply>(Wait).Region;
    }

    // A has filled all regions but the others' and wants one more. Its first is full of linked TBs.
    private void Fill()
    {
        var first = Next(A);
        A.Send(_memory, new Protect(Page));
        A.ExpectMsg<ProtectReply>(Wait);
        for (var i = 0; i < BlocksInRegion; i++)
        {
            var block = Blocks.New(Page, i * 16, 8, id: i);
            block.Region = first;
            first.Append(block);
            _blocks.Add(block);
            A.Send(_memory, new Link(block, default));
            Assert.Equal(LinkOutcome.Linked, A.ExpectMsg<LinkReply>(Wait).Outcome);
        }
        var second = Next(A, first);
        Next(B);
        Next(C);
        _statuses[0].Publish(Quiescence.Code);
        A.Send(_cache, new NextRegion(second));
    }

    [Fact]
    public void All_its_blocks_are_dead_when_the_vcpus_hear_of_it_and_only_those_that_run_are_waited_for()
    {
        _statuses[1].Publish(Quiescence.Code);
        Fill();
        var forget = C.ExpectMsg<ForgetRegion>(Wait);
        Assert.Same(_regions[0], forget.Region);
        Assert.All(_blocks, block => Assert.True(block.IsDead));
        Assert.Same(_regions[0], A.ExpectMsg<ForgetRegion>(Wait).Region);
        A.ExpectNoMsg(Soon);
        C.Send(_cache, new RequestServed(forget.Ticket, 2));
        Assert.Same(_regions[0], A.ExpectMsg<NextRegionReply>(Wait).Region);
        Assert.Equal(1, _reused);
    }

    [Fact]
    public void A_vcpu_that_is_only_access_quiescent_is_waited_for()
    {
        _statuses[1].Publish(Quiescence.Code);
        _statuses[2].Publish(Quiescence.Access);
        Fill();
        A.ExpectMsg<ForgetRegion>(Wait);
        A.ExpectNoMsg(Soon);
        Assert.Equal(0, _reused);
        C.Send(_cache, new RequestServed(C.ExpectMsg<ForgetRegion>(Wait).Ticket, 2));
        A.ExpectMsg<NextRegionReply>(Wait);
    }

    [Fact]
    public void Memory_answers_everybody_while_a_region_waits_for_the_last_vcpu()
    {
        Fill();
        A.ExpectMsg<ForgetRegion>(Wait);
        var ticket = B.ExpectMsg<ForgetRegion>(Wait).Ticket;
        B.Send(_memory, new Protect(new RamPage(9)));
        B.ExpectMsg<ProtectReply>(Wait);
        B.Send(_memory, new Link(Blocks.New(Page, 0, 8), default));
        Assert.Equal(LinkOutcome.Linked, B.ExpectMsg<LinkReply>(Wait).Outcome);
        B.Send(_memory, new CodeWrite(Page.Start, 4));
        B.ExpectMsg<CodeWriteReply>(Wait);
        B.Send(_cache, new RequestServed(ticket, 1));
        A.ExpectNoMsg(Soon);
        C.Send(_cache, new RequestServed(ticket, 2));
        A.ExpectMsg<NextRegionReply>(Wait);
    }
}

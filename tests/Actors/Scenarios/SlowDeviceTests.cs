using System.Collections.Concurrent;
using Tcg.Mttcg.Actors.Tests.Coherence;
using Tcg.Mttcg.Memory;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Actors.Tests.Scenarios;

/// <summary>vCPU 1 is in a device's handler, called from translated code, and the device does not return. Such a vCPU counts as running.</summary>
public class SlowDeviceTests : ScriptedMachine
{
    private readonly ManualResetEventSlim _entered = new(), _returns = new(), _over = new();
    private readonly ConcurrentQueue<string> _order = new();

    private void Play(Action<ICodeCoherence> work)
    {
        Vcpus[1].Engine.Then(() =>
        {
            _entered.Set();
            _returns.Wait();
            _order.Enqueue("device");
            return SliceEnd.Kicked;
        });
        Vcpus[0].Engine.Then(() =>
        {
            _entered.Wait();
            work(Vcpus[0].Coherence);
            _order.Enqueue("work");
            _over.Set();
            return Vcpus[0].Engine.Spin();
        });
        Start();
    }

    protected override void AfterAll()
    {
        _returns.Set();
        base.AfterAll();
    }

    [Fact]
    public void Translating_linking_and_overwriting_code_do_not_wait_for_it()
    {
        var page = new RamPage(9);
        Assert.True(Pages[page].FastWriters.IsNone);
        Play(coherence =>
        {
            coherence.Protect(page);
            Assert.Equal(LinkOutcome.Linked, coherence.Link(Blocks.New(page, 0, 8), Versions(page), out _));
            coherence.CodeWrite(page.Start, 4);
            coherence.NextRegion(null);
        });
        Assert.True(_over.Wait(Wait));
        Assert.Equal(["work"], _order);
    }

    [Fact]
    public void A_region_is_not_reused_while_it_will_return_into_the_code_buffer()
    {
        Play(coherence =>
        {
            var region = coherence.NextRegion(null);
            for (var i = 0; i < Regions; i++) region = coherence.NextRegion(region);
        });
        ReturnWhenKicked();
        Assert.Contains("forget 0", Vcpus[1].Engine.Done);
    }

    [Fact]
    public void The_right_to_store_is_not_taken_from_under_it()
    {
        Play(coherence => coherence.Protect(Page));
        ReturnWhenKicked();
        Assert.Contains("revoke 5", Vcpus[1].Engine.Done);
    }

    // Whoever kicked it has posted its request, and waits.
    private void ReturnWhenKicked()
    {
        AwaitCondition(() => Vcpus[1].Door.ExitRequested, Wait, TimeSpan.FromMilliseconds(1));
        Assert.Empty(_order);
        _returns.Set();
        Assert.True(_over.Wait(Wait));
        Assert.Equal(["device", "work"], _order);
    }
}

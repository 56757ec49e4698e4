using Tcg.Mttcg.Actors.Life;
using Tcg.Mttcg.Actors.Tests.Coherence;
using Tcg.Mttcg.Actors.Vcpu;
using Tcg.Mttcg.Memory;
using Tcg.Mttcg.Translator.Cache;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Actors.Tests.Scenarios;

/// <summary>An owner fails half-way through its work: what it was asked for does not happen, and the machine ends in order.</summary>
public class OwnerFailureTests : ScriptedMachine
{
    private static readonly IOException Cause = new("the lists are broken");
    private readonly TranslationBlock[] _blocks = [.. new[] { 0, 8, 16 }.Select(offset => Blocks.New(Page, offset, 8))];

    private void AssertEndedBy(string name)
    {
        var result = AwaitEnd();
        Assert.Equal((ExitReason.Failed, Cause), (result.Reason, result.Failure));
        Assert.StartsWith($"{name} failed", result.Diagnosis);
        Assert.True(result.IsClean, "somebody still waits");
    }

    // Three TBs; the memory actor fails when it has killed two of them.
    private void Translate(VcpuCoherence coherence)
    {
        coherence.Protect(Page);
        foreach (var block in _blocks) Assert.Equal(LinkOutcome.Linked, coherence.Link(block, Versions(Page), out _));
        var killed = 0;
        Table.Killed = _ =>
        {
            if (++killed == 2) throw Cause;
        };
    }

    [Fact]
    public void Memory_fails_in_the_middle_of_a_code_write_so_the_store_never_becomes_visible()
    {
        Vcpus[0].Engine.Then(() =>
        {
            Translate(Vcpus[0].Coherence);
            Vcpus[0].Coherence.CodeWrite(Page.Start, 24);
            Pages[Page].Bytes[0] = 1;
            return SliceEnd.Kicked;
        });
        Start();
        AssertEndedBy("memory");
        // One TB lives on, and it is true to its bytes.
        Assert.Equal(1, _blocks.Count(block => !block.IsDead));
        Assert.Equal(0, Pages[Page].Bytes[0]);
    }

    [Fact]
    public async Task Memory_fails_in_the_middle_of_a_disk_s_invalidation_so_its_completion_is_never_told()
    {
        using var linked = new ManualResetEventSlim();
        Vcpus[0].Engine.Then(() =>
        {
            Translate(Vcpus[0].Coherence);
            linked.Set();
            return Vcpus[0].Engine.Spin();
        });
        Start();
        Assert.True(linked.Wait(Wait));
        var interrupted = false;
        await Assert.ThrowsAsync<MachineStoppingException>(() => Task.Run(() =>
        {
            Pages[Page].Bytes[0] = 1;
            Dma.Invalidate(Page.Start, 24);
            interrupted = true;
        }).WaitAsync(Wait));
        AssertEndedBy("memory");
        Assert.False(interrupted);
    }

    [Fact]
    public void Memory_fails_between_publishing_a_bitmap_and_the_look_at_versions_so_the_block_is_never_found()
    {
        var block = _blocks[0];
        Vcpus[0].Engine.Then(() =>
        {
            Vcpus[0].Coherence.Protect(Page);
            BeforePageAccess = () => throw Cause;
            Vcpus[0].Coherence.Link(block, Versions(Page), out _);
            Vcpus[0].Engine.Done.Enqueue("runs it");
            return SliceEnd.Kicked;
        });
        Start();
        AssertEndedBy("memory");
        Assert.Null(Table.Find(block.Key));
        Assert.DoesNotContain("runs it", Vcpus[0].Engine.Done);
    }

    [Fact]
    public void The_code_cache_fails_when_it_reuses_a_region_so_nobody_gets_it()
    {
        BeforeReuse = _ => throw Cause;
        Vcpus[0].Engine.Then(() =>
        {
            var region = Vcpus[0].Coherence.NextRegion(null);
            for (var i = 0; i < Regions; i++) region = Vcpus[0].Coherence.NextRegion(region);
            Vcpus[0].Engine.Done.Enqueue("overwrites code");
            return SliceEnd.Kicked;
        });
        Start();
        AssertEndedBy("code-cache");
        Assert.DoesNotContain("overwrites code", Vcpus[0].Engine.Done);
    }
}

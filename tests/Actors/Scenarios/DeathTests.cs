using Akka.Actor;
using Tcg.Mttcg.Actors.Life;
using Tcg.Mttcg.Actors.Protocol;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Actors.Tests.Scenarios;

/// <summary>A vCPU is gone before it has done what others wait for: nobody hangs, nothing that needed its answer happens, and the result names it.</summary>
public class DeathTests : ScriptedMachine
{
    private static readonly InvalidOperationException Cause = new("its page table is torn");

    // Runs until it is kicked and then dies, with the request that kicked it unserved.
    private void DiesWhenKicked(int cpu) => Vcpus[cpu].Engine.Then(() =>
    {
        UntilWanted(cpu);
        throw Cause;
    });

    private void AssertEndedBy(string name)
    {
        var result = AwaitEnd();
        Assert.Equal((ExitReason.Failed, Cause), (result.Reason, result.Failure));
        Assert.StartsWith($"{name} failed", result.Diagnosis);
        Assert.Contains("registers of all", result.Diagnosis);
        Assert.True(result.IsClean, "somebody still waits");
    }

    [Fact]
    public void It_leaves_a_revocation_unanswered_so_the_page_never_counts_as_protected()
    {
        Vcpus[0].Engine.Then(() =>
        {
            // Until vCPU 1 runs, it need not be waited for.
            AwaitRun(1);
            Vcpus[0].Coherence.Protect(Page);
            Vcpus[0].Engine.Done.Enqueue("read the bytes");
            return SliceEnd.Kicked;
        });
        DiesWhenKicked(1);
        Start();
        AssertEndedBy("vcpu-1");
        Assert.False(Pages[Page].Protected);
        Assert.DoesNotContain("read the bytes", Vcpus[0].Engine.Done);
    }

    [Fact]
    public void It_tells_of_its_failure_itself_so_whoever_waits_for_its_answer_still_gets_it()
    {
        Vcpus[0].Engine.Then(() =>
        {
            AwaitRun(1);
            Vcpus[0].Coherence.Protect(Page);
            Vcpus[0].Engine.Done.Enqueue("protected");
            return Vcpus[0].Engine.Spin();
        });
        Vcpus[1].Engine.Failure = Cause;
        Vcpus[1].Engine.Then(() =>
        {
            UntilWanted(1);
            return SliceEnd.Failure;
        });
        Start();
        AssertEndedBy("vCPU 1");
        Assert.Contains("revoke 5", Vcpus[1].Engine.Done);
        Assert.Contains("protected", Vcpus[0].Engine.Done);
    }

    [Fact]
    public void It_never_forgets_a_region_so_the_region_is_not_reused()
    {
        var reused = 0;
        BeforeReuse = _ => reused++;
        Vcpus[0].Engine.Then(() =>
        {
            AwaitRun(1);
            var coherence = Vcpus[0].Coherence;
            var region = coherence.NextRegion(null);
            for (var i = 0; i < Regions; i++) region = coherence.NextRegion(region);
            Vcpus[0].Engine.Done.Enqueue("overwrites code");
            return SliceEnd.Kicked;
        });
        DiesWhenKicked(1);
        Start();
        AssertEndedBy("vcpu-1");
        Assert.Equal(0, reused);
        Assert.DoesNotContain("overwrites code", Vcpus[0].Engine.Done);
    }

    [Fact]
    public void It_never_stands_still_so_safe_work_is_refused()
    {
        Vcpus[1].Engine.Then(() =>
        {
            Vcpus[1].Engine.Done.Enqueue("runs");
            UntilWanted(1);
            throw Cause;
        });
        Start();
        AwaitRun(1);
        var worked = false;
        var answer = Machine.Ask<RunAloneReply>(new RunAlone(() => worked = true), Wait);
        AssertEndedBy("vcpu-1");
        Assert.NotNull(answer.Result.Failure);
        Assert.False(worked);
    }

    [Fact]
    public void It_dies_alone_in_its_exclusive_instruction()
    {
        Vcpus[1].Engine.OnExclusive = () => throw Cause;
        Vcpus[1].Engine.Then(SliceEnd.Exclusive);
        Vcpus[2].Engine.Then(SliceEnd.Exclusive);
        Start();
        AssertEndedBy("vcpu-1");
    }

    private void AwaitRun(int cpu) => AwaitCondition(() => Volatile.Read(ref Vcpus[cpu].Engine.Runs) > 0, Wait, TimeSpan.FromMilliseconds(1));
}

using System.Diagnostics;
using Tcg.Mttcg.Actors.Vcpu;

namespace Tcg.Mttcg.Actors.Tests.Vcpu;

public class VcpuStatusTests
{
    private static readonly TimeSpan Budget = TimeSpan.FromMilliseconds(500);

    [Fact]
    public void Code_quiescence_includes_access_quiescence_and_not_the_other_way_round()
    {
        var status = new VcpuStatus();
        Assert.False(status.IsAtLeast(Quiescence.Access));
        status.Publish(Quiescence.Access);
        Assert.True(status.IsAtLeast(Quiescence.Access));
        Assert.False(status.IsAtLeast(Quiescence.Code));
        status.Publish(Quiescence.Code);
        Assert.True(status.IsAtLeast(Quiescence.Access) && status.IsAtLeast(Quiescence.Code));
    }

    [Fact]
    public void Every_change_makes_a_new_epoch()
    {
        var status = new VcpuStatus();
        var epoch = status.Epoch;
        status.Publish(Quiescence.Code);
        status.Publish(Quiescence.Running);
        Assert.Equal(epoch + 2, status.Epoch);
        Assert.Equal(Quiescence.Running, status.Current);
    }

    [Fact]
    public void Either_the_requester_sees_the_owner_run_or_the_owner_sees_the_request()
    {
        const int Rounds = 1_000_000;
        var status = new VcpuStatus();
        var posted = new int[Rounds];
        var seenQuiescent = new bool[Rounds];
        var seenRequest = new bool[Rounds];
        var round = new[] { -1, -1 };
        status.Publish(Quiescence.Code);
        var last = Rounds;
        var clock = Stopwatch.StartNew();

        var owner = new Thread(() =>
        {
            for (var i = 0; i < Volatile.Read(ref last); i++)
            {
                Meet(round, 0, i);
                status.Publish(Quiescence.Running);
                seenRequest[i] = Volatile.Read(ref posted[i]) != 0;
                Meet(round, 0, i, second: true);
                status.Publish(Quiescence.Code);
            }
        });
        owner.Start();
        for (var i = 0; i < last; i++)
        {
            // As many rounds as a busy machine allows; the owner learns the last one before it meets for it.
            if (clock.Elapsed > Budget) last = i + 1;
            // The owner is quiescent when both pass the first meeting.
            Meet(round, 1, i);
            Volatile.Write(ref posted[i], 1);
            Interlocked.MemoryBarrier();
            seenQuiescent[i] = status.IsAtLeast(Quiescence.Code);
            Meet(round, 1, i, second: true);
        }
        owner.Join();
        for (var i = 0; i < last; i++) Assert.True(!seenQuiescent[i] || seenRequest[i], $"round {i}: not waited for, and not served");
    }

    private static void Meet(int[] round, int me, int i, bool second = false)
    {
        var mark = i * 2 + (second ? 1 : 0);
        Volatile.Write(ref round[me], mark);
        var spinner = new SpinWait();
        while (Volatile.Read(ref round[1 - me]) < mark) spinner.SpinOnce(sleep1Threshold: -1);
    }
}

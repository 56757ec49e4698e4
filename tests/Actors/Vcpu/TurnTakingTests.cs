using Tcg.Mttcg.Actors.Vcpu;

namespace Tcg.Mttcg.Actors.Tests.Vcpu;

public class TurnTakingTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private readonly TurnTaking _turns = new(TimeSpan.FromMilliseconds(1));
    private readonly VcpuDoor[] _doors = [.. Enumerable.Range(0, 3).Select(i => new VcpuDoor(i))];

    [Fact]
    public void Only_one_has_the_turn_and_it_goes_round_in_order()
    {
        Assert.True(_turns.TryTake(_doors[0]));
        Assert.True(_turns.TryTake(_doors[0]));
        Assert.False(_turns.TryTake(_doors[2]));
        Assert.False(_turns.TryTake(_doors[1]));
        _turns.Give(_doors[0]);
        Assert.False(_turns.TryTake(_doors[0]));
        Assert.False(_turns.TryTake(_doors[1]));
        Assert.True(_turns.TryTake(_doors[2]));
        _turns.Give(_doors[2]);
        Assert.False(_turns.TryTake(_doors[0]));
        Assert.True(_turns.TryTake(_doors[1]));
    }

    [Fact]
    public void Who_leaves_the_line_is_not_given_the_turn()
    {
        Assert.True(_turns.TryTake(_doors[0]));
        Assert.False(_turns.TryTake(_doors[1]));
        Assert.False(_turns.TryTake(_doors[2]));
        _turns.Give(_doors[1]);
        _turns.Give(_doors[0]);
        Assert.True(_turns.TryTake(_doors[2]));
        _turns.Give(_doors[2]);
        Assert.True(_turns.TryTake(_doors[0]));
    }

    [Fact]
    public void A_turn_that_nobody_wants_is_kept()
    {
        Assert.True(_turns.TryTake(_doors[0]));
        Assert.False(_turns.GiveIfWanted(_doors[0]));
        Assert.False(_turns.TryTake(_doors[1]));
        _turns.GiveIfOver(_doors[0]);
        Assert.True(_turns.TryTake(_doors[0]));
        Assert.True(_turns.GiveIfWanted(_doors[0]));
        Assert.True(_turns.TryTake(_doors[1]));
    }

    [Fact]
    public void Who_waits_has_a_holder_whose_time_is_over_kicked()
    {
        Assert.True(_turns.TryTake(_doors[0]));
        var waiter = Task.Factory.StartNew(() => _turns.Take(_doors[1], () => false), TaskCreationOptions.LongRunning);
        Assert.True(SpinWait.SpinUntil(() => _doors[0].ExitRequested, Limit));
        _turns.GiveIfOver(_doors[0]);
        Assert.True(waiter.Wait(Limit) && waiter.Result);
    }

    [Fact]
    public void A_kick_makes_who_waits_look_whether_to_give_up()
    {
        Assert.True(_turns.TryTake(_doors[0]));
        var givesUp = false;
        var waiter = Task.Factory.StartNew(() => _turns.Take(_doors[1], () => Volatile.Read(ref givesUp)), TaskCreationOptions.LongRunning);
        Volatile.Write(ref givesUp, true);
        _doors[1].Kick();
        Assert.True(waiter.Wait(Limit) && !waiter.Result);
        Assert.False(_turns.GiveIfWanted(_doors[0]));
    }
}

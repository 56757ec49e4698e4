using System.Diagnostics;
using Tcg.Mttcg.Actors.Mailboxes;

namespace Tcg.Mttcg.Actors.Tests.Mailboxes;

public class ParkerTests
{
    private static readonly TimeSpan Budget = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(30);

    [Fact]
    public void A_permit_given_before_the_sleep_ends_it_at_once_and_only_once()
    {
        var parker = new Parker();
        parker.Unpark();
        parker.Unpark();
        Assert.True(parker.Park(Long));
        Assert.False(parker.Park(TimeSpan.FromMilliseconds(1)));
    }

    [Fact]
    public void No_wake_up_is_lost_between_the_last_look_and_the_sleep()
    {
        const int Rounds = 100_000;
        var clock = Stopwatch.StartNew();
        var isOver = false;
        Parker ping = new(), pong = new();
        int said = 0, answered = 0;
        var other = new Thread(() =>
        {
            for (var i = 1; i <= Rounds; i++)
            {
                while (Volatile.Read(ref said) < i) Assert.True(ping.Park(Long));
                if (Volatile.Read(ref isOver)) return;
                Volatile.Write(ref answered, i);
                pong.Unpark();
            }
        });
        other.Start();
        for (var i = 1; i <= Rounds; i++)
        {
            // As many rounds as a busy machine allows.
            if (clock.Elapsed > Budget) Volatile.Write(ref isOver, true);
            Volatile.Write(ref said, i);
            ping.Unpark();
            if (isOver) break;
            while (Volatile.Read(ref answered) < i) Assert.True(pong.Park(Long), $"lost in round {i}");
        }
        other.Join();
    }
}

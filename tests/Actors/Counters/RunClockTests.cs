using System.Diagnostics;
using Tcg.Mttcg.Actors.Counters;

namespace Tcg.Mttcg.Actors.Tests.Counters;

public class RunClockTests
{
    private static readonly long Second = Stopwatch.Frequency;

    private static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);

    [Fact]
    public void Runs_add_up_and_what_lies_between_them_does_not_count()
    {
        var clock = new RunClock();
        Assert.Equal(TimeSpan.Zero, clock.At(5 * Second));
        clock.Start(10 * Second);
        Assert.Equal(Seconds(2), clock.At(12 * Second));
        clock.Stop(13 * Second);
        Assert.Equal(Seconds(3), clock.At(50 * Second));
        clock.Start(100 * Second);
        Assert.Equal(Seconds(4), clock.At(101 * Second));
        clock.Stop(102 * Second);
        Assert.Equal(Seconds(5), clock.At(1000 * Second));
    }

    [Fact]
    public void A_second_start_or_stop_changes_nothing()
    {
        var clock = new RunClock();
        clock.Start(10 * Second);
        clock.Start(11 * Second);
        clock.Stop(12 * Second);
        clock.Stop(20 * Second);
        Assert.Equal(Seconds(2), clock.At(30 * Second));
    }

    // The lowest bit of the word is not time: it must not add up.
    [Fact]
    public void A_million_runs_of_odd_length_are_right_within_two_ticks_each()
    {
        const int many = 1_000_000, length = 1001;
        var clock = new RunClock();
        long now = 12_345;
        for (var i = 0; i < many; i++)
        {
            clock.Start(now);
            clock.Stop(now + length);
            now += 3001;
        }
        var ticks = clock.At(now).TotalSeconds * Second;
        Assert.InRange(ticks, many * (length - 2.0), many * (length + 2.0));
    }
}

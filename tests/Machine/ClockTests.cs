using Tcg.Mttcg.Machine.Clocks;
using Tcg.Mttcg.Machine.Wiring;
using Tcg.Mttcg.Memory.Contracts;

namespace Tcg.Mttcg.Machine.Tests;

public sealed class ClockTests
{
    [Fact]
    public void Manual_timers_fire_in_order_each_at_its_own_time()
    {
        var clock = new ManualClock();
        var seen = new List<(string, long)>();
        clock.CreateTimer(() => seen.Add(("late", clock.Nanoseconds))).Arm(300);
        clock.CreateTimer(() => seen.Add(("early", clock.Nanoseconds))).Arm(100);
        clock.Advance(99);
        Assert.Empty(seen);
        clock.Advance(1000);
        Assert.Equal([("early", 100L), ("late", 300L)], seen);
        Assert.Equal(1099, clock.Nanoseconds);
    }

    [Fact]
    public void A_timer_that_re_arms_itself_fires_again_within_one_advance()
    {
        var clock = new ManualClock();
        int count = 0;
        IClockTimer timer = null!;
        timer = clock.CreateTimer(() =>
        {
            count++;
            timer.Arm(clock.Nanoseconds + 10);
        });
        timer.Arm(10);
        clock.Advance(100);
        Assert.Equal(10, count);
        timer.Cancel();
        clock.Advance(100);
        Assert.Equal(10, count);
    }

    [Fact]
    public void Random_arming_and_cancelling_fires_what_a_sorted_list_would()
    {
        var clock = new ManualClock();
        var random = new Random(5);
        var fired = new List<int>();
        var timers = Enumerable.Range(0, 200).Select(i => clock.CreateTimer(() => fired.Add(i))).ToArray();
        var deadlines = new long?[200];
        for (int i = 0; i < 2000; i++)
        {
            int n = random.Next(200);
            if (random.Next(3) == 0)
            {
                timers[n].Cancel();
                deadlines[n] = null;
            }
            else
            {
                // Distinct deadlines, so that the order is fully determined.
                deadlines[n] = random.Next(1_000_000) * 200L + n;
                timers[n].Arm(deadlines[n]!.Value);
            }
        }
        clock.Advance(long.MaxValue / 2);
        Assert.Equal(deadlines.Index().Where(d => d.Item is not null).OrderBy(d => d.Item).Select(d => d.Index), fired);
    }

    [Fact]
    public void The_machine_clock_fires_soon_after_the_deadline_and_never_before()
    {
        using var clock = new MachineClock();
        using var done = new ManualResetEventSlim();
        long fired = 0;
        using var timer = clock.CreateTimer(() =>
        {
            fired = clock.Nanoseconds;
            done.Set();
        });
        long deadline = clock.Nanoseconds + 2_000_000;
        timer.Arm(deadline);
        Assert.True(done.Wait(TimeSpan.FromSeconds(10)));
        Assert.True(fired >= deadline);
    }

    [Fact]
    public void An_earlier_deadline_wakes_the_sleeping_clock()
    {
        using var clock = new MachineClock();
        using var done = new ManualResetEventSlim();
        using var far = clock.CreateTimer(static () => { });
        using var near = clock.CreateTimer(done.Set);
        far.Arm(clock.Nanoseconds + 3_600_000_000_000);
        near.Arm(clock.Nanoseconds + 1_000_000);
        Assert.True(done.Wait(TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public void A_clock_can_be_disposed_from_its_own_callback_and_twice()
    {
        var clock = new MachineClock();
        using var done = new ManualResetEventSlim();
        clock.CreateTimer(() =>
        {
            clock.Dispose();
            done.Set();
        }).Arm(0);
        Assert.True(done.Wait(TimeSpan.FromSeconds(10)));
        clock.Dispose();
    }

    [Fact]
    public void A_gated_timer_drops_an_expiry_that_was_cancelled_while_it_waited()
    {
        var inner = new HeldClock();
        var gate = new Gate();
        int count = 0;
        var timer = gate.Guard(inner).CreateTimer(() => count++);
        timer.Arm(0);
        timer.Cancel();
        inner.Fire();
        Assert.Equal(0, count);
        timer.Arm(0);
        inner.Fire();
        inner.Fire();
        Assert.Equal(1, count);
    }

    [Theory]
    [InlineData(1_000_000_000ul, 123_456_789L, 123_456_789ul)]
    [InlineData(2_500_000_000ul, 1_000_000_001L, 2_500_000_002ul)]
    [InlineData(3_579_545ul, 3_600_000_000_000_000L, 3_579_545ul * 3_600_000)]
    public void The_tsc_is_the_clock_at_another_rate(ulong frequency, long nanoseconds, ulong expected)
    {
        var clock = new ManualClock();
        clock.Advance(nanoseconds);
        Assert.Equal(expected, new HostTsc(clock, frequency).Read());
    }

    /// <summary>A clock whose single timer fires when told, whatever was armed or cancelled.</summary>
    private sealed class HeldClock : IClock
    {
        private Action _expired = static () => { };

        public long Nanoseconds => 1;

        public void Fire() => _expired();

        public IClockTimer CreateTimer(Action expired)
        {
            _expired = expired;
            return new Timer();
        }

        private sealed class Timer : IClockTimer
        {
            public void Arm(long deadline) { }

            public void Cancel() { }

            public void Dispose() { }
        }
    }
}

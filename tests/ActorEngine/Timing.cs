using System.Diagnostics;
using Akka.Actor;
using Akka.TestKit;
using Akka.TestKit.Configs;
using Akka.TestKit.Xunit2;

namespace Tcg.Mttcg.ActorEngine.Tests;

/// <summary>With a clock that the test moves.</summary>
public class Timing() : TestKit(TestConfigs.TestSchedulerConfig)
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private TestScheduler Clock => (TestScheduler)Sys.Scheduler;

    private IActorRef Started(string command)
    {
        var actor = Sys.ActorOf(Props.Create(() => new Ticker(TestActor)));
        actor.Tell(command);
        ExpectMsg(command + " done");
        return actor;
    }

    [Fact]
    public void A_scheduled_message_comes_when_it_is_due()
    {
        Sys.Scheduler.ScheduleTellOnce(Second, TestActor, "due", ActorRefs.NoSender);
        Clock.Advance(Second / 2);
        ExpectNoMsg(20);
        Clock.Advance(Second / 2);
        ExpectMsg("due");
    }

    [Fact]
    public void A_cancelled_message_never_comes()
    {
        var cancelable = Sys.Scheduler.ScheduleTellOnceCancelable(Second, TestActor, "due", ActorRefs.NoSender);
        cancelable.Cancel();
        Clock.Advance(Second);
        ExpectNoMsg(20);
    }

    [Fact]
    public void A_repeated_message_comes_again_and_again()
    {
        Sys.Scheduler.ScheduleTellRepeatedly(TimeSpan.Zero, Second, TestActor, "tick", ActorRefs.NoSender);
        for (var i = 0; i < 3; i++)
        {
            Clock.Advance(Second);
            ExpectMsg("tick");
        }
    }

    [Fact]
    public void A_scheduled_action_runs()
    {
        Sys.Scheduler.Advanced.ScheduleOnce(Second, () => TestActor.Tell("ran"));
        Clock.Advance(Second);
        ExpectMsg("ran");
    }

    [Fact]
    public void A_single_timer_fires_once()
    {
        Started("single");
        Clock.Advance(Second);
        ExpectMsg("fired");
        Clock.Advance(Second);
        ExpectNoMsg(20);
    }

    [Fact]
    public void A_periodic_timer_fires_until_it_is_cancelled()
    {
        var actor = Started("periodic");
        Clock.Advance(Second);
        ExpectMsg("fired");
        Clock.Advance(Second);
        ExpectMsg("fired");
        actor.Tell("cancel");
        ExpectMsg("cancel done");
        Clock.Advance(Second);
        ExpectNoMsg(20);
    }

    [Fact]
    public void A_timer_with_the_same_key_replaces_the_first()
    {
        var actor = Started("single");
        actor.Tell("other");
        ExpectMsg("other done");
        Clock.Advance(Second);
        ExpectMsg("other fired");
        ExpectNoMsg(20);
    }

    [Fact]
    public void A_restart_ends_the_timers()
    {
        var actor = Started("periodic");
        EventFilter.Exception<InvalidOperationException>().ExpectOne(() => actor.Tell("fail"));
        actor.Tell("nothing");
        ExpectMsg("nothing done");
        Clock.Advance(Second);
        ExpectNoMsg(20);
    }

    [Fact]
    public void A_timer_that_fired_before_it_was_cancelled_is_not_seen()
    {
        using var gate = new ManualResetEventSlim();
        var actor = Sys.ActorOf(Props.Create(() => new Canceller(gate, TestActor)));
        actor.Tell("start");
        ExpectMsg("started");
        // The timer's message now waits behind the handler that will cancel it.
        Clock.Advance(Second);
        actor.Tell("last");
        gate.Set();
        ExpectMsg("last");
    }

    private sealed class Canceller : ReceiveActor, IWithTimers
    {
        public Canceller(ManualResetEventSlim gate, IActorRef probe)
        {
            Receive<string>(s => s == "start", _ =>
            {
                Timers.StartSingleTimer("key", "fired", Second);
                probe.Tell("started");
                gate.Wait();
                Timers.Cancel("key");
            });
            ReceiveAny(probe.Tell);
        }

        public ITimerScheduler Timers { get; set; } = null!;
    }

    private sealed class Ticker : ReceiveActor, IWithTimers
    {
        public Ticker(IActorRef probe) => Receive<string>(message =>
        {
            switch (message)
            {
                case "single": Timers.StartSingleTimer("key", "fired", Second); break;
                case "other": Timers.StartSingleTimer("key", "other fired", Second); break;
                case "periodic": Timers.StartPeriodicTimer("key", "fired", Second); break;
                case "cancel": Timers.Cancel("key"); break;
                case "fail": throw new InvalidOperationException("bang");
                case "fired" or "other fired": probe.Tell(message); return;
            }
            probe.Tell(message + " done");
        });

        public ITimerScheduler Timers { get; set; } = null!;
    }
}

/// <summary>With the real clock.</summary>
public class RealTime : TestKit
{
    [Fact]
    public void A_scheduled_message_is_never_early()
    {
        var watch = Stopwatch.StartNew();
        Sys.Scheduler.ScheduleTellOnce(TimeSpan.FromMilliseconds(50), TestActor, "due", ActorRefs.NoSender);
        ExpectMsg("due");
        // Clocks may differ by the grain of one.
        Assert.True(watch.ElapsedMilliseconds >= 45, $"after {watch.ElapsedMilliseconds} ms");
    }

    [Fact]
    public void An_actor_can_be_told_that_nothing_comes()
    {
        var actor = Sys.ActorOf(Props.Create(() => new Impatient(TestActor)));
        ExpectMsg("timeout");
        ExpectMsg("timeout");
        GC.KeepAlive(actor);
    }

    private sealed class Impatient : ReceiveActor
    {
        public Impatient(IActorRef probe) => Receive<ReceiveTimeout>(_ => probe.Tell("timeout"));

        protected override void PreStart() => Context.SetReceiveTimeout(TimeSpan.FromMilliseconds(20));
    }
}

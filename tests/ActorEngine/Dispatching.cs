using Akka.Actor;
using Akka.TestKit.Xunit2;

namespace Tcg.Mttcg.ActorEngine.Tests;

public class Dispatching() : TestKit(Settings.Dispatchers)
{
    [Fact]
    public void A_pinned_actor_keeps_one_thread_for_ten_thousand_messages()
    {
        var actor = Sys.ActorOf(Props.Create(() => new OneThread(TestActor)).WithDispatcher(Settings.Pinned));
        for (var i = 0; i < 10_000; i++)
        {
            actor.Tell(i);
            if (i % 1000 == 0) ExpectMsg(i);
        }
        actor.Tell("threads");
        ExpectMsg(1);
    }

    [Fact]
    public void Pinned_actors_have_threads_of_their_own()
    {
        var threads = new HashSet<Thread>();
        for (var i = 0; i < 8; i++)
        {
            Sys.ActorOf(Props.Create(() => new ThreadReporter(TestActor)).WithDispatcher(Settings.Pinned)).Tell("x");
            threads.Add(ExpectMsg<(object, Thread)>().Item2);
        }
        Assert.Equal(8, threads.Count);
        Assert.DoesNotContain(threads, t => t.IsThreadPoolThread);
    }

    [Fact]
    public void A_pinned_actor_keeps_its_thread_across_a_restart()
    {
        var actor = Sys.ActorOf(Props.Create(() => new Fragile(TestActor)).WithDispatcher(Settings.Pinned));
        actor.Tell("who");
        var before = ExpectMsg<Thread>();
        EventFilter.Exception<InvalidOperationException>().ExpectOne(() => actor.Tell("fail"));
        actor.Tell("who");
        Assert.Same(before, ExpectMsg<Thread>());
    }

    [Fact]
    public void A_pinned_actor_may_block_while_others_run()
    {
        using var gate = new ManualResetEventSlim();
        var blocked = Sys.ActorOf(Props.Create(() => new Blocker(gate, TestActor)).WithDispatcher(Settings.Pinned));
        blocked.Tell("wait");
        Sys.ActorOf(Props.Create(() => new ThreadReporter(TestActor)).WithDispatcher(Settings.Pinned)).Tell("x");
        ExpectMsg<(object, Thread)>();
        gate.Set();
        ExpectMsg("released");
    }

    [Fact]
    public void The_thread_of_a_stopped_pinned_actor_ends()
    {
        var actor = Watch(Sys.ActorOf(Props.Create(() => new ThreadReporter(TestActor)).WithDispatcher(Settings.Pinned)));
        actor.Tell("x");
        var thread = ExpectMsg<(object, Thread)>().Item2;
        Sys.Stop(actor);
        ExpectTerminated(actor);
        AwaitCondition(() => !thread.IsAlive, TimeSpan.FromSeconds(10));
    }

    [Theory, InlineData(Settings.Pinned), InlineData(Settings.OwnThreads)]
    public void Terminating_the_system_ends_its_threads(string dispatcher)
    {
        var system = ActorSystem.Create("other", Akka.Configuration.ConfigurationFactory.ParseString(Settings.Dispatchers).WithFallback(DefaultConfig));
        var threads = new List<Thread>();
        for (var i = 0; i < 4; i++)
        {
            system.ActorOf(Props.Create(() => new ThreadReporter(TestActor)).WithDispatcher(dispatcher)).Tell("x");
            threads.Add(ExpectMsg<(object, Thread)>().Item2);
        }
        Assert.True(system.Terminate().Wait(TimeSpan.FromSeconds(10)));
        AwaitCondition(() => threads.TrueForAll(t => !t.IsAlive), TimeSpan.FromSeconds(10));
    }

    [Fact]
    public void Terminating_the_system_ends_its_scheduler()
    {
        var system = ActorSystem.Create("other", DefaultConfig);
        system.Scheduler.Advanced.ScheduleOnce(TimeSpan.Zero, () => TestActor.Tell((Thread.CurrentThread, Thread.CurrentThread.IsThreadPoolThread), ActorRefs.NoSender));
        var (thread, pooled) = ExpectMsg<(Thread, bool)>();
        Assert.True(system.Terminate().Wait(TimeSpan.FromSeconds(10)));
        AwaitCondition(() => pooled || !thread.IsAlive, TimeSpan.FromSeconds(10));
    }

    [Fact]
    public void An_inline_actor_runs_on_the_thread_that_posts()
    {
        var actor = Sys.ActorOf(Props.Create(() => new ThreadReporter(TestActor)).WithDispatcher(Settings.Inline));
        actor.Tell("warm up");
        ExpectMsg<(object, Thread)>();
        for (var i = 0; i < 3; i++)
        {
            var poster = new Thread(() => actor.Tell("x", ActorRefs.NoSender));
            poster.Start();
            poster.Join();
            Assert.Same(poster, ExpectMsg<(object, Thread)>().Item2);
        }
    }

    [Fact]
    public void An_inline_actor_is_not_entered_twice()
    {
        var actor = Sys.ActorOf(Props.Create(() => new SelfTeller(TestActor)).WithDispatcher(Settings.Inline));
        actor.Tell(3);
        Assert.Equal(["enter 3", "leave 3", "enter 2", "leave 2", "enter 1", "leave 1"], ReceiveN(6));
    }

    [Fact]
    public void Two_inline_actors_can_call_back_and_forth()
    {
        var pong = Sys.ActorOf(Props.Create(() => new Bouncer(TestActor)).WithDispatcher(Settings.Inline));
        var ping = Sys.ActorOf(Props.Create(() => new Bouncer(TestActor)).WithDispatcher(Settings.Inline));
        ping.Tell(1000, pong);
        ExpectMsg("over");
    }

    [Theory, InlineData(Settings.Default), InlineData(Settings.Pinned), InlineData(Settings.Inline), InlineData(Settings.OwnThreads)]
    public void No_message_is_lost_and_no_two_run_at_once(string dispatcher)
    {
        const int Posters = 4, Each = 25_000;
        var counter = Sys.ActorOf(Props.Create(() => new Counter(Posters * Each, TestActor)).WithDispatcher(dispatcher));
        Parallel.For(0, Posters, new ParallelOptions { MaxDegreeOfParallelism = Posters }, p =>
        {
            for (var i = 0; i < Each; i++)
            {
                counter.Tell(i, ActorRefs.NoSender);
                // Let the queue run empty now and then: going idle is where wake-ups could be lost.
                if (i % (17 + p) == 0) Thread.Yield();
            }
        });
        ExpectMsg(Posters * Each, TimeSpan.FromSeconds(60));
    }

    [Theory, InlineData(Settings.Default), InlineData(Settings.Pinned), InlineData(Settings.Inline), InlineData(Settings.OwnThreads)]
    public void Every_message_to_an_idle_actor_wakes_it(string dispatcher)
    {
        var echo = Sys.ActorOf(Props.Create(() => new Echo()).WithDispatcher(dispatcher));
        for (var i = 0; i < 3000; i++)
        {
            echo.Tell(i);
            ExpectMsg(i);
        }
    }

    [Fact]
    public void An_unknown_dispatcher_is_an_error() =>
        Assert.Throws<Akka.Configuration.ConfigurationException>(() => Sys.ActorOf(Props.Create(() => new Echo()).WithDispatcher("nowhere")));

    [Fact]
    public void A_dispatcher_runs_scheduled_actions()
    {
        var thread = Thread.CurrentThread;
        Sys.Dispatchers.Lookup(Settings.Inline).Schedule(() => TestActor.Tell(Thread.CurrentThread == thread));
        ExpectMsg(true);
    }

    private sealed class OneThread : ReceiveActor
    {
        private readonly HashSet<Thread> _threads = [];

        public OneThread(IActorRef probe)
        {
            Receive<int>(i =>
            {
                _threads.Add(Thread.CurrentThread);
                if (i % 1000 == 0) probe.Tell(i);
            });
            Receive<string>(_ => probe.Tell(_threads.Count));
        }
    }

    private sealed class Fragile : ReceiveActor
    {
        public Fragile(IActorRef probe)
        {
            Receive<string>(s => s == "who", _ => probe.Tell(Thread.CurrentThread));
            ReceiveAny(_ => throw new InvalidOperationException("bang"));
        }
    }

    private sealed class Blocker(ManualResetEventSlim gate, IActorRef probe) : UntypedActor
    {
        protected override void OnReceive(object message)
        {
            gate.Wait();
            probe.Tell("released");
        }
    }

    private sealed class SelfTeller : ReceiveActor
    {
        public SelfTeller(IActorRef probe) => Receive<int>(i =>
        {
            probe.Tell($"enter {i}");
            if (i > 1) Self.Tell(i - 1);
            probe.Tell($"leave {i}");
        });
    }

    private sealed class Bouncer : ReceiveActor
    {
        public Bouncer(IActorRef probe) => Receive<int>(i =>
        {
            if (i == 0) probe.Tell("over");
            else Sender.Tell(i - 1);
        });
    }
}

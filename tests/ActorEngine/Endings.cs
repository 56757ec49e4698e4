using Akka.Actor;
using Akka.TestKit.Xunit2;

namespace Tcg.Mttcg.ActorEngine.Tests;

public class Endings : TestKit
{
    [Fact]
    public void Who_watches_learns_of_the_end()
    {
        var echo = Watch(Sys.ActorOf<Echo>());
        Sys.Stop(echo);
        ExpectTerminated(echo);
    }

    [Fact]
    public void Who_watches_the_dead_learns_at_once()
    {
        var echo = Watch(Sys.ActorOf<Echo>());
        Sys.Stop(echo);
        ExpectTerminated(echo);
        var late = CreateTestProbe();
        late.Watch(echo);
        late.ExpectTerminated(echo);
    }

    [Fact]
    public void Who_no_longer_watches_hears_nothing()
    {
        var echo = Unwatch(Watch(Sys.ActorOf<Echo>()));
        var other = CreateTestProbe();
        other.Watch(echo);
        Sys.Stop(echo);
        other.ExpectTerminated(echo);
        ExpectNoMsg(50);
    }

    [Fact]
    public void The_end_comes_after_the_last_words()
    {
        var talker = Watch(Sys.ActorOf(Props.Create(() => new Talker(TestActor))));
        talker.Tell("go");
        ReceiveN(100);
        ExpectTerminated(talker);
    }

    [Fact]
    public void A_poison_pill_waits_for_its_turn()
    {
        var echo = Watch(Sys.ActorOf<Echo>());
        echo.Tell("before");
        echo.Tell(PoisonPill.Instance);
        echo.Tell("after");
        ExpectMsg("before");
        ExpectTerminated(echo);
        ExpectNoMsg(50);
    }

    [Fact]
    public void Children_end_before_their_parent()
    {
        var family = Sys.ActorOf(Props.Create(() => new Family(TestActor, 2)), "0");
        Watch(family);
        ExpectMsg("started 0");
        ExpectMsg("started 1");
        ExpectMsg("started 2");
        Sys.Stop(family);
        ExpectMsg("stopped 2");
        ExpectMsg("stopped 1");
        ExpectMsg("stopped 0");
        ExpectTerminated(family);
    }

    [Fact]
    public void A_watcher_that_does_not_handle_the_end_dies_of_it()
    {
        var watcher = Watch(Sys.ActorOf<Mourner>());
        EventFilter.Exception<DeathPactException>().ExpectOne(() => watcher.Tell("start"));
        ExpectTerminated(watcher);
    }

    [Fact]
    public void An_end_can_be_told_in_ones_own_words()
    {
        var watcher = Sys.ActorOf(Props.Create(() => new Notifier(TestActor)));
        watcher.Tell("start");
        ExpectMsg("it is over");
    }

    [Fact]
    public void A_name_is_free_again_after_the_end()
    {
        Sys.ActorOf(Props.Create(() => new Phoenix(20, TestActor))).Tell("start");
        ExpectMsg("twenty lives");
    }

    [Fact]
    public void Two_siblings_cannot_have_one_name()
    {
        Sys.ActorOf<Echo>("one");
        Assert.Throws<InvalidActorNameException>(() => Sys.ActorOf<Echo>("one"));
        Assert.Throws<InvalidActorNameException>(() => Sys.ActorOf<Echo>("not/valid"));
    }

    [Fact]
    public async Task A_terminated_system_has_stopped_all_actors()
    {
        var system = ActorSystem.Create("other", DefaultConfig);
        var family = system.ActorOf(Props.Create(() => new Family(TestActor, 1)), "0");
        ReceiveN(2);
        await system.Terminate().WaitAsync(TimeSpan.FromSeconds(10));
        Assert.True(system.WhenTerminated.IsCompletedSuccessfully);
        ExpectMsg("stopped 1");
        ExpectMsg("stopped 0");
        Assert.Throws<InvalidOperationException>(() => system.ActorOf<Echo>());
        GC.KeepAlive(family);
    }

    [Fact]
    public async Task Terminating_twice_is_fine()
    {
        var system = ActorSystem.Create("other", DefaultConfig);
        await Task.WhenAll(system.Terminate(), system.Terminate()).WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task A_system_ends_even_while_others_create_actors()
    {
        for (var round = 0; round < 5; round++)
        {
            var system = ActorSystem.Create("other", DefaultConfig);
            var creators = Enumerable.Range(0, 2).Select(_ => Task.Run(() =>
            {
                try
                {
                    while (true) system.ActorOf<Echo>();
                }
                catch (InvalidOperationException)
                {
                    // The system takes no more.
                }
            })).ToArray();
            await system.Terminate().WaitAsync(TimeSpan.FromSeconds(30));
            await Task.WhenAll(creators).WaitAsync(TimeSpan.FromSeconds(30));
        }
    }

    private sealed class Talker(IActorRef probe) : UntypedActor
    {
        protected override void OnReceive(object message)
        {
            for (var i = 0; i < 100; i++) probe.Tell(i);
            Context.Stop(Self);
        }
    }

    private sealed class Family(IActorRef probe, int more) : UntypedActor
    {
        protected override void PreStart()
        {
            probe.Tell($"started {Self.Path.Name}");
            var name = (int.Parse(Self.Path.Name) + 1).ToString();
            if (more > 0) Context.ActorOf(Props.Create(() => new Family(probe, more - 1)), name);
        }

        protected override void PostStop() => probe.Tell($"stopped {Self.Path.Name}");

        protected override void OnReceive(object message) { }
    }

    private sealed class Phoenix(int lives, IActorRef probe) : UntypedActor
    {
        private int _left = lives;

        protected override void OnReceive(object message)
        {
            if (_left-- == 0) probe.Tell("twenty lives");
            else Context.Stop(Context.Watch(Context.ActorOf<Echo>("again")));
        }
    }

    private sealed class Mourner : ReceiveActor
    {
        public Mourner() => Receive<string>(_ =>
        {
            var child = Context.Watch(Context.ActorOf<Echo>());
            Context.Stop(child);
        });
    }

    private sealed class Notifier : ReceiveActor
    {
        public Notifier(IActorRef probe)
        {
            Receive<string>(s => s == "start", _ =>
            {
                var child = Context.WatchWith(Context.ActorOf<Echo>(), "it is over");
                Context.Stop(child);
            });
            ReceiveAny(m => probe.Tell(m));
        }
    }
}

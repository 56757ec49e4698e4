using Akka.Actor;
using Akka.TestKit.Xunit2;

namespace Tcg.Mttcg.ActorEngine.Tests;

public class Supervision : TestKit
{
    private (IActorRef Boss, IActorRef Worker) Start(Directive directive, int retries = -1)
    {
        var boss = Sys.ActorOf(Props.Create(() => new Boss(directive, retries, TestActor)), "boss");
        boss.Tell("hire");
        return (boss, ExpectMsg<IActorRef>());
    }

    private void Fail(IActorRef worker) => worker.Tell("fail");

    [Fact]
    public void A_resumed_child_keeps_its_state()
    {
        var (_, worker) = Start(Directive.Resume);
        worker.Tell(5);
        EventFilter.Warning("bang").ExpectOne(() => Fail(worker));
        worker.Tell("sum");
        ExpectMsg(5);
    }

    [Fact]
    public void A_restarted_child_is_new_behind_the_same_handle()
    {
        var (_, worker) = Start(Directive.Restart);
        worker.Tell(5);
        EventFilter.Exception<InvalidOperationException>("bang").ExpectOne(() => Fail(worker));
        worker.Tell("sum");
        ExpectMsg("pre-restart fail");
        ExpectMsg("post-stop");
        ExpectMsg("post-restart bang");
        ExpectMsg("pre-start");
        ExpectMsg(0);
    }

    [Fact]
    public void Messages_behind_the_failed_one_reach_the_new_instance()
    {
        var (_, worker) = Start(Directive.Restart);
        IgnoreMessages<string>();
        EventFilter.Exception<InvalidOperationException>().ExpectOne(() =>
        {
            Fail(worker);
            worker.Tell(3);
            worker.Tell("sum");
        });
        ExpectMsg(3);
    }

    [Fact]
    public void A_stopped_child_is_gone()
    {
        var (_, worker) = Start(Directive.Stop);
        Watch(worker);
        EventFilter.Exception<InvalidOperationException>().ExpectOne(() => Fail(worker));
        ExpectMsg("post-stop");
        ExpectTerminated(worker);
    }

    [Fact]
    public void An_escalated_failure_is_the_parents_own()
    {
        var (boss, worker) = Start(Directive.Escalate);
        var watcher = CreateTestProbe();
        watcher.Watch(worker);
        EventFilter.Exception<InvalidOperationException>("bang", source: boss.Path.ToString()).ExpectOne(() => Fail(worker));
        ExpectMsgAllOf("post-stop", "boss restarted");
        // The parent's restart stopped the child.
        watcher.ExpectTerminated(worker);
    }

    [Fact]
    public void Too_many_restarts_end_the_child()
    {
        var (_, worker) = Start(Directive.Restart, retries: 2);
        Watch(worker);
        IgnoreMessages<string>();
        EventFilter.Exception<InvalidOperationException>().Expect(3, () =>
        {
            for (var i = 0; i < 3; i++) Fail(worker);
        });
        ExpectTerminated(worker);
    }

    [Fact]
    public void A_child_that_cannot_be_constructed_is_stopped()
    {
        var broken = Sys.ActorOf(Props.Create(() => new Starter(TestActor)));
        EventFilter.Exception<ActorInitializationException>().ExpectOne(() => broken.Tell("start"));
        ExpectMsg("child ended");
    }

    [Fact]
    public void A_killed_child_is_stopped_by_default()
    {
        var echo = Watch(Sys.ActorOf<Echo>());
        EventFilter.Exception<ActorKilledException>().ExpectOne(() => echo.Tell(Kill.Instance));
        ExpectTerminated(echo);
    }

    [Fact]
    public void Siblings_are_left_alone()
    {
        var (boss, worker) = Start(Directive.Restart);
        boss.Tell("hire");
        var sibling = ExpectMsg<IActorRef>();
        sibling.Tell(7);
        IgnoreMessages<string>();
        EventFilter.Exception<InvalidOperationException>().ExpectOne(() => Fail(worker));
        sibling.Tell("sum");
        ExpectMsg(7);
    }

    [Fact]
    public void Props_can_bring_a_strategy()
    {
        var parent = Sys.ActorOf(Props.Create(() => new Starter(TestActor)).WithSupervisorStrategy(new OneForOneStrategy(_ => Directive.Stop)));
        parent.Tell("worker");
        var worker = ExpectMsg<IActorRef>();
        EventFilter.Exception<InvalidOperationException>().ExpectOne(() => Fail(worker));
        ExpectMsg("post-stop");
    }

    [Fact]
    public void A_child_that_fails_while_it_restarts_is_decided_upon_again()
    {
        var boss = Sys.ActorOf(Props.Create(() => new Nurse(TestActor)));
        boss.Tell(Props.Create(() => new Weakling(new Tries(), TestActor)));
        var child = ExpectMsg<IActorRef>();
        EventFilter.Exception<Exception>().Mute(() =>
        {
            Fail(child);
            child.Tell("how");
            ExpectMsg("built at try 4");
        });
    }

    [Fact]
    public void A_restart_waits_for_the_end_of_the_children()
    {
        using var gate = new ManualResetEventSlim();
        var boss = Sys.ActorOf(Props.Create(() => new Nurse(TestActor)));
        boss.Tell(Props.Create(() => new Clinging(gate, TestActor)));
        var child = ExpectMsg<IActorRef>();
        EventFilter.Exception<InvalidOperationException>().ExpectOne(() => Fail(child));
        child.Tell("after");
        ExpectMsg("grandchild ends");
        ExpectNoMsg(50);
        gate.Set();
        ExpectMsg("restarted");
        ExpectMsg("after");
    }

    private sealed class Tries
    {
        public int Count { get; set; }
    }

    /// <summary>Restarts whatever fails, also in its constructor.</summary>
    private sealed class Nurse(IActorRef probe) : UntypedActor
    {
        protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(_ => Directive.Restart);

        protected override void OnReceive(object message) => probe.Tell(Context.ActorOf((Props)message));
    }

    private sealed class Weakling : UntypedActor
    {
        private readonly Tries _tries;
        private readonly IActorRef _probe;

        public Weakling(Tries tries, IActorRef probe)
        {
            (_tries, _probe) = (tries, probe);
            if (++tries.Count is 2 or 3) throw new InvalidOperationException("too weak");
        }

        protected override void OnReceive(object message)
        {
            if (message is "fail") throw new InvalidOperationException("bang");
            _probe.Tell($"built at try {_tries.Count}");
        }
    }

    private sealed class Clinging(ManualResetEventSlim gate, IActorRef probe) : UntypedActor
    {
        protected override void PreStart() => Context.ActorOf(Props.Create(() => new Grandchild(gate, probe)).WithDispatcher("akka.actor.default-blocking-io-dispatcher"));

        protected override void PostRestart(Exception reason) => probe.Tell("restarted");

        protected override void OnReceive(object message)
        {
            if (message is "fail") throw new InvalidOperationException("bang");
            probe.Tell(message);
        }
    }

    private sealed class Grandchild(ManualResetEventSlim gate, IActorRef probe) : UntypedActor
    {
        protected override void PostStop()
        {
            probe.Tell("grandchild ends");
            gate.Wait();
        }

        protected override void OnReceive(object message) { }
    }

    private sealed class Boss(Directive directive, int retries, IActorRef probe) : UntypedActor
    {
        protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(retries, 60_000, _ => directive);

        protected override void PostRestart(Exception reason) => probe.Tell("boss restarted");

        protected override void OnReceive(object message) => probe.Tell(Context.ActorOf(Props.Create(() => new Worker(probe))));
    }

    private sealed class Worker : ReceiveActor
    {
        private readonly IActorRef _probe;
        private int _sum;
        private bool _restarted;

        public Worker(IActorRef probe)
        {
            _probe = probe;
            Receive<int>(i => _sum += i);
            Receive<string>(s => s == "sum", _ => Sender.Tell(_sum));
            Receive<string>(s => s == "fail", _ => throw new InvalidOperationException("bang"));
        }

        protected override void PreStart()
        {
            if (_restarted) _probe.Tell("pre-start");
        }

        protected override void PostStop() => _probe.Tell("post-stop");

        protected override void PreRestart(Exception reason, object message)
        {
            _probe.Tell($"pre-restart {message}");
            base.PreRestart(reason, message);
        }

        protected override void PostRestart(Exception reason)
        {
            _restarted = true;
            _probe.Tell($"post-restart {reason.Message}");
            base.PostRestart(reason);
        }
    }

    private sealed class Unbuildable : UntypedActor
    {
        public Unbuildable() => throw new InvalidOperationException("cannot");

        protected override void OnReceive(object message) { }
    }

    private sealed class Starter(IActorRef probe) : UntypedActor
    {
        protected override void OnReceive(object message)
        {
            switch (message)
            {
                case "start": Context.Watch(Context.ActorOf<Unbuildable>()); break;
                case "worker": probe.Tell(Context.ActorOf(Props.Create(() => new Worker(probe)))); break;
                case Terminated: probe.Tell("child ended"); break;
            }
        }
    }
}

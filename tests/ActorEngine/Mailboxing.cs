using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Configuration;
using Akka.Dispatch;
using Akka.Dispatch.MessageQueues;
using Akka.TestKit.Xunit2;

namespace Tcg.Mttcg.ActorEngine.Tests;

public class Mailboxing() : TestKit(Sections)
{
    private const string Sections = """
        doorbell { mailbox-type = "Tcg.Mttcg.ActorEngine.Tests.DoorbellMailbox, Tcg.Mttcg.ActorEngine.Tests", ring = "ding" }
        with-doorbell { type = PinnedDispatcher, mailbox-type = "Tcg.Mttcg.ActorEngine.Tests.DoorbellMailbox, Tcg.Mttcg.ActorEngine.Tests", ring = "dong" }
        small { mailbox-type = "Akka.Dispatch.BoundedMailbox", mailbox-capacity = 2, mailbox-push-timeout-time = 0ms }
        akka.actor.deployment {
          "/by-path" { mailbox = doorbell }
          "/house/*" { mailbox = doorbell, dispatcher = with-doorbell }
        }
        """;

    private Doorbell Bell => Sys.WithExtension<Doorbell, DoorbellId>();

    [Fact]
    public void Props_name_a_mailbox()
    {
        Sys.ActorOf(Props.Create(() => new Echo()).WithMailbox("doorbell")).Tell("hello");
        ExpectMsg("hello");
        Assert.Contains(("ding", "hello"), Bell.Rings);
    }

    [Fact]
    public void A_dispatcher_brings_a_mailbox()
    {
        Sys.ActorOf(Props.Create(() => new Echo()).WithDispatcher("with-doorbell")).Tell("hello");
        ExpectMsg("hello");
        Assert.Contains(("dong", "hello"), Bell.Rings);
    }

    [Fact]
    public void The_deployment_of_a_path_brings_a_mailbox()
    {
        Sys.ActorOf<Echo>("by-path").Tell("hello");
        ExpectMsg("hello");
        Assert.Contains(("ding", "hello"), Bell.Rings);
    }

    [Fact]
    public void A_star_in_a_path_stands_for_any_name()
    {
        Sys.ActorOf(Props.Create(() => new House()), "house").Tell("hello");
        ExpectMsg("hello");
        Assert.Contains(("ding", "hello"), Bell.Rings);
    }

    [Fact]
    public void Enqueue_runs_on_the_thread_that_sends()
    {
        var echo = Sys.ActorOf(Props.Create(() => new Echo()).WithMailbox("doorbell"));
        // What is told to an actor that is only being made is enqueued once it is, by whoever makes it.
        echo.Tell("made", TestActor);
        ExpectMsg("made");
        var sender = new Thread(() => echo.Tell("hello", TestActor));
        sender.Start();
        ExpectMsg("hello");
        Assert.Contains(sender, Bell.Threads);
    }

    [Fact]
    public void An_extension_can_hand_a_queue_to_an_actor()
    {
        Bell.Prepared = new DoorbellQueue(Bell, "mine");
        Sys.ActorOf(Props.Create(() => new Echo()).WithMailbox("doorbell")).Tell("hello");
        ExpectMsg("hello");
        Assert.Contains(("mine", "hello"), Bell.Rings);
    }

    [Fact]
    public void The_owner_may_drain_its_queue_itself_while_it_runs()
    {
        Bell.Prepared = new DoorbellQueue(Bell, "mine");
        var queue = Bell.Prepared;
        var drainer = Sys.ActorOf(Props.Create(() => new Drainer(queue, TestActor)).WithMailbox("doorbell").WithDispatcher("with-doorbell"));
        drainer.Tell("start");
        ExpectMsg("started");
        for (var i = 0; i < 100; i++) drainer.Tell(i);
        ExpectMsg(100);
        drainer.Tell("start");
        ExpectMsg("started");
        for (var i = 0; i < 100; i++) drainer.Tell(i);
        ExpectMsg(100);
    }

    [Fact]
    public void A_message_that_a_queue_swallows_does_no_harm()
    {
        var echo = Sys.ActorOf(Props.Create(() => new Echo()).WithMailbox("doorbell"));
        for (var i = 0; i < 100; i++) echo.Tell(DoorbellQueue.Swallowed);
        echo.Tell("hello");
        ExpectMsg("hello");
    }

    [Fact]
    public void What_is_left_when_the_owner_ends_goes_to_the_dead_letters()
    {
        var echo = Sys.ActorOf(Props.Create(() => new LastWord()).WithMailbox("doorbell"));
        EventFilter.DeadLetter<string>(s => s == "after").ExpectOne(() =>
        {
            echo.Tell("start");
            echo.Tell("after");
            LastWord.Go.Set();
        });
    }

    [Fact]
    public void A_full_mailbox_sends_to_the_dead_letters()
    {
        using var gate = new ManualResetEventSlim();
        var slow = Sys.ActorOf(Props.Create(() => new Slow(gate, TestActor)).WithMailbox("small"));
        slow.Tell("first");
        ExpectMsg("first started");
        EventFilter.DeadLetter<string>().ExpectOne(() =>
        {
            foreach (var message in (string[])["second", "third", "fourth"]) slow.Tell(message);
        });
        gate.Set();
        ExpectMsg("second started");
        ExpectMsg("third started");
        ExpectNoMsg(20);
    }

    [Fact]
    public void A_mailbox_must_have_what_the_actor_requires() =>
        Assert.Throws<ConfigurationException>(() => Sys.ActorOf(Props.Create(() => new NeedsStash()).WithMailbox("doorbell")));

    [Fact]
    public void An_unknown_mailbox_is_an_error() =>
        Assert.Throws<ConfigurationException>(() => Sys.ActorOf(Props.Create(() => new Echo()).WithMailbox("nowhere")));

    private sealed class House : UntypedActor
    {
        protected override void OnReceive(object message) => Context.ActorOf<Echo>("room").Forward(message);
    }

    /// <summary>Takes its messages from the queue inside one handler, as a running vCPU does.</summary>
    private sealed class Drainer(IMessageQueue queue, IActorRef probe) : UntypedActor
    {
        protected override void OnReceive(object message)
        {
            probe.Tell("started");
            var seen = 0;
            while (seen < 100)
            {
                if (queue.TryDequeue(out _)) seen++;
                else Thread.Yield();
            }
            probe.Tell(seen);
        }
    }

    private sealed class LastWord : UntypedActor
    {
        public static readonly ManualResetEventSlim Go = new();

        protected override void OnReceive(object message)
        {
            Go.Wait();
            Context.Stop(Self);
        }
    }

    private sealed class Slow(ManualResetEventSlim gate, IActorRef probe) : UntypedActor
    {
        protected override void OnReceive(object message)
        {
            probe.Tell(message + " started");
            gate.Wait();
        }
    }

    private sealed class NeedsStash : UntypedActor, IWithUnboundedStash
    {
        public IStash Stash { get; set; } = null!;

        protected override void OnReceive(object message) { }
    }
}

/// <summary>What the mailboxes of a system have seen, and a queue that waits for the next actor.</summary>
public sealed class Doorbell : IExtension
{
    public ConcurrentBag<(string Ring, object Message)> Rings { get; } = [];
    public ConcurrentBag<Thread> Threads { get; } = [];
    public DoorbellQueue? Prepared { get; set; }
}

public sealed class DoorbellId : ExtensionIdProvider<Doorbell>
{
    public override Doorbell CreateExtension(ExtendedActorSystem system) => new();
}

public sealed class DoorbellMailbox(Akka.Actor.Settings settings, Config config) : MailboxType(settings, config), IProducesMessageQueue<DoorbellQueue>
{
    public override IMessageQueue Create(IActorRef owner, ActorSystem system)
    {
        var bell = system.WithExtension<Doorbell, DoorbellId>();
        var prepared = bell.Prepared;
        bell.Prepared = null;
        return prepared ?? new DoorbellQueue(bell, Config.GetString("ring"));
    }
}

/// <summary>A queue that does something of its own whenever a message comes.</summary>
public sealed class DoorbellQueue(Doorbell bell, string ring) : IMessageQueue
{
    /// <summary>Never comes out again, like a reply that its receiver takes by another way.</summary>
    public static readonly object Swallowed = new();

    private readonly ConcurrentQueue<Envelope> _queue = new();

    public bool HasMessages => !_queue.IsEmpty;
    public int Count => _queue.Count;

    public void Enqueue(IActorRef receiver, Envelope envelope)
    {
        bell.Rings.Add((ring, envelope.Message));
        bell.Threads.Add(Thread.CurrentThread);
        if (envelope.Message == Swallowed) return;
        _queue.Enqueue(envelope);
    }

    public bool TryDequeue(out Envelope envelope) => _queue.TryDequeue(out envelope);

    public void CleanUp(IActorRef owner, IMessageQueue deadletters)
    {
        while (TryDequeue(out var envelope)) deadletters.Enqueue(owner, envelope);
    }
}

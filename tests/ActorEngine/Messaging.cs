using Akka.Actor;
using Akka.Event;
using Akka.TestKit.Xunit2;

namespace Tcg.Mttcg.ActorEngine.Tests;

public class Messaging : TestKit
{
    [Fact]
    public void An_actor_answers_its_sender()
    {
        var echo = Sys.ActorOf(Props.Create(() => new Echo()), "echo");
        echo.Tell("hello");
        ExpectMsg("hello");
        Assert.Equal(echo, LastSender);
    }

    [Fact]
    public void A_path_names_the_system_and_the_parents() =>
        Assert.Equal("akka://test/user/echo", Sys.ActorOf<Echo>("echo").Path.ToString());

    [Fact]
    public void Messages_of_one_sender_arrive_in_order()
    {
        var echo = Sys.ActorOf<Echo>();
        for (var i = 0; i < 1000; i++) echo.Tell(i);
        Assert.Equal(Enumerable.Range(0, 1000).Cast<object>(), ReceiveN(1000));
    }

    [Fact]
    public void A_message_without_a_sender_seems_to_come_from_the_dead_letters()
    {
        var asked = Sys.ActorOf(Props.Create(() => new SenderReporter(TestActor)));
        asked.Tell("x", ActorRefs.NoSender);
        Assert.Equal(Sys.DeadLetters, ExpectMsg<IActorRef>());
    }

    [Fact]
    public void Forwarding_keeps_the_sender()
    {
        var reporter = Sys.ActorOf(Props.Create(() => new SenderReporter(TestActor)));
        var relay = Sys.ActorOf(Props.Create(() => new Relay(reporter)));
        var probe = CreateTestProbe();
        relay.Tell("x", probe);
        Assert.Equal(probe.Ref, ExpectMsg<IActorRef>());
    }

    [Fact]
    public void An_unhandled_message_is_published()
    {
        Sys.EventStream.Subscribe(TestActor, typeof(UnhandledMessage));
        var deaf = Sys.ActorOf<Deaf>();
        deaf.Tell("anyone?");
        var unhandled = ExpectMsg<UnhandledMessage>();
        Assert.Equal(("anyone?", deaf), (unhandled.Message, unhandled.Recipient));
    }

    [Fact]
    public void A_message_to_a_stopped_actor_becomes_a_dead_letter()
    {
        var echo = Watch(Sys.ActorOf<Echo>());
        Sys.Stop(echo);
        ExpectTerminated(echo);
        Sys.EventStream.Subscribe(TestActor, typeof(DeadLetter));
        echo.Tell("late");
        var letter = ExpectMsg<DeadLetter>();
        Assert.Equal(("late", TestActor, echo), (letter.Message, letter.Sender, letter.Recipient));
    }

    [Fact]
    public void Nobody_takes_anything() => ActorRefs.Nobody.Tell("x", ActorRefs.NoSender);

    [Fact]
    public void Identify_is_answered_by_the_actor_itself()
    {
        var deaf = Sys.ActorOf<Deaf>();
        deaf.Tell(new Identify(7));
        var identity = ExpectMsg<ActorIdentity>();
        Assert.Equal((7, deaf), (identity.MessageId, identity.Subject));
    }

    [Fact]
    public void A_context_exists_only_while_the_actor_runs()
    {
        var actor = ActorOfAsTestActorRef<Deaf>();
        Exception? thrown = null;
        var elsewhere = new Thread(() => thrown = Record.Exception(() => actor.UnderlyingActor.Me()));
        elsewhere.Start();
        elsewhere.Join();
        Assert.IsType<NotSupportedException>(thrown);
    }

    private sealed class SenderReporter(IActorRef probe) : UntypedActor
    {
        protected override void OnReceive(object message) => probe.Tell(Sender);
    }

    private sealed class Relay(IActorRef to) : UntypedActor
    {
        protected override void OnReceive(object message) => to.Forward(message);
    }

    private sealed class Deaf : ReceiveActor
    {
        public IActorRef Me() => Self;
    }
}

using Akka.Actor;
using Akka.TestKit.Xunit2;

namespace Tcg.Mttcg.ActorEngine.Tests;

public class Behaviours : TestKit
{
    [Fact]
    public void The_first_handler_that_fits_takes_the_message()
    {
        var actor = Sys.ActorOf<Choosy>();
        foreach (var message in (object[])[5, 50, "text", 2.5]) actor.Tell(message);
        Assert.Equal(["small", "big", "string", "other"], ReceiveN(4));
    }

    [Fact]
    public void Become_replaces_the_handlers()
    {
        var door = Sys.ActorOf<Door>();
        door.Tell("look");
        ExpectMsg("closed");
        door.Tell("open");
        door.Tell("look");
        ExpectMsg("open");
        door.Tell("close");
        door.Tell("look");
        ExpectMsg("closed");
    }

    [Fact]
    public void A_stacked_behaviour_gives_way_to_the_one_below()
    {
        var actor = Sys.ActorOf<Stacker>();
        foreach (var message in (string[])["look", "push", "look", "pop", "look"]) actor.Tell(message);
        Assert.Equal(["below", "above", "below"], ReceiveN(3));
    }

    [Fact]
    public void Stashed_messages_come_back_in_order_before_later_ones()
    {
        var actor = Sys.ActorOf<Stasher>();
        foreach (var message in (string[])["a", "b", "ready", "c"]) actor.Tell(message);
        Assert.Equal(["a", "b", "c"], ReceiveN(3));
    }

    [Fact]
    public void One_message_cannot_be_stashed_twice()
    {
        var actor = Sys.ActorOf<GreedyStasher>();
        actor.Tell("x");
        ExpectMsg("refused");
    }

    [Fact]
    public void A_restart_gives_stashed_messages_back()
    {
        var actor = Sys.ActorOf<Stasher>();
        actor.Tell("a");
        EventFilter.Exception<InvalidOperationException>("bang").ExpectOne(() => actor.Tell("fail"));
        actor.Tell("ready");
        ExpectMsg("a");
    }

    private sealed class Choosy : ReceiveActor
    {
        public Choosy()
        {
            Receive<int>(i => i < 10, _ => Sender.Tell("small"));
            Receive<int>(_ => Sender.Tell("big"));
            Receive<string>(_ => Sender.Tell("string"));
            ReceiveAny(_ => Sender.Tell("other"));
        }
    }

    private sealed class Door : ReceiveActor
    {
        public Door() => Closed();

        private void Closed()
        {
            Receive<string>(s => s == "look", _ => Sender.Tell("closed"));
            Receive<string>(s => s == "open", _ => Become(Open));
        }

        private void Open()
        {
            Receive<string>(s => s == "look", _ => Sender.Tell("open"));
            Receive<string>(s => s == "close", _ => Become(Closed));
        }
    }

    private sealed class Stacker : UntypedActor
    {
        protected override void OnReceive(object message)
        {
            if (message is "push") BecomeStacked(Above);
            else Sender.Tell("below");
        }

        private void Above(object message)
        {
            if (message is "pop") Context.UnbecomeStacked();
            else Sender.Tell("above");
        }
    }

    private sealed class Stasher : ReceiveActor, IWithUnboundedStash
    {
        public Stasher()
        {
            Receive<string>(s => s == "fail", _ => throw new InvalidOperationException("bang"));
            Receive<string>(s => s == "ready", _ =>
            {
                Become(() => ReceiveAny(m => Sender.Tell(m)));
                Stash.UnstashAll();
            });
            ReceiveAny(_ => Stash.Stash());
        }

        public IStash Stash { get; set; } = null!;
    }

    private sealed class GreedyStasher : ReceiveActor, IWithUnboundedStash
    {
        public GreedyStasher() => ReceiveAny(_ =>
        {
            Stash.Stash();
            try
            {
                Stash.Stash();
            }
            catch (IllegalActorStateException)
            {
                Sender.Tell("refused");
            }
        });

        public IStash Stash { get; set; } = null!;
    }
}

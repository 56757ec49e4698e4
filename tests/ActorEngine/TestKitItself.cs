using Akka.Actor;
using Akka.TestKit;
using Akka.TestKit.Xunit2;

namespace Tcg.Mttcg.ActorEngine.Tests;

public class TestKitItself : TestKit
{
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(30);

    [Fact]
    public void Expecting_what_does_not_come_fails() => Assert.ThrowsAny<Exception>(() => ExpectMsg<string>(Short));

    [Fact]
    public void Expecting_another_type_fails()
    {
        TestActor.Tell(1);
        Assert.ThrowsAny<Exception>(() => ExpectMsg<string>(Short));
    }

    [Fact]
    public void Expecting_another_value_fails()
    {
        TestActor.Tell(1);
        Assert.ThrowsAny<Exception>(() => ExpectMsg(2, Short));
    }

    [Fact]
    public void Expecting_nothing_fails_when_something_comes()
    {
        TestActor.Tell(1);
        Assert.ThrowsAny<Exception>(() => ExpectNoMsg(Short));
    }

    [Fact]
    public void A_predicate_picks_the_message()
    {
        TestActor.Tell(1);
        Assert.Equal(1, ExpectMsg<int>(i => i == 1));
        TestActor.Tell(1);
        Assert.ThrowsAny<Exception>(() => ExpectMsg<int>(i => i == 2));
    }

    [Fact]
    public void Fishing_passes_over_other_messages()
    {
        foreach (var message in (object[])["a", 1, "b", 2]) TestActor.Tell(message);
        Assert.Equal(2, FishForMessage(m => m is 2));
        TestActor.Tell("x");
        Assert.ThrowsAny<Exception>(() => FishForMessage(m => m is 3, Short));
    }

    [Fact]
    public void Fishing_by_type_passes_over_other_types()
    {
        foreach (var message in (object[])["a", 1, "b", 2]) TestActor.Tell(message);
        Assert.Equal(2, FishForMessage<int>(i => i > 1));
    }

    [Fact]
    public void All_of_some_messages_may_come_in_any_order()
    {
        foreach (var message in (string[])["b", "c", "a"]) TestActor.Tell(message);
        ExpectMsgAllOf("a", "b", "c");
    }

    [Fact]
    public void Within_limits_the_time_of_a_block()
    {
        Within(TimeSpan.FromSeconds(5), () =>
        {
            TestActor.Tell("x");
            ExpectMsg("x");
            Assert.True(Remaining <= TimeSpan.FromSeconds(5));
        });
        Assert.ThrowsAny<Exception>(() => Within(Short, () => ExpectMsg<string>()));
    }

    [Fact]
    public void Awaiting_ends_when_the_condition_holds()
    {
        var echo = Sys.ActorOf<Echo>();
        echo.Tell("x");
        AwaitCondition(() => HasMessages);
        var tries = 0;
        AwaitAssert(() => Assert.True(++tries > 2), TimeSpan.FromSeconds(5), TimeSpan.FromMilliseconds(1));
        Assert.ThrowsAny<Exception>(() => AwaitCondition(() => false, Short));
        Assert.ThrowsAny<Exception>(() => AwaitAssert(() => Assert.True(false), Short));
    }

    [Fact]
    public void A_probe_has_a_queue_of_its_own()
    {
        var probe = CreateTestProbe("probe");
        var echo = Sys.ActorOf<Echo>();
        probe.Send(echo, "hello");
        probe.ExpectMsg("hello");
        Assert.Equal(echo, probe.Sender);
        probe.Reply("again");
        probe.ExpectMsg("again");
        ExpectNoMsg(20);
    }

    [Fact]
    public void A_probe_is_a_handle()
    {
        var probe = CreateTestProbe();
        IActorRef handle = probe;
        handle.Tell("x", TestActor);
        probe.ExpectMsgFrom(TestActor, "x");
        Assert.True(probe.Equals(probe.Ref));
        Assert.True(probe.Ref.Equals(probe));
    }

    [Fact]
    public void A_probe_can_die()
    {
        var probe = CreateTestProbe();
        Watch(probe);
        Sys.Stop(probe);
        ExpectTerminated(probe);
    }

    [Fact]
    public void A_pilot_answers_for_the_test()
    {
        var probe = CreateTestProbe();
        probe.SetAutoPilot(new DelegateAutoPilot((sender, message) =>
        {
            sender.Tell("re: " + message, ActorRefs.NoSender);
            return AutoPilot.KeepRunning;
        }));
        probe.Tell("one");
        ExpectMsg("re: one");
        probe.Tell("two");
        ExpectMsg("re: two");
        probe.ExpectMsg("one");
    }

    [Fact]
    public void Ignored_messages_are_not_seen()
    {
        IgnoreMessages<string>(s => s == "no");
        TestActor.Tell("no");
        TestActor.Tell("yes");
        ExpectMsg("yes");
    }

    [Fact]
    public void A_test_reference_shows_the_actor_and_runs_it_here()
    {
        var reference = ActorOfAsTestActorRef<Remembering>(Props.Create(() => new Remembering()));
        reference.Tell("x");
        Assert.Equal(("x", Thread.CurrentThread), (reference.UnderlyingActor.Last, reference.UnderlyingActor.Thread));
    }

    [Fact]
    public void A_test_reference_may_be_created_in_short() =>
        Assert.Null(ActorOfAsTestActorRef(() => new Remembering(), "short").UnderlyingActor.Last);

    [Fact]
    public void Handing_a_message_to_a_test_reference_throws_what_the_actor_throws()
    {
        var reference = ActorOfAsTestActorRef<Remembering>(Props.Create(() => new Remembering()));
        Assert.Throws<InvalidOperationException>(() => reference.Receive(13));
    }

    [Fact]
    public async Task The_test_actor_stays_the_sender_after_an_await()
    {
        await Task.Yield();
        Sys.ActorOf<Echo>().Tell("x");
        ExpectMsg("x");
    }

    private sealed class Remembering : ReceiveActor
    {
        public Remembering()
        {
            Receive<string>(s => (Last, Thread) = (s, Thread.CurrentThread));
            Receive<int>(_ => throw new InvalidOperationException("bang"));
        }

        public string? Last { get; private set; }
        public Thread? Thread { get; private set; }
    }
}

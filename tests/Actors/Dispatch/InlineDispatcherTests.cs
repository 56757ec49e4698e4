using Akka.Actor;
using Akka.TestKit.Xunit2;
using Tcg.Mttcg.Actors.Settings;

namespace Tcg.Mttcg.Actors.Tests.Dispatch;

public class InlineDispatcherTests : TestKit
{
    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(20);

    public InlineDispatcherTests() : base(MttcgSettings.Reference())
    {
    }

    private sealed class Recorder(List<(object Message, int Thread)> seen, IActorRef next) : UntypedActor
    {
        private int _inside;

        protected override void OnReceive(object message)
        {
            Assert.Equal(1, Interlocked.Increment(ref _inside));
            if (message is int n and > 0) next.Tell(n - 1, Self);
            lock (seen) seen.Add((message, Environment.CurrentManagedThreadId));
            Interlocked.Decrement(ref _inside);
        }
    }

    private IActorRef NewRecorder(List<(object, int)> seen, IActorRef? next = null)
    {
        var after = next ?? ActorRefs.Nobody;
        var actor = Sys.ActorOf(Props.Create(() => new Recorder(seen, after)).WithDispatcher(MttcgSettings.InlineDispatcher));
        // Created: from now on only messages run it.
        actor.Tell(0);
        AwaitCondition(() => { lock (seen) return seen.Count == 1; }, Wait);
        lock (seen) seen.Clear();
        return actor;
    }

    [Fact]
    public void An_idle_actor_has_handled_the_message_when_tell_returns_on_the_same_thread()
    {
        var seen = new List<(object, int)>();
        var actor = NewRecorder(seen);
        for (var i = 0; i < 1000; i++)
        {
            actor.Tell("x");
            lock (seen) Assert.Equal(i + 1, seen.Count);
        }
        Assert.All(seen, s => Assert.Equal(Environment.CurrentManagedThreadId, s.Item2));
    }

    [Fact]
    public void Actors_that_tell_each_other_do_not_recurse()
    {
        var seen = new List<(object, int)>();
        var last = NewRecorder(seen);
        var first = NewRecorder(seen, last);
        first.Tell(1);
        lock (seen) Assert.Equal([1, 0], seen.Select(s => (int)s.Item1));
    }

    [Fact]
    public void Many_posters_are_served_one_message_at_a_time_and_none_is_lost()
    {
        const int Posters = 4, Each = 20_000;
        var seen = new List<(object, int)>();
        var actor = NewRecorder(seen);
        var threads = Enumerable.Range(0, Posters).Select(_ => new Thread(() =>
        {
            for (var i = 0; i < Each; i++) actor.Tell("x");
        })).ToArray();
        foreach (var thread in threads) thread.Start();
        foreach (var thread in threads) thread.Join();
        AwaitCondition(() => { lock (seen) return seen.Count == Posters * Each; }, Wait);
    }
}

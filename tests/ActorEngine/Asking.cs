using Akka.Actor;
using Akka.TestKit.Xunit2;

namespace Tcg.Mttcg.ActorEngine.Tests;

public class Asking : TestKit
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task A_question_ends_with_the_answer() => Assert.Equal(42, await Sys.ActorOf<Echo>().Ask<int>(42, Long));

    [Fact]
    public void A_thread_may_block_on_an_answer() => Assert.Equal(42, Sys.ActorOf<Echo>().Ask<int>(42, Long).GetAwaiter().GetResult());

    [Fact]
    public async Task Without_an_answer_a_question_times_out() =>
        await Assert.ThrowsAsync<AskTimeoutException>(() => Sys.ActorOf<Silent>().Ask<int>(1, TimeSpan.FromMilliseconds(20)));

    [Fact]
    public async Task A_failure_as_the_answer_is_thrown()
    {
        var echo = Sys.ActorOf<Echo>();
        var thrown = await Assert.ThrowsAsync<InvalidOperationException>(() => echo.Ask<int>(new Status.Failure(new InvalidOperationException("no")), Long));
        Assert.Equal("no", thrown.Message);
    }

    [Fact]
    public async Task An_answer_of_another_type_is_an_error() =>
        await Assert.ThrowsAsync<ArgumentException>(() => Sys.ActorOf<Echo>().Ask<int>("text", Long));

    [Fact]
    public async Task A_question_can_be_cancelled()
    {
        using var source = new CancellationTokenSource();
        var question = Sys.ActorOf<Silent>().Ask<int>(1, Long, source.Token);
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => question);
    }

    [Fact]
    public async Task Ten_thousand_questions_from_many_threads_are_answered()
    {
        var echo = Sys.ActorOf<Echo>();
        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(n => Task.Run(async () =>
        {
            var sum = 0L;
            for (var i = 0; i < 2500; i++) sum += await echo.Ask<int>(i, Long);
            return sum;
        })));
        Assert.All(answers, sum => Assert.Equal(2500L * 2499 / 2, sum));
    }

    [Fact]
    public void The_code_after_an_await_does_not_run_inside_the_one_who_answers()
    {
        var reporter = Sys.ActorOf(Props.Create(() => new Answerer(TestActor)).WithDispatcher("akka.actor.default-dispatcher"));
        _ = reporter.Ask<Thread>("who", Long).ContinueWith(t => TestActor.Tell(t.Result == Thread.CurrentThread && Answerer.IsInside), TaskContinuationOptions.ExecuteSynchronously);
        ExpectMsg(false);
    }

    [Fact]
    public void A_task_can_be_piped_to_an_actor()
    {
        Task.FromResult(42).PipeTo(TestActor);
        ExpectMsg(42);
        Task.FromResult(42).PipeTo(TestActor, success: i => $"got {i}");
        ExpectMsg("got 42");
    }

    [Fact]
    public void A_failed_task_is_piped_as_a_failure()
    {
        Task.FromException<int>(new InvalidOperationException("no")).PipeTo(TestActor);
        Assert.IsType<InvalidOperationException>(ExpectMsg<Status.Failure>().Cause);
        Task.FromException<int>(new InvalidOperationException("no")).PipeTo(TestActor, failure: e => e.Message);
        ExpectMsg("no");
    }

    [Fact]
    public async Task A_graceful_stop_waits_for_the_end() =>
        Assert.True(await Sys.ActorOf<Echo>().GracefulStop(Long));

    [Fact]
    public async Task A_graceful_stop_gives_up_after_its_time() =>
        Assert.False(await Sys.ActorOf<Silent>().GracefulStop(TimeSpan.FromMilliseconds(20), "please"));

    private sealed class Silent : UntypedActor
    {
        protected override void OnReceive(object message) { }
    }

    private sealed class Answerer(IActorRef probe) : UntypedActor
    {
        [ThreadStatic] private static bool t_inside;

        public static bool IsInside => t_inside;

        protected override void OnReceive(object message)
        {
            t_inside = true;
            Sender.Tell(Thread.CurrentThread);
            t_inside = false;
            GC.KeepAlive(probe);
        }
    }
}

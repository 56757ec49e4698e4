using Akka.Actor;
using Akka.Event;
using Akka.TestKit.Xunit2;

namespace Tcg.Mttcg.ActorEngine.Tests;

public class Logs() : TestKit("akka.loglevel = INFO")
{
    [Fact]
    public void A_log_line_carries_its_source_and_arguments()
    {
        Sys.EventStream.Subscribe(TestActor, typeof(Info));
        var actor = Sys.ActorOf<Chatty>("chatty");
        actor.Tell("info");
        var line = ExpectMsg<Info>();
        Assert.Equal("hello 1 and two", line.Message.ToString());
        Assert.Equal((actor.Path.ToString(), typeof(Chatty)), (line.LogSource, line.LogClass));
        Assert.Equal(LogLevel.InfoLevel, line.LogLevel());
    }

    [Fact]
    public void An_error_carries_its_exception()
    {
        Sys.EventStream.Subscribe(TestActor, typeof(Error));
        Sys.ActorOf<Chatty>().Tell("error");
        Assert.IsType<InvalidOperationException>(ExpectMsg<Error>().Cause);
    }

    [Fact]
    public void What_is_below_the_level_is_not_published()
    {
        Sys.EventStream.Subscribe(TestActor, typeof(LogEvent));
        Sys.ActorOf<Chatty>().Tell("debug");
        ExpectNoMsg(20);
        Assert.False(Logging.GetLogger(Sys, "any").IsDebugEnabled);
        Assert.True(Logging.GetLogger(Sys, "any").IsInfoEnabled);
    }

    [Fact]
    public void A_filter_finds_the_line_by_its_text()
    {
        var actor = Sys.ActorOf<Chatty>();
        EventFilter.Info("hello 1 and two").ExpectOne(() => actor.Tell("info"));
        EventFilter.Info(start: "hello").ExpectOne(() => actor.Tell("info"));
        EventFilter.Info(contains: "and").ExpectOne(() => actor.Tell("info"));
        EventFilter.Warning(contains: "careful").Expect(2, () =>
        {
            actor.Tell("warn");
            actor.Tell("warn");
        });
        EventFilter.Error("broken").ExpectOne(() => actor.Tell("error"));
        EventFilter.Exception<InvalidOperationException>("why").ExpectOne(() => actor.Tell("error"));
    }

    [Fact]
    public void A_filter_that_finds_nothing_fails()
    {
        var actor = Sys.ActorOf<Chatty>();
        Assert.ThrowsAny<Exception>(() => EventFilter.Error().ExpectOne(TimeSpan.FromMilliseconds(50), () => actor.Tell("info")));
    }

    [Fact]
    public void Expecting_none_fails_when_there_is_one()
    {
        var actor = Sys.ActorOf<Chatty>();
        Assert.ThrowsAny<Exception>(() => EventFilter.Info().Expect(0, TimeSpan.FromSeconds(1), () =>
        {
            Sys.EventStream.Subscribe(TestActor, typeof(Info));
            actor.Tell("info");
            ExpectMsg<Info>();
        }));
    }

    [Fact]
    public void Subscribers_get_their_class_and_what_derives_from_it()
    {
        Sys.EventStream.Subscribe(TestActor, typeof(Exception));
        Sys.EventStream.Publish(new InvalidOperationException("one"));
        Sys.EventStream.Publish("not that");
        Sys.EventStream.Publish(new Exception("two"));
        ExpectMsg<InvalidOperationException>();
        ExpectMsg<Exception>(e => e.Message == "two");
        Sys.EventStream.Unsubscribe(TestActor, typeof(Exception));
        Sys.EventStream.Publish(new Exception("three"));
        ExpectNoMsg(20);
    }

    [Fact]
    public void A_system_logs_with_a_named_source()
    {
        Sys.EventStream.Subscribe(TestActor, typeof(Warning));
        Logging.GetLogger(Sys, "clock").Warning("late by {0} ms", 3);
        var line = ExpectMsg<Warning>();
        Assert.StartsWith("clock", line.LogSource);
        Assert.Equal("late by 3 ms", line.Message.ToString());
    }

    [Fact]
    public void Configuration_brings_a_logger_of_ones_own()
    {
        using var system = ActorSystem.Create("logging", Akka.Configuration.ConfigurationFactory.ParseString(
            "akka.loglevel = INFO, akka.loggers = [\"Tcg.Mttcg.ActorEngine.Tests.Logs+Recorder, Tcg.Mttcg.ActorEngine.Tests\"]"));
        system.WithExtension<Doorbell, DoorbellId>();
        system.Log.Warning("for the record");
        AwaitCondition(() => system.WithExtension<Doorbell, DoorbellId>().Rings.Any(r => r.Message.Equals("for the record")));
        system.Terminate().Wait(TimeSpan.FromSeconds(10));
    }

    private sealed class Chatty : ReceiveActor
    {
        private readonly ILoggingAdapter _log = Context.GetLogger();

        public Chatty() => Receive<string>(level =>
        {
            switch (level)
            {
                case "debug": _log.Debug("not that"); break;
                case "info": _log.Info("hello {0} and {1}", 1, "two"); break;
                case "warn": _log.Warning("be careful"); break;
                case "error": _log.Error(new InvalidOperationException("why"), "broken"); break;
            }
        });
    }

    public sealed class Recorder : ReceiveActor
    {
        public Recorder()
        {
            Receive<InitializeLogger>(_ => Sender.Tell(new LoggerInitialized()));
            Receive<LogEvent>(e => Context.System.WithExtension<Doorbell, DoorbellId>().Rings.Add((e.LogSource, e.Message.ToString()!)));
        }
    }
}

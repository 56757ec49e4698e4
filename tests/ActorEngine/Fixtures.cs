using Akka.Actor;
using Akka.Configuration;
using Akka.Dispatch;

namespace Tcg.Mttcg.ActorEngine.Tests;

/// <summary>Answers everything with itself.</summary>
internal sealed class Echo : UntypedActor
{
    protected override void OnReceive(object message) => Sender.Tell(message);
}

/// <summary>Sends what it gets, and where it ran, to a probe.</summary>
internal sealed class ThreadReporter(IActorRef probe) : UntypedActor
{
    protected override void OnReceive(object message) => probe.Tell((message, Thread.CurrentThread));
}

/// <summary>Counts integers and tells the probe when the expected number has come.</summary>
internal sealed class Counter : ReceiveActor
{
    private int _count;
    private int _inside;

    public Counter(int expected, IActorRef probe) => Receive<int>(_ =>
    {
        if (Interlocked.Increment(ref _inside) != 1) probe.Tell("two messages at once");
        if (++_count == expected) probe.Tell(_count);
        Interlocked.Decrement(ref _inside);
    });
}

/// <summary>Runs a mailbox on the thread that posts, if nobody else runs it.</summary>
public sealed class InlineDispatcher : MessageDispatcher
{
    public InlineDispatcher(MessageDispatcherConfigurator configurator) : base(configurator) => Throughput = int.MaxValue;

    protected override void ExecuteTask(IRunnable run) => run.Run();

    protected override void Shutdown() { }
}

public sealed class InlineDispatcherConfigurator : MessageDispatcherConfigurator
{
    private readonly InlineDispatcher _dispatcher;

    public InlineDispatcherConfigurator(Config config, IDispatcherPrerequisites prerequisites) : base(config, prerequisites) =>
        _dispatcher = new InlineDispatcher(this);

    public override MessageDispatcher Dispatcher() => _dispatcher;
}

internal static class Settings
{
    public const string Pinned = "pinned";
    public const string Inline = "inline";
    public const string OwnThreads = "own-threads";
    public const string Default = "akka.actor.default-dispatcher";

    public const string Dispatchers = """
        pinned { type = PinnedDispatcher }
        inline { type = "Tcg.Mttcg.ActorEngine.Tests.InlineDispatcherConfigurator, Tcg.Mttcg.ActorEngine.Tests" }
        own-threads {
          type = Dispatcher
          executor = fork-join-executor
          dedicated-thread-pool { thread-count = 2 }
        }
        """;
}

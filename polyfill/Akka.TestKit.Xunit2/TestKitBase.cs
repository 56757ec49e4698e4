using Akka.Actor;
using Akka.Configuration;
using Akka.Event;

namespace Akka.TestKit;

/// <summary>A system under test and an actor whose messages the test awaits. While a test runs on the thread that made it, that actor is the implicit sender.</summary>
public abstract partial class TestKitBase : IActorRefFactory
{
    private readonly TestQueue _queue = new();
    private readonly ITestKitAssertions _assertions;

    protected TestKitBase(ITestKitAssertions assertions, ActorSystem system = null, string testActorName = null)
        : this(assertions, system, null, null, testActorName) { }

    protected TestKitBase(ITestKitAssertions assertions, Config config, string actorSystemName = null, string testActorName = null)
        : this(assertions, null, config, actorSystemName, testActorName) { }

    private TestKitBase(ITestKitAssertions assertions, ActorSystem system, Config config, string systemName, string testActorName)
    {
        _assertions = assertions ?? throw new ArgumentNullException(nameof(assertions), "The supplied assertions must not be null.");
        Sys = system ?? ActorSystem.Create(systemName ?? "test", config.SafeWithFallback(DefaultConfig));
        TestKitSettings = new TestKitSettings(Sys.Settings.Config);
        Log = Logging.GetLogger(Sys, GetType());
        TestActor = ((ExtendedActorSystem)Sys).SystemActorOf(
            Props.Create(() => new InternalTestActor(_queue)).WithDispatcher("akka.test.test-actor.dispatcher"),
            testActorName ?? $"testActor{NextNumber(Sys)}");
        if (this is INoImplicitSender) return;
        ActorCell.Current = ((LocalActorRef)TestActor).Cell;
        SynchronizationContext.SetSynchronizationContext(new ActorCellKeepingContext(SynchronizationContext.Current, ActorCell.Current));
    }

    public static Config DefaultConfig => Configs.TestConfigs.DefaultConfig;
    public static Config FullDebugConfig => ConfigurationFactory.ParseString("akka { loglevel = DEBUG\n actor.debug.unhandled = on }");

    public ActorSystem Sys { get; }
    public TestKitSettings TestKitSettings { get; }
    public ILoggingAdapter Log { get; }
    public IActorRef TestActor { get; }
    public bool HasMessages => _queue.HasMessages;
    public EventFilterFactory EventFilter => new(this);

    public void SetAutoPilot(AutoPilot pilot) => TestActor.Tell(new InternalTestActor.SetAutoPilot(pilot), ActorRefs.NoSender);

    public IActorRef Watch(IActorRef actorToWatch)
    {
        TestActor.Tell(new InternalTestActor.Watch(actorToWatch), ActorRefs.NoSender);
        return actorToWatch;
    }

    public IActorRef Unwatch(IActorRef actorToUnwatch)
    {
        TestActor.Tell(new InternalTestActor.Unwatch(actorToUnwatch), ActorRefs.NoSender);
        return actorToUnwatch;
    }

    public void IgnoreMessages(Func<object, bool> shouldIgnoreMessage) => TestActor.Tell(new InternalTestActor.SetIgnore(shouldIgnoreMessage), ActorRefs.NoSender);
    public void IgnoreMessages<TMsg>(Func<TMsg, bool> shouldIgnoreMessage) => IgnoreMessages(m => m is TMsg typed && shouldIgnoreMessage(typed));
    public void IgnoreMessages<TMsg>() => IgnoreMessages(m => m is TMsg);
    public void IgnoreNoMessages() => IgnoreMessages(null);

    public EventFilterFactory CreateEventFilter(ActorSystem system) => new(this, system);

    /// <summary>Ends the system and waits for its end.</summary>
    public virtual void Shutdown(TimeSpan? duration = null, bool verifySystemShutdown = false) => Shutdown(Sys, duration, verifySystemShutdown);

    protected virtual void Shutdown(ActorSystem system, TimeSpan? duration = null, bool verifySystemShutdown = false)
    {
        var limit = duration ?? Dilated(TimeSpan.FromSeconds(5));
        if (!system.Terminate().Wait(limit))
        {
            var text = $"Failed to stop [{system.Name}] within [{limit}]";
            if (verifySystemShutdown) throw new TimeoutException(text);
            system.Log.Warning(text);
        }
        if (TestActor is LocalActorRef test && ActorCell.Current == test.Cell) ActorCell.Current = null;
    }

    internal ITestKitAssertions TestAssertions => _assertions;

    private static long NextNumber(ActorSystem system) => system.WithExtension<TestActorNumbers, TestActorNumbersId>().Next();

    private sealed class TestActorNumbers : IExtension
    {
        private long _last;
        public long Next() => Interlocked.Increment(ref _last);
    }

    private sealed class TestActorNumbersId : ExtensionIdProvider<TestActorNumbers>
    {
        public override TestActorNumbers CreateExtension(ExtendedActorSystem system) => new();
    }
}

/// <summary>On a test class: messages that it sends have no sender unless one is given.</summary>
public interface INoImplicitSender;

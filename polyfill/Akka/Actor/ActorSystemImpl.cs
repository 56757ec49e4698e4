using System.Collections.Concurrent;
using Akka.Configuration;
using Akka.Dispatch;
using Akka.Event;

namespace Akka.Actor;

internal sealed class ActorSystemImpl : ExtendedActorSystem
{
    private readonly TaskCompletionSource _terminated = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentDictionary<Type, Lazy<object>> _extensions = new();
    private readonly ConcurrentDictionary<MessageDispatcher, bool> _threaded = new();
    private readonly ConcurrentStack<Action> _onTermination = new();
    private readonly Deployer _deployer;
    private readonly LocalActorRef _user;
    private readonly LocalActorRef _system;
    private long _nextTemp;
    private int _terminating;

    public ActorSystemImpl(string name, Config config)
    {
        ArgumentNullException.ThrowIfNull(config);
        if (string.IsNullOrEmpty(name) || !char.IsAsciiLetterOrDigit(name[0]) || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'))
            throw new ArgumentException($"Invalid ActorSystem name [{name}], must contain only word characters (i.e. [a-zA-Z0-9] plus non-leading '-' or '_')", nameof(name));
        Name = name;
        RootPath = new RootActorPath(new Address("akka", name));
        Settings = new Settings(this, config);
        EventStream = new EventStream(false);
        EventStream.SetLogLevel(Logging.LogLevelFor(Settings.LogLevel));
        Log = new BusLogging(EventStream, $"ActorSystem({name})", GetType(), DefaultLogMessageFormatter.Instance);
        var schedulerType = Type.GetType(Settings.SchedulerClass) ?? throw new ConfigurationException($"Could not resolve scheduler type {Settings.SchedulerClass}");
        Scheduler = (IScheduler)Activator.CreateInstance(schedulerType, Settings.Config, Log);
        DeadLetters = new DeadLetterActorRef(this);
        DeadLetterMailbox = new DeadLetterMailbox(this);
        Mailboxes = new Mailboxes(this);
        Dispatchers = new Dispatchers(new DefaultDispatcherPrerequisites(EventStream, Scheduler, Settings, Mailboxes));
        _deployer = new Deployer(Settings.Config.GetConfig("akka.actor.deployment"));
        var root = new RootRef(this);
        _system = NewGuardian(root, "system", SupervisorStrategy.DefaultStrategy);
        _user = NewGuardian(root, "user", UserStrategy());
    }

    public ActorPath RootPath { get; }
    public DeadLetterMailbox DeadLetterMailbox { get; }
    public override string Name { get; }
    public override Settings Settings { get; }
    public override IScheduler Scheduler { get; }
    public override EventStream EventStream { get; }
    public override ILoggingAdapter Log { get; }
    public override Dispatchers Dispatchers { get; }
    public override Mailboxes Mailboxes { get; }
    public override IActorRef DeadLetters { get; }
    public override Task WhenTerminated => _terminated.Task;
    public override IInternalActorRef Guardian => _user;
    public override IInternalActorRef SystemGuardian => _system;

    public ActorSystemImpl StartUp()
    {
        _system.Start();
        _user.Start();
        LoggerStart.Run(this);
        return this;
    }

    public override IActorRef ActorOf(Props props, string name = null) => _user.Cell.ActorOf(props, name);

    public override IActorRef SystemActorOf(Props props, string name = null) => _system.Cell.ActorOf(props, name);

    public override void Stop(IActorRef actor)
    {
        if (actor is LocalActorRef { Parent: LocalActorRef parent } && (parent == _user || parent == _system)) parent.Cell.Stop(actor);
        else ((IInternalActorRef)actor).Stop();
    }

    public LocalActorRef NewActorRef(Props props, LocalActorRef parent, ActorPath path)
    {
        props = _deployer.Apply(props, path);
        if (!Dispatchers.HasDispatcher(props.Dispatcher)) throw new ConfigurationException($"Dispatcher [{props.Dispatcher}] not configured for path {path}");
        try
        {
            var dispatcher = Dispatchers.Lookup(props.Dispatcher);
            return new LocalActorRef(this, props, dispatcher, Mailboxes.GetMailboxType(props, dispatcher.Configurator.Config), parent, path);
        }
        catch (Exception e)
        {
            throw new ConfigurationException($"Configuration problem while creating {path} with dispatcher [{props.Dispatcher}] and mailbox [{props.Mailbox}]", e);
        }
    }

    public ActorPath NextTempPath() => RootPath / "temp" / $"${Interlocked.Increment(ref _nextTemp)}";

    public override Task Terminate()
    {
        if (Interlocked.Exchange(ref _terminating, 1) == 0) _user.Stop();
        return WhenTerminated;
    }

    /// <summary>User actors end first, so that the system's own (the loggers) still hear of it.</summary>
    public void GuardianEnded(IActorRef guardian)
    {
        Volatile.Write(ref _terminating, 1);
        if (guardian.Equals(_user)) _system.Stop();
        else EndThreads();
    }

    /// <summary>A dispatcher has started threads that must not outlive the system.</summary>
    public void ThreadsStarted(MessageDispatcher dispatcher) => _threaded[dispatcher] = true;

    public void ThreadsEnded(MessageDispatcher dispatcher) => _threaded.TryRemove(dispatcher, out _);

    /// <summary>Runs the action after the delay, or now when the scheduler is gone.</summary>
    public void WhenIdle(TimeSpan delay, Action action)
    {
        try
        {
            Scheduler.Advanced.ScheduleOnce(delay, action);
        }
        catch (SchedulerException)
        {
            action();
        }
    }

    public override void RegisterOnTermination(Action code) => _onTermination.Push(code);

    public override object RegisterExtension(IExtensionId extension) =>
        _extensions.GetOrAdd(extension.ExtensionType, _ => new Lazy<object>(() => extension.CreateExtension(this))).Value;

    public override object GetExtension(IExtensionId extensionId) => _extensions.TryGetValue(extensionId.ExtensionType, out var e) ? e.Value : null;
    public override T GetExtension<T>() => _extensions.TryGetValue(typeof(T), out var e) ? (T)e.Value : null;
    public override bool HasExtension(Type type) => _extensions.ContainsKey(type);
    public override bool HasExtension<T>() => HasExtension(typeof(T));
    public override string ToString() => RootPath.Address.ToString();

    private void EndThreads()
    {
        while (_onTermination.TryPop(out var code))
        {
            try
            {
                code();
            }
            catch (Exception e)
            {
                Log.Error(e, "A termination hook failed");
            }
        }
        (Scheduler as IDisposable)?.Dispose();
        foreach (var dispatcher in _threaded.Keys) dispatcher.ShutdownNow();
        _terminated.TrySetResult();
    }

    private LocalActorRef NewGuardian(RootRef root, string name, SupervisorStrategy strategy) => new(this,
        Props.Create<Guardian>().WithSupervisorStrategy(strategy), Dispatchers.Lookup(Dispatchers.InternalDispatcherId), new UnboundedMailbox(), root, RootPath / name);

    private SupervisorStrategy UserStrategy()
    {
        var type = Type.GetType(Settings.SupervisorStrategyClass) ?? throw new ConfigurationException($"Could not resolve guardian-supervisor-strategy {Settings.SupervisorStrategyClass}");
        return ((SupervisorStrategyConfigurator)Activator.CreateInstance(type)).Create();
    }
}

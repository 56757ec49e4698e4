using System.Runtime.InteropServices;
using Akka.Dispatch;
using Akka.Dispatch.SysMsg;

namespace Akka.Actor;

/// <summary>The engine's side of one actor: its mailbox, behaviour, children and watchers. Survives restarts.</summary>
public sealed partial class ActorCell : IUntypedActorContext
{
    [ThreadStatic] private static ActorCell t_current;
    private readonly Stack<Receive> _behaviors = new();
    private readonly LocalActorRef _self;
    private ActorBase _actor;
    private StashImpl _stash;
    private Mailbox _mailbox;
    private Turn _turn;

    internal ActorCell(ActorSystemImpl system, LocalActorRef self, Props props, MessageDispatcher dispatcher, IInternalActorRef parent) =>
        (SystemImpl, _self, Props, Dispatcher, ParentRef) = (system, self, props, dispatcher, parent);

    /// <summary>The actor that runs on this thread; the API's static Context leaves no other way than a thread-static.</summary>
    internal static ActorCell Current
    {
        get => t_current;
        set => t_current = value;
    }

    internal ActorSystemImpl SystemImpl { get; }
    internal IInternalActorRef ParentRef { get; }
    internal ActorBase Actor => _actor;
    internal bool IsTerminated => Mailbox.IsClosed || Mailbox is DeadLetterMailbox;

    /// <summary>Counts messages, so that a stash knows one from the next.</summary>
    internal long MessageNumber => _turn.Number;

    public Mailbox Mailbox => Volatile.Read(ref _mailbox);
    public object CurrentMessage { get => _turn.Message; private set => _turn.Message = value; }
    public IActorRef Self => _self;
    public IActorRef Sender => _turn.Sender ?? SystemImpl.DeadLetters;
    public IActorRef Parent => ParentRef;
    public Props Props { get; }
    public ActorSystem System => SystemImpl;
    public MessageDispatcher Dispatcher { get; }

    public static IActorRef GetCurrentSelfOrNoSender() => t_current?.Self ?? ActorRefs.NoSender;
    public static IActorRef GetCurrentSenderOrNoSender() => t_current == null ? ActorRefs.NoSender : t_current.Sender;

    internal void Init(MailboxType mailboxType)
    {
        var mailbox = new Mailbox(mailboxType.Create(_self, SystemImpl));
        mailbox.Bind(this);
        Volatile.Write(ref _mailbox, mailbox);
        mailbox.SystemEnqueue(_self, new Create());
    }

    internal Mailbox SwapMailbox(Mailbox mailbox) => Interlocked.Exchange(ref _mailbox, mailbox);

    internal void Start() => Dispatcher.Attach(this);

    internal void Stop() => SendSystemMessage(new Terminate());

    internal void SendMessage(IActorRef sender, object message) => Dispatcher.Dispatch(this, new Envelope(message, sender, SystemImpl));

    internal void SendSystemMessage(SystemMessage message) => Dispatcher.SystemDispatch(this, message);

    internal void EnqueueFirst(Envelope envelope) => ((IDequeBasedMessageQueueSemantics)Mailbox.MessageQueue).EnqueueFirst(envelope);

    /// <summary>Handles one user message; a failure goes to the supervisor.</summary>
    internal void Invoke(Envelope envelope)
    {
        var message = envelope.Message;
        if (message is TimerMessage timer && (message = timer.Open()) == null) return;
        var signOfLife = message is not INotInfluenceReceiveTimeout;
        try
        {
            _turn.Number++;
            CurrentMessage = message;
            _turn.Sender = envelope.Sender;
            if (signOfLife) CancelReceiveTimeout();
            if (message is IAutoReceivedMessage) AutoReceive(message);
            else Deliver(message);
            CurrentMessage = null;
        }
        catch (Exception e)
        {
            HandleFailure(e, perpetrator: null);
        }
        finally
        {
            if (signOfLife) StartReceiveTimeout();
        }
    }

    internal void Deliver(object message) => _actor.RunReceive(_behaviors.Peek(), message);

    /// <summary>Hands a message to the behaviour on the caller's thread; failures are the caller's.</summary>
    internal void ReceiveForTest(Envelope envelope)
    {
        var outer = Current;
        (Current, CurrentMessage, _turn.Sender) = (this, envelope.Message, envelope.Sender);
        try
        {
            if (envelope.Message is IAutoReceivedMessage) AutoReceive(envelope.Message);
            else Deliver(envelope.Message);
        }
        finally
        {
            (Current, CurrentMessage) = (outer, null);
        }
    }

    internal void SystemInvoke(SystemMessage message)
    {
        try
        {
            switch (message)
            {
                case Create: CreateActor(); break;
                case Failed failed: HandleFailed(failed); break;
                case DeathWatchNotification death: HandleDeath(death); break;
                case Watch watch: AddWatcher(watch); break;
                case Unwatch unwatch: RemoveWatcher(unwatch); break;
                case Terminate: HandleTerminate(); break;
                case Suspend or Resume or Recreate when WaitsForChildren: _postponed.Enqueue(message); break;
                case Suspend: FaultSuspend(); break;
                case Resume resume: FaultResume(resume.CausedByFailure); break;
                case Recreate recreate: FaultRecreate(recreate.Cause); break;
            }
        }
        catch (Exception e)
        {
            HandleFailure(e, (message as Failed)?.Child);
        }
    }

    private void AutoReceive(object message)
    {
        switch (message)
        {
            case Terminated terminated: DeliverTerminated(terminated); break;
            case PoisonPill: Stop(); break;
            case Kill: throw new ActorKilledException();
            case Identify identify: identify.AnswerFor(_self, Sender); break;
        }
    }

    public void Become(Receive receive)
    {
        if (_behaviors.Count > 1) _behaviors.Pop();
        _behaviors.Push(receive);
    }

    public void BecomeStacked(Receive receive) => _behaviors.Push(receive);
    public void Become(UntypedReceive receive) => Become(Handled(receive));
    public void BecomeStacked(UntypedReceive receive) => BecomeStacked(Handled(receive));

    public void UnbecomeStacked()
    {
        if (_behaviors.Count > 1) _behaviors.Pop();
    }

    private static Receive Handled(UntypedReceive receive) => message =>
    {
        receive(message);
        return true;
    };

    private void CreateActor()
    {
        try
        {
            NewInstance().AroundPreStart();
            StartReceiveTimeout();
        }
        catch (Exception e)
        {
            ClearActor();
            throw new ActorInitializationException(_self, "Exception during creation", e);
        }
    }

    private ActorBase NewInstance()
    {
        _behaviors.Clear();
        // A constructor may call Become: its behaviour lies above the class's own.
        _behaviors.Push(null);
        var actor = Props.NewActor();
        var chosen = _behaviors.Count > 1 ? _behaviors.Pop() : null;
        _behaviors.Clear();
        _behaviors.Push(actor.InitialBehavior());
        if (chosen != null) _behaviors.Push(chosen);
        if (Props.SupervisorStrategy != null) actor.Strategy = Props.SupervisorStrategy;
        if (actor is IActorStash stash) stash.Stash = _stash = new StashImpl(this);
        if (actor is IWithTimers timers) timers.Timers = new TimerScheduler(this);
        return _actor = actor;
    }

    private void ClearActor()
    {
        _stash?.UnstashAll();
        (_actor, _stash) = (null, null);
        _behaviors.Clear();
    }

    // What changes with each message, away from what senders read.
    [StructLayout(LayoutKind.Explicit, Size = 152)]
    private struct Turn
    {
        [FieldOffset(64)] public object Message;
        [FieldOffset(72)] public IActorRef Sender;
        [FieldOffset(80)] public long Number;
    }
}

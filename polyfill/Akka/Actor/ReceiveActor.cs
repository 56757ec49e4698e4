namespace Akka.Actor;

/// <summary>An actor that declares, in its constructor and inside Become, a handler per type of message. The first that fits takes the message.</summary>
public abstract class ReceiveActor : UntypedActor
{
    private readonly Stack<List<Func<object, bool>>> _open = new();
    private readonly List<Func<object, bool>> _initial = [];

    protected ReceiveActor() => _open.Push(_initial);

    internal override Receive InitialBehavior()
    {
        _open.Clear();
        return Behavior(_initial);
    }

    protected sealed override void OnReceive(object message) => throw new NotSupportedException("A ReceiveActor declares handlers instead");

    protected void Become(Action configure) => base.Become(Configured(configure));

    protected void BecomeStacked(Action configure) => base.BecomeStacked(Configured(configure));

    protected void Receive<T>(Action<T> handler, Predicate<T> shouldHandle = null) => Add(message =>
    {
        if (message is not T typed || (shouldHandle != null && !shouldHandle(typed))) return false;
        handler(typed);
        return true;
    });

    protected void Receive<T>(Predicate<T> shouldHandle, Action<T> handler) => Receive(handler, shouldHandle);

    protected void Receive<T>(Func<T, bool> handler) => Add(message => message is T typed && handler(typed));

    protected void Receive(Type messageType, Action<object> handler, Predicate<object> shouldHandle = null) => Add(message =>
    {
        if (!messageType.IsInstanceOfType(message) || (shouldHandle != null && !shouldHandle(message))) return false;
        handler(message);
        return true;
    });

    protected void ReceiveAny(Action<object> handler) => Receive(handler);

    private Receive Configured(Action configure)
    {
        var handlers = new List<Func<object, bool>>();
        _open.Push(handlers);
        try
        {
            configure();
        }
        finally
        {
            _open.Pop();
        }
        return Behavior(handlers);
    }

    private static Receive Behavior(List<Func<object, bool>> handlers)
    {
        var all = handlers.ToArray();
        return message =>
        {
            foreach (var handler in all)
                if (handler(message)) return true;
            return false;
        };
    }

    private void Add(Func<object, bool> handler)
    {
        if (_open.Count == 0) throw new InvalidOperationException("You may only call Receive-methods when constructing the actor and inside Become().");
        _open.Peek().Add(handler);
    }
}


namespace Akka.Actor;

// The children, and the wait for some of them to end. Guardians are asked for children from any thread, hence the lock.
public sealed partial class ActorCell
{
    private enum Reason { None, Creation, Recreation, Termination }

    private readonly Dictionary<string, ChildStats> _children = [];
    private readonly HashSet<IActorRef> _dying = [];
    private Reason _waitReason;
    private Exception _waitCause;
    private long _nextName;

    internal bool WaitsForChildren => _waitReason is Reason.Creation or Reason.Recreation;

    public IActorRef ActorOf(Props props, string name = null)
    {
        ArgumentNullException.ThrowIfNull(props);
        if (name != null && !ActorPath.IsValidPathElement(name))
            throw new InvalidActorNameException($"Illegal actor name [{name}]. Actor paths MUST: not start with `$`, and be made of ASCII letters, digits and -_.*$+:@&=,!~';()");
        LocalActorRef child;
        lock (_children)
        {
            if (_waitReason == Reason.Termination || IsTerminated) throw new InvalidOperationException("Cannot create child while terminating or terminated");
            name ??= "$" + Base36(_nextName++);
            if (_children.ContainsKey(name)) throw new InvalidActorNameException($"Actor name \"{name}\" is not unique!");
            child = SystemImpl.NewActorRef(props, _self, _self.Path / name);
            _children.Add(name, new ChildStats(child));
        }
        child.Start();
        return child;
    }

    public IActorRef Child(string name)
    {
        lock (_children) return _children.TryGetValue(name, out var stats) ? stats.Child : ActorRefs.Nobody;
    }

    public IEnumerable<IActorRef> GetChildren()
    {
        lock (_children) return [.. _children.Values.Select(c => c.Child)];
    }

    public void Stop(IActorRef child)
    {
        lock (_children)
            if (_children.TryGetValue(child.Path.Name, out var stats) && stats.Child.Equals(child)) _dying.Add(child);
        ((IInternalActorRef)child).Stop();
    }

    internal ChildStats StatsOf(IActorRef child)
    {
        lock (_children) return _children.TryGetValue(child.Path.Name, out var stats) && stats.Child.Equals(child) ? stats : null;
    }

    private IEnumerable<IInternalActorRef> Children => GetChildren().Cast<IInternalActorRef>();

    private void StopChildren()
    {
        foreach (var child in GetChildren()) Stop(child);
    }

    private bool TryMarkTerminating()
    {
        lock (_children)
        {
            var first = _waitReason != Reason.Termination;
            _waitReason = Reason.Termination;
            return first;
        }
    }

    /// <returns>False when no child is about to end, so that there is nothing to wait for.</returns>
    private bool WaitForDyingChildren(Reason reason, Exception cause = null)
    {
        lock (_children)
        {
            if (_dying.Count == 0) return false;
            (_waitReason, _waitCause) = (reason, cause);
            return true;
        }
    }

    private void RemoveChild(IActorRef child)
    {
        Reason reason;
        lock (_children)
        {
            if (!_children.Remove(child.Path.Name)) return;
            if (!_dying.Remove(child) || _dying.Count > 0) return;
            reason = _waitReason;
            if (reason != Reason.Termination) _waitReason = Reason.None;
        }
        switch (reason)
        {
            case Reason.Recreation: FinishRecreate(_waitCause); break;
            case Reason.Creation: FinishCreate(); break;
            case Reason.Termination: FinishTerminate(); break;
        }
        while (!WaitsForChildren && _postponed.TryDequeue(out var message)) SystemInvoke(message);
    }

    private static string Base36(long number)
    {
        const string Digits = "abcdefghijklmnopqrstuvwxyz0123456789";
        var text = "";
        do text += Digits[(int)(number % 36)]; while ((number /= 36) > 0);
        return text;
    }
}

/// <summary>A child and how often it was restarted lately.</summary>
internal sealed class ChildStats(IInternalActorRef child)
{
    private int _restarts;
    private long _windowStart;

    public IInternalActorRef Child => child;

    /// <param name="maxRetries">Negative: no limit.</param>
    /// <param name="withinMilliseconds">Not above 0: counted over the child's whole life.</param>
    public bool MayRestart(int maxRetries, int withinMilliseconds)
    {
        if (maxRetries == 0) return false;
        if (maxRetries < 0 && withinMilliseconds <= 0) return true;
        var limit = maxRetries < 0 ? 1 : maxRetries;
        if (withinMilliseconds <= 0) return ++_restarts <= limit;
        var now = Environment.TickCount64;
        if (_restarts == 0 || now - _windowStart > withinMilliseconds) (_restarts, _windowStart) = (0, now);
        return ++_restarts <= limit;
    }
}

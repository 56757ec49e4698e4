using Akka.Event;

namespace Akka.TestKit;

/// <summary>A logger that prints only what no filter of a test takes.</summary>
public class TestEventListener : DefaultLogger
{
    private readonly List<CountingFilter> _filters = [];

    internal sealed record Install(CountingFilter Filter);
    internal sealed record Uninstall(CountingFilter Filter);

    /// <summary>Set when all events published before have been seen.</summary>
    internal sealed record Flush(ManualResetEventSlim Done);

    protected override bool Receive(object message)
    {
        switch (message)
        {
            case InitializeLogger initialize:
                var bus = (EventStream)initialize.LoggingBus;
                foreach (var channel in (Type[])[typeof(Install), typeof(Uninstall), typeof(Flush), typeof(DeadLetter)]) bus.Subscribe(Self, channel);
                return base.Receive(message);
            case Install install: _filters.Add(install.Filter); return true;
            case Flush flush: flush.Done.Set(); return true;
            case Uninstall uninstall: _filters.Remove(uninstall.Filter); return true;
            case DeadLetter letter: return Taken(new Warning(letter.Recipient.Path.ToString(), letter.Recipient.GetType(), letter)) || true;
            case LogEvent logEvent when Taken(logEvent): return true;
            default: return base.Receive(message);
        }
    }

    private bool Taken(LogEvent logEvent)
    {
        var taken = false;
        foreach (var filter in _filters) taken |= filter.Apply(logEvent);
        return taken;
    }
}

using Akka.Actor;
using Akka.Event;

namespace Akka.TestKit;

/// <summary>Counts the events that fit. The listener calls it from its own thread.</summary>
internal sealed class CountingFilter(Predicate<LogEvent> fits)
{
    private int _count;

    public int Count => Volatile.Read(ref _count);

    public bool Apply(LogEvent logEvent)
    {
        if (!fits(logEvent)) return false;
        Interlocked.Increment(ref _count);
        return true;
    }
}

internal sealed class EventFilterApplier(TestKitBase kit, ActorSystem system, IReadOnlyList<Predicate<LogEvent>> filters) : IEventFilterApplier
{
    public EventFilterFactory And => new(kit, system, filters);

    public void ExpectOne(Action action, CancellationToken cancellationToken = default) => Expect(1, action, cancellationToken);
    public void ExpectOne(TimeSpan timeout, Action action, CancellationToken cancellationToken = default) => Expect(1, timeout, action, cancellationToken);
    public void Expect(int expectedCount, Action action, CancellationToken cancellationToken = default) => Count(expectedCount, null, Function(action), cancellationToken);
    public void Expect(int expectedCount, TimeSpan timeout, Action action, CancellationToken cancellationToken = default) => Count(expectedCount, timeout, Function(action), cancellationToken);
    public T ExpectOne<T>(Func<T> func, CancellationToken cancellationToken = default) => Count(1, null, func, cancellationToken);
    public T Expect<T>(int expectedCount, Func<T> func, CancellationToken cancellationToken = default) => Count(expectedCount, null, func, cancellationToken);
    public void Mute(Action action, CancellationToken cancellationToken = default) => Mute(Function(action), cancellationToken);

    public T Mute<T>(Func<T> func, CancellationToken cancellationToken = default)
    {
        using (Mute()) return func();
    }

    public IUnmutableFilter Mute() => Install(out _);

    private T Count<T>(int expected, TimeSpan? timeout, Func<T> function, CancellationToken cancellationToken)
    {
        using var installed = Install(out var filter);
        var result = function();
        var limit = timeout is { } t ? kit.Dilated(t) : kit.Dilated(kit.TestKitSettings.TestEventFilterLeeway);
        if (expected > 0 && !kit.AwaitConditionNoThrow(() => filter.Count >= expected, limit, TimeSpan.FromMilliseconds(5), cancellationToken))
            kit.TestAssertions.Fail($"Timeout ({limit}) waiting for messages. Only received {filter.Count}/{expected} messages that match the filter");
        var flushed = new ManualResetEventSlim();
        system.EventStream.Publish(new TestEventListener.Flush(flushed));
        flushed.Wait(limit, cancellationToken);
        if (filter.Count > expected) kit.TestAssertions.Fail($"Expected {expected} {(expected == 1 ? "message" : "messages")} but received {filter.Count} that match the filter");
        return result;
    }

    private Installed Install(out CountingFilter filter)
    {
        filter = new CountingFilter(e => filters.Any(f => f(e)));
        return new Installed(system, filter);
    }

    private static Func<bool> Function(Action action) => () =>
    {
        action();
        return true;
    };

    private sealed class Installed : IUnmutableFilter
    {
        private readonly ActorSystem _system;
        private readonly CountingFilter _filter;

        public Installed(ActorSystem system, CountingFilter filter)
        {
            (_system, _filter) = (system, filter);
            system.EventStream.Publish(new TestEventListener.Install(filter));
        }

        public void Unmute() => _system.EventStream.Publish(new TestEventListener.Uninstall(_filter));
        public void Dispose() => Unmute();
    }
}

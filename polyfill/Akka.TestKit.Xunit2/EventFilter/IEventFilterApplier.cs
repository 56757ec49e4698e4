namespace Akka.TestKit;

/// <summary>Runs code and demands, or hides, the log events that fit a filter. Hidden and demanded events are not printed.</summary>
public interface IEventFilterApplier
{
    /// <summary>Adds another filter.</summary>
    EventFilterFactory And { get; }
    void ExpectOne(Action action, CancellationToken cancellationToken = default);
    void ExpectOne(TimeSpan timeout, Action action, CancellationToken cancellationToken = default);
    void Expect(int expectedCount, Action action, CancellationToken cancellationToken = default);
    void Expect(int expectedCount, TimeSpan timeout, Action action, CancellationToken cancellationToken = default);
    T ExpectOne<T>(Func<T> func, CancellationToken cancellationToken = default);
    T Expect<T>(int expectedCount, Func<T> func, CancellationToken cancellationToken = default);
    void Mute(Action action, CancellationToken cancellationToken = default);
    T Mute<T>(Func<T> func, CancellationToken cancellationToken = default);
    IUnmutableFilter Mute();
}

/// <summary>Hides events until it is disposed.</summary>
public interface IUnmutableFilter : IDisposable
{
    void Unmute();
}

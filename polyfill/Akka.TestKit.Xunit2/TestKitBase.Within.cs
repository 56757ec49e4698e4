using System.Diagnostics;

namespace Akka.TestKit;

public abstract partial class TestKitBase
{
    private TimeSpan? _end;

    /// <summary>A monotonic clock.</summary>
    public static TimeSpan Now => Stopwatch.GetElapsedTime(0);

    /// <summary>What is left of the innermost Within.</summary>
    public TimeSpan Remaining => _end is { } end ? End(end) : throw new InvalidOperationException("Remaining may not be called outside of \"within\"");

    public TimeSpan RemainingOrDefault => RemainingOr(Dilated(TestKitSettings.SingleExpectDefault));

    public TimeSpan Dilated(TimeSpan duration) => duration < TimeSpan.Zero ? duration : duration * TestKitSettings.TestTimeFactor;

    public TimeSpan RemainingOrDilated(TimeSpan? duration) => duration is { } d ? Dilated(d) : RemainingOrDefault;

    public TimeSpan GetTimeoutOrDefault(TimeSpan? timeout) => RemainingOrDilated(timeout);

    protected TimeSpan RemainingOr(TimeSpan duration) => _end is { } end ? End(end) : duration;

    /// <summary>Fails when the action takes longer; expectations inside wait for what is left of the time.</summary>
    public void Within(TimeSpan max, Action action, TimeSpan? epsilonValue = null, CancellationToken cancellationToken = default) =>
        Within(TimeSpan.Zero, max, action, null, epsilonValue, cancellationToken);

    public void Within(TimeSpan min, TimeSpan max, Action action, string hint = null, TimeSpan? epsilonValue = null, CancellationToken cancellationToken = default) =>
        Within(min, max, () =>
        {
            action();
            return true;
        }, hint, epsilonValue, cancellationToken);

    public T Within<T>(TimeSpan max, Func<T> function, TimeSpan? epsilonValue = null, CancellationToken cancellationToken = default) =>
        Within(TimeSpan.Zero, max, function, null, epsilonValue, cancellationToken);

    public T Within<T>(TimeSpan min, TimeSpan max, Func<T> function, string hint = null, TimeSpan? epsilonValue = null, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var start = Now;
        var limit = Dilated(max);
        if (_end is { } outer && End(outer) < limit) limit = End(outer);
        _assertions.AssertTrue(limit >= min, $"Required min time {min} not possible, only {limit} left{Hint(hint)}");
        _lastWasNoMsg = false;
        var before = _end;
        _end = start + limit;
        T result;
        try
        {
            result = function();
        }
        finally
        {
            _end = before;
        }
        var elapsed = Now - start;
        var epsilon = epsilonValue ?? TimeSpan.Zero;
        _assertions.AssertTrue(min - epsilon <= elapsed, $"Failed: Block took {elapsed}, should have at least been {min}{Hint(hint)}");
        // An expectation of silence uses up all the time, and a bit more.
        if (!_lastWasNoMsg) _assertions.AssertTrue(elapsed <= limit + epsilon, $"Failed: Block took {elapsed}, exceeding {limit}{Hint(hint)}");
        return result;
    }
}

namespace Akka.TestKit;

public abstract partial class TestKitBase
{
    /// <summary>Repeats the assertion until it holds; after the duration its failure is the test's.</summary>
    public void AwaitAssert(Action assertion, TimeSpan? duration = null, TimeSpan? interval = null, CancellationToken cancellationToken = default)
    {
        var end = Now + RemainingOrDilated(duration);
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                assertion();
                return;
            }
            catch (Exception) when (Now < end)
            {
                Pause(interval, end);
            }
        }
    }

    public void AwaitCondition(Func<bool> conditionIsFulfilled, CancellationToken cancellationToken = default) =>
        AwaitCondition(conditionIsFulfilled, null, null, null, cancellationToken);

    public void AwaitCondition(Func<bool> conditionIsFulfilled, TimeSpan? max, CancellationToken cancellationToken = default) =>
        AwaitCondition(conditionIsFulfilled, max, null, null, cancellationToken);

    public void AwaitCondition(Func<bool> conditionIsFulfilled, TimeSpan? max, string message, CancellationToken cancellationToken = default) =>
        AwaitCondition(conditionIsFulfilled, max, null, message, cancellationToken);

    public void AwaitCondition(Func<bool> conditionIsFulfilled, TimeSpan? max, TimeSpan? interval, string message = null, CancellationToken cancellationToken = default)
    {
        var limit = RemainingOrDilated(max);
        if (!Holds(conditionIsFulfilled, limit, interval, cancellationToken))
            _assertions.Fail($"Timeout ({limit}) expired while waiting for condition.{(message == null ? "" : " Message: " + message)}");
    }

    public bool AwaitConditionNoThrow(Func<bool> conditionIsFulfilled, TimeSpan max, TimeSpan? interval = null, CancellationToken cancellationToken = default) =>
        Holds(conditionIsFulfilled, Dilated(max), interval, cancellationToken);

    private static bool Holds(Func<bool> condition, TimeSpan max, TimeSpan? interval, CancellationToken cancellationToken)
    {
        var end = Now + max;
        while (!condition())
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (Now >= end) return false;
            Pause(interval, end);
        }
        return true;
    }

    private static void Pause(TimeSpan? interval, TimeSpan end)
    {
        var pause = interval ?? TimeSpan.FromMilliseconds(20);
        Thread.Sleep(pause < End(end) ? pause : End(end));
    }
}

using Akka.Actor;

namespace Akka.TestKit;

public abstract partial class TestKitBase
{
    private MessageEnvelope _last = NullMessageEnvelope.Instance;
    private bool _lastWasNoMsg;

    public object LastMessage => _last.Message;
    public IActorRef LastSender => _last.Sender;

    /// <summary>The next message, or null when none comes within <paramref name="max"/> (in a Within: within what is left).</summary>
    public object ReceiveOne(TimeSpan? max = null, CancellationToken cancellationToken = default) =>
        TryReceiveOne(out var envelope, max, cancellationToken) ? envelope.Message : null;

    public bool TryReceiveOne(out MessageEnvelope envelope, TimeSpan? max = null, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        envelope = _queue.Take(max ?? RemainingOrDilated(null), remove: true) ?? NullMessageEnvelope.Instance;
        _lastWasNoMsg = false;
        _last = envelope;
        return envelope is RealMessageEnvelope;
    }

    /// <summary>The next message, which stays in the queue.</summary>
    public object PeekOne(TimeSpan? max = null, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return _queue.Take(max ?? RemainingOrDilated(null), remove: false)?.Message;
    }

    public IReadOnlyCollection<object> ReceiveN(int numberOfMessages, CancellationToken cancellationToken = default) =>
        Take(numberOfMessages, RemainingOrDefault, cancellationToken);

    public IReadOnlyCollection<object> ReceiveN(int numberOfMessages, TimeSpan max, CancellationToken cancellationToken = default) =>
        Take(numberOfMessages, Dilated(max), cancellationToken);

    /// <summary>Takes messages until one fits; the others are gone.</summary>
    public T FishForMessage<T>(Predicate<T> isMessage, TimeSpan? max = null, string hint = "", CancellationToken cancellationToken = default)
    {
        var limit = RemainingOrDilated(max);
        var end = Now + limit;
        while (TryReceiveOne(out var envelope, End(end), cancellationToken))
            if (envelope.Message is T typed && isMessage(typed)) return typed;
        _assertions.Fail($"Timeout ({limit}) during fishForMessage{(string.IsNullOrEmpty(hint) ? "" : $", hint: {hint}")}");
        return default;
    }

    public object FishForMessage(Predicate<object> isMessage, TimeSpan? max = null, string hint = "", CancellationToken cancellationToken = default) =>
        FishForMessage<object>(isMessage, max, hint, cancellationToken);

    /// <summary>Takes messages as long as the filter makes something of them.</summary>
    public IReadOnlyList<T> ReceiveWhile<T>(TimeSpan? max, Func<object, T> filter, int msgs = int.MaxValue, CancellationToken cancellationToken = default) =>
        ReceiveWhile(max, Timeout.InfiniteTimeSpan, filter, msgs, cancellationToken);

    public IReadOnlyList<T> ReceiveWhile<T>(TimeSpan? max, TimeSpan? idle, Func<object, T> filter, int msgs = int.MaxValue, CancellationToken cancellationToken = default)
    {
        var end = Now + RemainingOrDilated(max);
        var result = new List<T>();
        while (result.Count < msgs)
        {
            var wait = End(end);
            if (idle is { } i && i >= TimeSpan.Zero && i < wait) wait = i;
            cancellationToken.ThrowIfCancellationRequested();
            if (_queue.Take(wait, remove: false) is not { } next || filter(next.Message) is not { } made) break;
            _last = _queue.Take(TimeSpan.Zero, remove: true);
            result.Add(made);
        }
        _lastWasNoMsg = true;
        return result;
    }

    private List<object> Take(int count, TimeSpan max, CancellationToken cancellationToken)
    {
        var end = Now + max;
        var result = new List<object>(count);
        while (result.Count < count)
        {
            if (!TryReceiveOne(out var envelope, End(end), cancellationToken))
                _assertions.Fail($"Timeout ({max}) while expecting {count} messages. Only got {result.Count}.");
            result.Add(envelope.Message);
        }
        return result;
    }

    private static TimeSpan End(TimeSpan end) => end > Now ? end - Now : TimeSpan.Zero;
}

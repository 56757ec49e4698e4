using Akka.Actor;

namespace Akka.TestKit;

public abstract partial class TestKitBase
{
    public T ExpectMsg<T>(TimeSpan? duration = null, string hint = null, CancellationToken cancellationToken = default) =>
        Expect<T>(duration, hint, (_, _) => { }, cancellationToken);

    public T ExpectMsg<T>(T message, TimeSpan? timeout = null, string hint = null, CancellationToken cancellationToken = default) =>
        Expect<T>(timeout, hint, (m, _) => _assertions.AssertEqual(message, m, Hint(hint)), cancellationToken);

    public T ExpectMsg<T>(Predicate<T> isMessage, TimeSpan? timeout = null, string hint = null, CancellationToken cancellationToken = default) =>
        Expect<T>(timeout, hint, (m, _) => _assertions.AssertTrue(isMessage(m), $"Got a message of the expected type <{typeof(T)}> but it did not fit: <{m}>{Hint(hint)}"), cancellationToken);

    public T ExpectMsg<T>(Action<T> assert, TimeSpan? timeout = null, string hint = null, CancellationToken cancellationToken = default) =>
        Expect<T>(timeout, hint, (m, _) => assert(m), cancellationToken);

    public T ExpectMsg<T>(Func<T, IActorRef, bool> isMessageAndSender, TimeSpan? timeout = null, string hint = null, CancellationToken cancellationToken = default) =>
        Expect<T>(timeout, hint, (m, s) => _assertions.AssertTrue(isMessageAndSender(m, s), $"<{m}> from {s} did not fit{Hint(hint)}"), cancellationToken);

    public T ExpectMsg<T>(Action<T, IActorRef> assertMessageAndSender, TimeSpan? timeout = null, string hint = null, CancellationToken cancellationToken = default) =>
        Expect(timeout, hint, assertMessageAndSender, cancellationToken);

    public T ExpectMsgFrom<T>(IActorRef sender, TimeSpan? duration = null, string hint = null, CancellationToken cancellationToken = default) =>
        Expect<T>(duration, hint, (_, s) => AssertSender(sender, s, hint), cancellationToken);

    public T ExpectMsgFrom<T>(IActorRef sender, T message, TimeSpan? timeout = null, string hint = null, CancellationToken cancellationToken = default) =>
        Expect<T>(timeout, hint, (m, s) =>
        {
            AssertSender(sender, s, hint);
            _assertions.AssertEqual(message, m, Hint(hint));
        }, cancellationToken);

    public T ExpectMsgFrom<T>(IActorRef sender, Predicate<T> isMessage, TimeSpan? timeout = null, string hint = null, CancellationToken cancellationToken = default) =>
        Expect<T>(timeout, hint, (m, s) =>
        {
            AssertSender(sender, s, hint);
            _assertions.AssertTrue(isMessage(m), $"<{m}> did not fit{Hint(hint)}");
        }, cancellationToken);

    public T ExpectMsgAnyOf<T>(IEnumerable<T> messages, CancellationToken cancellationToken = default) =>
        Expect<T>(null, null, (m, _) => _assertions.AssertTrue(messages.Contains(m), $"not found: <{m}>"), cancellationToken);

    /// <summary>These messages, in any order.</summary>
    public IReadOnlyCollection<T> ExpectMsgAllOf<T>(params T[] messages) => AllOf(RemainingOrDefault, messages);

    public IReadOnlyCollection<T> ExpectMsgAllOf<T>(TimeSpan max, params T[] messages) => AllOf(Dilated(max), messages);

    public Terminated ExpectTerminated(IActorRef target, TimeSpan? timeout = null, string hint = null, CancellationToken cancellationToken = default) =>
        ExpectMsg<Terminated>(t => t.ActorRef.Equals(target), timeout, hint ?? $"Expected Terminated for {target}", cancellationToken);

    /// <summary>Nothing, for the default time or what is left of a Within.</summary>
    public void ExpectNoMsg(CancellationToken cancellationToken = default) => NoMessage(RemainingOrDefault, cancellationToken);

    public void ExpectNoMsg(TimeSpan duration, CancellationToken cancellationToken = default) => NoMessage(Dilated(duration), cancellationToken);

    public void ExpectNoMsg(int milliseconds, CancellationToken cancellationToken = default) =>
        NoMessage(Dilated(TimeSpan.FromMilliseconds(milliseconds)), cancellationToken);

    private T Expect<T>(TimeSpan? timeout, string hint, Action<T, IActorRef> check, CancellationToken cancellationToken)
    {
        var limit = RemainingOrDilated(timeout);
        if (!TryReceiveOne(out var envelope, limit, cancellationToken))
            _assertions.Fail($"Failed: Timeout {limit} while waiting for a message of type {typeof(T)}{Hint(hint)}");
        if (envelope.Message is not T typed)
        {
            _assertions.Fail($"Failed: Expected a message of type {typeof(T)}, but received {{{envelope.Message}}} (type {envelope.Message.GetType()}) instead from {envelope.Sender}{Hint(hint)}");
            return default;
        }
        check(typed, envelope.Sender);
        return typed;
    }

    private List<T> AllOf<T>(TimeSpan max, T[] messages)
    {
        var got = Take(messages.Length, max, default);
        var missing = messages.Except(got.OfType<T>()).ToList();
        _assertions.AssertTrue(missing.Count == 0, $"not found [{string.Join(", ", missing)}], got [{string.Join(", ", got)}]");
        return [.. got.OfType<T>()];
    }

    private void NoMessage(TimeSpan duration, CancellationToken cancellationToken)
    {
        if (TryReceiveOne(out var envelope, duration, cancellationToken))
            _assertions.Fail($"Expected no messages during {duration}, instead we received <{envelope.Message}> from {envelope.Sender}");
        _lastWasNoMsg = true;
    }

    private void AssertSender(IActorRef expected, IActorRef actual, string hint) =>
        _assertions.AssertTrue(expected.Equals(actual), $"Sender does not match. Expected {expected}, got {actual}{Hint(hint)}");

    private static string Hint(string hint) => string.IsNullOrEmpty(hint) ? "" : $" [Hint: {hint}]";
}

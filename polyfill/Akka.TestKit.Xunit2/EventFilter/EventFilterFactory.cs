using System.Text.RegularExpressions;
using Akka.Actor;
using Akka.Event;

namespace Akka.TestKit;

/// <summary>Makes filters of log events. Of message, start and contains the first that is given decides; none fits all.</summary>
public class EventFilterFactory
{
    private readonly TestKitBase _kit;
    private readonly ActorSystem _system;
    private readonly IReadOnlyList<Predicate<LogEvent>> _before;

    public EventFilterFactory(TestKitBase testkit) : this(testkit, testkit.Sys) { }
    public EventFilterFactory(TestKitBase testkit, ActorSystem system) : this(testkit, system, []) { }
    internal EventFilterFactory(TestKitBase testkit, ActorSystem system, IReadOnlyList<Predicate<LogEvent>> before) => (_kit, _system, _before) = (testkit, system, before);

    public IEventFilterApplier Exception<TException>(string message = null, string start = null, string contains = null, string source = null) where TException : Exception =>
        Exception(typeof(TException), message, start, contains, source);

    public IEventFilterApplier Exception(Type exceptionType, string message = null, string start = null, string contains = null, string source = null, bool checkInnerExceptions = false) =>
        Exceptions(exceptionType, Text(message, start, contains), source, checkInnerExceptions);

    public IEventFilterApplier Exception<TException>(Regex pattern, string source = null) where TException : Exception =>
        Exceptions(typeof(TException), pattern.IsMatch, source, false);

    public IEventFilterApplier Error(string message = null, string start = null, string contains = null, string source = null) => Level<Error>(Text(message, start, contains), source);
    public IEventFilterApplier Error(Regex pattern, string source = null) => Level<Error>(pattern.IsMatch, source);
    public IEventFilterApplier Warning(string message = null, string start = null, string contains = null, string source = null) => Level<Warning>(Text(message, start, contains), source);
    public IEventFilterApplier Warning(Regex pattern, string source = null) => Level<Warning>(pattern.IsMatch, source);
    public IEventFilterApplier Info(string message = null, string start = null, string contains = null, string source = null) => Level<Info>(Text(message, start, contains), source);
    public IEventFilterApplier Info(Regex pattern, string source = null) => Level<Info>(pattern.IsMatch, source);
    public IEventFilterApplier Debug(string message = null, string start = null, string contains = null, string source = null) => Level<Debug>(Text(message, start, contains), source);
    public IEventFilterApplier Debug(Regex pattern, string source = null) => Level<Debug>(pattern.IsMatch, source);
    public IEventFilterApplier Custom(Predicate<LogEvent> predicate) => Applier(predicate);
    public IEventFilterApplier Custom<TLogEvent>(Predicate<TLogEvent> predicate) where TLogEvent : LogEvent => Applier(e => e is TLogEvent typed && predicate(typed));
    public IEventFilterApplier DeadLetter() => Applier(e => e.Message is DeadLetter);
    public IEventFilterApplier DeadLetter<TMessage>(string source = null) => DeadLetter<TMessage>(_ => true, source);

    public IEventFilterApplier DeadLetter<TMessage>(Func<TMessage, bool> isMatch, string source = null) =>
        Applier(e => e.Message is DeadLetter { Message: TMessage m } && FromSource(e, source) && isMatch(m));

    private EventFilterApplier Level<T>(Predicate<string> text, string source) where T : LogEvent =>
        Applier(e => e is T && e.Message is not Event.DeadLetter && FromSource(e, source) && text(e.Message?.ToString() ?? ""));

    private EventFilterApplier Exceptions(Type type, Predicate<string> text, string source, bool inner) => Applier(e =>
    {
        if (e is not Event.Error || !FromSource(e, source)) return false;
        for (var cause = e.Cause; cause != null; cause = inner ? cause.InnerException : null)
            if (type.IsInstanceOfType(cause) && (text(cause.Message) || text(e.Message?.ToString() ?? ""))) return true;
        return false;
    });

    private EventFilterApplier Applier(Predicate<LogEvent> filter) => new(_kit, _system, [.. _before, filter]);

    private static bool FromSource(LogEvent e, string source) => source == null || e.LogSource == source || e.LogSource.StartsWith(source + "(", StringComparison.Ordinal);

    private static Predicate<string> Text(string message, string start, string contains) => text =>
        message != null ? text == message
        : start != null ? text.StartsWith(start, StringComparison.Ordinal)
        : contains == null || text.Contains(contains, StringComparison.Ordinal);
}

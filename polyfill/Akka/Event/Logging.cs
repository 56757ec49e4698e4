using Akka.Actor;

namespace Akka.Event;

/// <summary>Makes logging adapters, and knows the names of levels.</summary>
public static class Logging
{
    /// <summary>A log in the name of the actor: its path and class.</summary>
    public static ILoggingAdapter GetLogger(this IActorContext context, ILogMessageFormatter logMessageFormatter = null) =>
        new BusLogging(context.System.EventStream, context.Self.Path.ToString(), context.Props.Type, logMessageFormatter ?? DefaultLogMessageFormatter.Instance);

    /// <param name="system">Its event stream gets the lines.</param>
    /// <param name="logSourceObj">A name, a type, or an object whose type's name is used.</param>
    /// <param name="logMessageFormatter">Null for the default.</param>
    public static ILoggingAdapter GetLogger(ActorSystem system, object logSourceObj, ILogMessageFormatter logMessageFormatter = null)
    {
        var (name, type) = logSourceObj switch
        {
            string text => (text, typeof(string)),
            Type t => (t.Name, t),
            IActorRef actor => (actor.Path.ToString(), actor.GetType()),
            _ => (logSourceObj.GetType().Name, logSourceObj.GetType()),
        };
        return new BusLogging(system.EventStream, $"{name}({system})", type, logMessageFormatter ?? DefaultLogMessageFormatter.Instance);
    }

    public static Type ClassFor(this LogLevel logLevel) => logLevel switch
    {
        LogLevel.DebugLevel => typeof(Debug),
        LogLevel.InfoLevel => typeof(Info),
        LogLevel.WarningLevel => typeof(Warning),
        LogLevel.ErrorLevel => typeof(Error),
        _ => throw new ArgumentException("Unknown LogLevel", nameof(logLevel)),
    };

    public static string StringFor(this LogLevel logLevel) => ClassFor(logLevel).Name.ToUpperInvariant();

    /// <summary>The level that a configuration names; OFF is above all that is ever logged.</summary>
    public static LogLevel LogLevelFor(string logLevel) => logLevel?.ToUpperInvariant() switch
    {
        "DEBUG" => LogLevel.DebugLevel,
        "INFO" => LogLevel.InfoLevel,
        "WARNING" => LogLevel.WarningLevel,
        "ERROR" => LogLevel.ErrorLevel,
        "OFF" => LogLevel.ErrorLevel + 1,
        _ => throw new ArgumentException($@"Unknown LogLevel: ""{logLevel}"". Valid values are: ""Debug"", ""Info"", ""Warning"", ""Error""", nameof(logLevel)),
    };
}

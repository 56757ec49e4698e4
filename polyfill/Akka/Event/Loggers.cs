using Akka.Actor;
using Akka.Configuration;
using Akka.Dispatch;

namespace Akka.Event;

/// <summary>The first message of a logger, answered with <see cref="LoggerInitialized"/>.</summary>
public class InitializeLogger(LoggingBus loggingBus)
{
    public LoggingBus LoggingBus { get; } = loggingBus;
}

public class LoggerInitialized : IDeadLetterSuppression;

/// <summary>On a logger class: its mailbox may be made for logging.</summary>
public interface ILoggerMessageQueueSemantics : ISemantics;

/// <summary>Prints log events on standard output.</summary>
public class DefaultLogger : ActorBase
{
    protected override bool Receive(object message)
    {
        switch (message)
        {
            case InitializeLogger: Sender.Tell(new LoggerInitialized(), Self); return true;
            case LogEvent logEvent: Print(logEvent); return true;
            default: return false;
        }
    }

    protected virtual void Print(LogEvent logEvent) => Console.Out.WriteLine(logEvent);
}

/// <summary>Turns unhandled messages into log lines.</summary>
internal sealed class UnhandledMessageForwarder : ReceiveActor
{
    public UnhandledMessageForwarder() => Receive<UnhandledMessage>(m => Context.System.EventStream.Publish(
        new Debug(m.Recipient.Path.ToString(), m.Recipient.GetType(), $"Unhandled message from {m.Sender} : {m.Message}")));

    protected override void PreStart() => Context.System.EventStream.Subscribe(Self, typeof(UnhandledMessage));
}

internal static class LoggerStart
{
    /// <summary>Starts what <c>akka.loggers</c> names and subscribes it to the levels that are on.</summary>
    public static void Run(ActorSystemImpl system)
    {
        var number = 0;
        foreach (var name in system.Settings.Loggers)
        {
            var type = Type.GetType(name) ?? throw new ConfigurationException($"Logger specified in config cannot be found: \"{name}\"");
            var logger = system.SystemActorOf(Props.Create(type).WithDispatcher(Dispatchers.InternalDispatcherId), $"log{++number}-{type.Name}");
            if (!logger.Ask<LoggerInitialized>(new InitializeLogger(system.EventStream), system.Settings.LoggerStartTimeout).Wait(system.Settings.LoggerStartTimeout))
                throw new ConfigurationException($"Logger [{name}] did not answer InitializeLogger in time");
            for (var level = system.EventStream.LogLevel; level <= LogLevel.ErrorLevel; level++)
                system.EventStream.Subscribe(logger, level.ClassFor());
        }
        if (system.Settings.DebugUnhandledMessage) system.SystemActorOf(Props.Create<UnhandledMessageForwarder>(), "UnhandledMessageForwarder");
        if (system.Settings.LogDeadLetters > 0) system.SystemActorOf(Props.Create<DeadLetterListener>(), "deadLetterListener");
    }
}

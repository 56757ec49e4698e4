using Akka.Configuration;
using Akka.Event;

namespace Akka.Actor;

/// <summary>The configuration of a system, and the engine's own keys read from it.</summary>
public class Settings
{
    internal Settings(ActorSystemImpl system, Config config)
    {
        SystemImpl = system;
        Config = config.SafeWithFallback(ConfigurationFactory.Default());
        AskTimeout = Config.GetTimeSpan("akka.actor.ask-timeout", Timeout.InfiniteTimeSpan);
        LogLevel = Config.GetString("akka.loglevel");
        Loggers = Config.GetStringList("akka.loggers");
        LoggerStartTimeout = Config.GetTimeSpan("akka.logger-startup-timeout");
        DebugUnhandledMessage = Config.GetBoolean("akka.actor.debug.unhandled");
        SchedulerClass = Config.GetString("akka.scheduler.implementation");
        SupervisorStrategyClass = Config.GetString("akka.actor.guardian-supervisor-strategy");
        LogDeadLetters = Config.GetString("akka.log-dead-letters")?.ToLowerInvariant() switch
        {
            "on" or "true" => int.MaxValue,
            "off" or "false" => 0,
            _ => Config.GetInt("akka.log-dead-letters"),
        };
        LogDeadLettersDuringShutdown = Config.GetBoolean("akka.log-dead-letters-during-shutdown");
    }

    internal ActorSystemImpl SystemImpl { get; }
    public ActorSystem System => SystemImpl;
    public Config Config { get; }
    public TimeSpan AskTimeout { get; }
    public string LogLevel { get; }
    public IList<string> Loggers { get; }
    public TimeSpan LoggerStartTimeout { get; }
    public bool DebugUnhandledMessage { get; }
    public string SchedulerClass { get; }
    public string SupervisorStrategyClass { get; }
    public int LogDeadLetters { get; }
    public bool LogDeadLettersDuringShutdown { get; }
}

using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Configuration;

namespace Akka.Dispatch;

/// <summary>Finds dispatchers by the path of their HOCON section, or by a path whose value is the name of another.</summary>
public sealed class Dispatchers
{
    public const string DefaultDispatcherId = "akka.actor.default-dispatcher";
    public const string DefaultBlockingDispatcherId = "akka.actor.default-blocking-io-dispatcher";
    internal const string InternalDispatcherId = "akka.actor.internal-dispatcher";
    private const int MaxAliasDepth = 20;
    private readonly ConcurrentDictionary<string, Lazy<MessageDispatcherConfigurator>> _configurators = new();
    private readonly Config _config;

    internal Dispatchers(IDispatcherPrerequisites prerequisites)
    {
        Prerequisites = prerequisites;
        _config = prerequisites.Settings.Config;
        DefaultGlobalDispatcher = Lookup(DefaultDispatcherId);
    }

    public IDispatcherPrerequisites Prerequisites { get; }
    public MessageDispatcher DefaultGlobalDispatcher { get; }

    public bool HasDispatcher(string id) => _configurators.ContainsKey(id) || _config.HasPath(id);

    public bool RegisterConfigurator(string id, MessageDispatcherConfigurator configurator) =>
        _configurators.TryAdd(id, new Lazy<MessageDispatcherConfigurator>(configurator));

    public MessageDispatcher Lookup(string dispatcherName) =>
        _configurators.GetOrAdd(dispatcherName, id => new Lazy<MessageDispatcherConfigurator>(() => Create(id))).Value.Dispatcher();

    private MessageDispatcherConfigurator Create(string id)
    {
        for (var depth = 0; depth < MaxAliasDepth; depth++)
        {
            var value = _config.GetValue(id) ?? throw new ConfigurationException($"Dispatcher {id} not configured.");
            if (value.IsObject()) return Create(id, _config.GetConfig(id));
            id = value.GetString() ?? throw new ConfigurationException($"Expected either a dispatcher config or an alias at [{id}] but found [{value}]");
        }
        throw new ConfigurationException($"Dispatcher {id}: its aliases go round in a circle");
    }

    private MessageDispatcherConfigurator Create(string id, Config section)
    {
        var config = ConfigurationFactory.ParseString($"id:\"{id}\"").WithFallback(section).WithFallback(_config.GetConfig(DefaultDispatcherId));
        switch (config.GetString("type"))
        {
            case "Dispatcher": return new DispatcherConfigurator(config, Prerequisites);
            case "PinnedDispatcher": return new PinnedDispatcherConfigurator(config, Prerequisites);
            case var name:
                var type = Type.GetType(name) ?? throw new ConfigurationException($"Could not resolve dispatcher type {name} for path {id}");
                return (MessageDispatcherConfigurator)Activator.CreateInstance(type, config, Prerequisites);
        }
    }
}

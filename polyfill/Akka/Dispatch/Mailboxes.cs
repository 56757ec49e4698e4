using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Configuration;
using Akka.Dispatch.MessageQueues;

namespace Akka.Dispatch;

/// <summary>Finds the mailbox type for an actor: deployment or props first, then what its class requires, then the default.</summary>
public class Mailboxes(ActorSystem system)
{
    public static readonly string DefaultMailboxId = "akka.actor.default-mailbox";
    private readonly ConcurrentDictionary<string, MailboxType> _types = new();
    private readonly Config _config = system.Settings.Config;

    public MailboxType Lookup(string id) => _types.GetOrAdd(id, Create);

    public MailboxType LookupByQueueType(Type queueType)
    {
        foreach (var (name, id) in _config.GetConfig("akka.actor.mailbox.requirements").AsEnumerable())
            if (Type.GetType(name) == queueType) return Lookup(id.GetString());
        throw new ConfigurationException($"Mailbox Mapping for [{queueType}] not configured");
    }

    public MailboxType GetMailboxType(Props props, Config dispatcherConfig)
    {
        var required = RequiredSemantics(props.Type);
        var id = dispatcherConfig?.GetString("id");
        var type = props.Deploy.Mailbox != Deploy.NoMailboxGiven ? Lookup(props.Deploy.Mailbox)
            : props.Deploy.Dispatcher != Deploy.NoDispatcherGiven && dispatcherConfig?.HasPath("mailbox-type") == true ? Lookup(id)
            : required != null ? LookupByQueueType(required)
            : Lookup(DefaultMailboxId);
        var produced = TypeArgument(type.GetType(), typeof(IProducesMessageQueue<>));
        if (required != null && !required.IsAssignableFrom(produced))
            throw new ArgumentException($"produced message queue type of [{produced}] does not fulfill requirement for actor class [{props.Type}]. Must be a subclass of [{required}]");
        return type;
    }

    private static Type RequiredSemantics(Type actor) => TypeArgument(actor, typeof(IRequiresMessageQueue<>));

    private static Type TypeArgument(Type type, Type genericInterface) => type.GetInterfaces()
        .FirstOrDefault(i => i.IsGenericType && i.GetGenericTypeDefinition() == genericInterface)?.GetGenericArguments()[0];

    private MailboxType Create(string id)
    {
        if (!_config.HasPath(id)) throw new ConfigurationException($"Mailbox Type [{id}] not configured");
        var config = ConfigurationFactory.ParseString($"id:{id}").WithFallback(_config.GetConfig(id)).WithFallback(_config.GetConfig(DefaultMailboxId));
        var name = config.GetString("mailbox-type");
        if (string.IsNullOrEmpty(name)) throw new ConfigurationException($"The setting mailbox-type defined in [{id}] is empty");
        var type = Type.GetType(name)
            ?? throw new ConfigurationException($"Found mailbox-type [{name}] in configuration for [{id}], but could not find that type in any loaded assemblies.");
        try
        {
            return (MailboxType)Activator.CreateInstance(type, system.Settings, config);
        }
        catch (Exception e)
        {
            throw new ArgumentException($"Cannot instantiate MailboxType {type}, defined in [{id}]. Make sure it has a public constructor with [Akka.Actor.Settings, Akka.Configuration.Config] parameters", e);
        }
    }
}

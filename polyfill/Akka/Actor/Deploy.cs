using Akka.Configuration;

namespace Akka.Actor;

/// <summary>Which dispatcher and mailbox an actor is to have.</summary>
public class Deploy
{
    public static readonly string NoDispatcherGiven = "";
    public static readonly string NoMailboxGiven = "";
    public static readonly Deploy None = new();

    public string Dispatcher { get; private init; } = NoDispatcherGiven;
    public string Mailbox { get; private init; } = NoMailboxGiven;

    public virtual Deploy WithDispatcher(string dispatcher) => new() { Dispatcher = dispatcher, Mailbox = Mailbox };
    public virtual Deploy WithMailbox(string mailbox) => new() { Dispatcher = Dispatcher, Mailbox = mailbox };
}

/// <summary>The section <c>akka.actor.deployment</c>: paths below /user, where * stands for any one name.</summary>
internal sealed class Deployer
{
    private readonly List<(string[] Path, Config Config)> _entries = [];

    public Deployer(Config config)
    {
        foreach (var (key, value) in config?.AsEnumerable() ?? [])
            if (value.IsObject()) _entries.Add((key.Trim('/').Split('/'), value.GetObject() is { } o ? ToConfig(o) : null));
    }

    /// <summary>The props with what the configuration says about this path; configuration wins.</summary>
    public Props Apply(Props props, ActorPath path)
    {
        var elements = path.Elements;
        if (elements.Count < 2 || elements[0] != "user") return props;
        foreach (var (pattern, config) in _entries.OrderBy(e => e.Path.Count(p => p == "*")))
        {
            if (pattern.Length != elements.Count - 1 || !pattern.Zip(elements.Skip(1), (p, e) => p == "*" || p == e).All(same => same)) continue;
            if (config.GetString("dispatcher", "") is { Length: > 0 } dispatcher) props = props.WithDispatcher(dispatcher);
            if (config.GetString("mailbox", "") is { Length: > 0 } mailbox) props = props.WithMailbox(mailbox);
            return props;
        }
        return props;
    }

    private static Config ToConfig(Configuration.Hocon.HoconObject o)
    {
        var value = new Configuration.Hocon.HoconValue();
        value.AppendValue(o);
        return new Config(new Configuration.Hocon.HoconRoot(value));
    }
}

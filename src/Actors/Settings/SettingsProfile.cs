using System.Reflection;
using Akka.Configuration;
using Akka.Configuration.Hocon;

namespace Tcg.Mttcg.Actors.Settings;

/// <summary>
/// Named sets of overrides of the reference, each a file of hocon/profiles that is embedded in the assembly, and the same from files and from single
/// keys of a user.
/// </summary>
/// <param name="Name">As <c>-profile</c> takes it.</param>
/// <param name="Description">Its first comment line.</param>
/// <param name="Overrides">What it says; everything else is the reference's.</param>
public sealed record SettingsProfile(string Name, string Description, Config Overrides)
{
    private const string Prefix = "profiles/", Suffix = ".conf", Ours = "mttcg";

    // What the actor engine reads may be set too.
    private static readonly string[] Sections = [Ours, "akka"];

    private static Assembly Assembly => typeof(SettingsProfile).Assembly;

    /// <summary>The embedded ones, by name.</summary>
    public static IReadOnlyList<SettingsProfile> All() =>
        [.. Assembly.GetManifestResourceNames().Where(name => name.StartsWith(Prefix, StringComparison.Ordinal)).Order(StringComparer.Ordinal).Select(Embedded)];

    /// <summary>A profile of ours or, if no profile is called so, a file of the user's.</summary>
    /// <exception cref="ConfigurationException">There is neither, or the file cannot be read.</exception>
    public static SettingsProfile Load(string nameOrFile)
    {
        if (All().FirstOrDefault(profile => profile.Name == nameOrFile) is { } known) return known;
        if (!File.Exists(nameOrFile))
            throw new ConfigurationException($"{nameOrFile}: neither a file nor one of {string.Join(", ", All().Select(profile => profile.Name))}");
        try
        {
            return Parse(nameOrFile, File.ReadAllText(nameOrFile));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException($"{nameOrFile}: {e.Message}");
        }
    }

    /// <summary>One key, as <c>mttcg.memory.bitmap-after-writes=0</c>.</summary>
    /// <exception cref="ConfigurationException">It is no such pair, or no such key exists.</exception>
    public static Config Single(string pair)
    {
        var equals = pair.IndexOf('=');
        if (equals <= 0) throw new ConfigurationException($"{pair}: KEY=VALUE is wanted");
        var key = pair[..equals].Trim();
        if (!Keys(MttcgSettings.Reference().GetValue(Ours), Ours).Contains(key)) throw Unknown(key);
        var value = pair[(equals + 1)..].Trim();
        if (value.AsSpan().ContainsAny("\"\\\r\n")) throw new ConfigurationException($"{key}: a value without quotes and backslashes is wanted");
        return ConfigurationFactory.ParseString($"{key} = \"{value}\"");
    }

    /// <summary>Refuses keys that nobody reads.</summary>
    /// <exception cref="ConfigurationException">The message names the first of them.</exception>
    internal static void Check(Config overrides, Config reference)
    {
        foreach (var (section, _) in overrides.AsEnumerable())
        {
            if (!Sections.Contains(section)) throw Unknown(section);
        }
        if (overrides.GetValue(Ours) is not { } ours) return;
        var known = Keys(reference.GetValue(Ours), Ours).ToHashSet();
        foreach (var key in Keys(ours, Ours))
        {
            if (!known.Contains(key)) throw Unknown(key);
        }
    }

    private static ConfigurationException Unknown(string key) => new($"{key}: no such key (hocon/mttcg.conf lists them)");

    private static IEnumerable<string> Keys(HoconValue value, string path) => value.IsObject()
        ? value.GetObject().Items.SelectMany(item => Keys(item.Value, $"{path}.{item.Key}"))
        : [path];

    private static SettingsProfile Embedded(string resource)
    {
        using var stream = Assembly.GetManifestResourceStream(resource)!;
        using var reader = new StreamReader(stream);
        return Parse(resource[Prefix.Length..^Suffix.Length], reader.ReadToEnd());
    }

    private static SettingsProfile Parse(string name, string text)
    {
        try
        {
            var overrides = ConfigurationFactory.ParseString(text);
            Check(overrides, MttcgSettings.Reference());
            return new(name, text.Split('\n')[0].TrimStart('#', ' ').TrimEnd(), overrides);
        }
        catch (Exception e)
        {
            // Each engine's parser throws its own kind.
            throw new ConfigurationException($"{name}: {e.Message}");
        }
    }
}

using System.CommandLine;
using Akka.Configuration;
using Tcg.Mttcg.Actors.Settings;

namespace Tcg.Mttcg.Cli.Options;

/// <summary>-profile and -global, declared once: which tunables a machine has.</summary>
internal sealed class TunableOptions
{
    private readonly Option<string?> _profile = new("-profile") { Description = "Tunables for a purpose: a name, or a file as hocon/mttcg.conf; 'help' lists the names", HelpName = "NAME|FILE" };
    private readonly Option<string[]> _global = new("-global") { Description = "A single tunable, as in mttcg.code-cache.size=8M; may be repeated", HelpName = "KEY=VALUE", DefaultValueFactory = _ => [] };

    public IReadOnlyList<Option> All => [_profile, _global];

    /// <summary>Asks for the list of profiles instead of a machine.</summary>
    public bool WantsHelp(ParseResult parsed) => parsed.GetValue(_profile) is "help" or "?";

    public static void WriteProfiles(TextWriter to)
    {
        foreach (var profile in SettingsProfile.All()) to.WriteLine($"  {profile.Name,-11} {profile.Description}");
    }

    /// <summary>Null: the reference.</summary>
    /// <exception cref="UsageException"/>
    public MttcgSettings? Read(ParseResult parsed)
    {
        var overrides = Config.Empty;
        var option = "-profile";
        try
        {
            if (parsed.GetValue(_profile) is { } name)
            {
                overrides = SettingsProfile.Load(name).Overrides;
                // A value without sense is the profile's fault, not that of a -global.
                _ = new MttcgSettings(overrides);
            }
            option = "-global";
            foreach (var pair in parsed.GetValue(_global) ?? []) overrides = SettingsProfile.Single(pair).WithFallback(overrides);
            return overrides.IsEmpty ? null : new MttcgSettings(overrides);
        }
        catch (ConfigurationException e)
        {
            throw new UsageException($"{option} {e.Message}");
        }
    }
}

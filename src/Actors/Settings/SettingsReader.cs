using Akka.Configuration;

namespace Tcg.Mttcg.Actors.Settings;

/// <summary>Reads single keys, checks them, and remembers which it read.</summary>
internal sealed class SettingsReader(Config config)
{
    private readonly HashSet<string> _read = [];

    public IReadOnlyCollection<string> Read => _read;

    public int Int(string key, int minimum, int maximum = int.MaxValue)
    {
        var value = Parse(key, () => config.GetInt(key));
        return value >= minimum && value <= maximum ? value : throw new ConfigurationException($"{key} = {value}: must be {minimum} to {maximum}");
    }

    public long Bytes(string key)
    {
        var value = Parse(key, () => config.GetByteSize(key) ?? 0);
        return value > 0 ? value : throw new ConfigurationException($"{key}: must be a size above 0");
    }

    public TimeSpan Time(string key)
    {
        var value = Parse(key, () => config.GetTimeSpan(key));
        return value > TimeSpan.Zero ? value : throw new ConfigurationException($"{key}: must be a time above 0");
    }

    public string Text(string key) => Parse(key, () => config.GetString(key));

    public bool Flag(string key) => Parse(key, () => config.GetBoolean(key));

    private T Parse<T>(string key, Func<T> get)
    {
        _read.Add(key);
        if (!config.HasPath(key)) throw new ConfigurationException($"{key} is missing");
        try
        {
            return get();
        }
        catch (Exception e) when (e is not ConfigurationException)
        {
            throw new ConfigurationException($"{key} = {config.GetString(key)}: {e.Message}");
        }
    }
}

using Akka.Configuration.Hocon;

namespace Akka.Configuration;

/// <summary>An immutable tree of settings, looked up by dotted paths in which quoted parts may hold dots.</summary>
public class Config
{
    public static readonly Config Empty = ConfigurationFactory.Empty;

    public Config() : this(new HoconRoot(new HoconValue())) { }

    public Config(HoconRoot root)
    {
        Root = root.Value ?? throw new ArgumentNullException(nameof(root), "The root value cannot be null.");
        Substitutions = root.Substitutions;
    }

    public HoconValue Root { get; }
    public IEnumerable<HoconSubstitution> Substitutions { get; }
    public virtual bool IsEmpty => Root.IsEmpty;

    public static implicit operator Config(string hocon) => ConfigurationFactory.ParseString(hocon);

    /// <summary>This configuration, and <paramref name="fallback"/> for whatever it does not say.</summary>
    public virtual Config WithFallback(Config fallback)
    {
        if (fallback == this) throw new ArgumentException("Config can not have itself as fallback", nameof(fallback));
        if (fallback == null || fallback.IsEmpty) return this;
        if (IsEmpty) return fallback;
        var root = new HoconValue();
        root.AppendValue(HoconObject.Combine(fallback.Root.GetObject(), Root.GetObject()));
        return new Config(new HoconRoot(root));
    }

    /// <summary>The value at <paramref name="path"/>, or null.</summary>
    public HoconValue GetValue(string path)
    {
        var node = Root;
        foreach (var key in ConfigPath.Split(path))
            if ((node = node.GetChildObject(key)) == null) return null;
        return node;
    }

    public virtual bool HasPath(string path) => GetValue(path) != null;

    /// <summary>The object at <paramref name="path"/>, or null when there is nothing.</summary>
    public virtual Config GetConfig(string path) => GetValue(path) is { } value ? new Config(new HoconRoot(value)) : null;

    public virtual string GetString(string path, string @default = null) => GetValue(path) is { } v ? v.GetString() : @default;
    public virtual bool GetBoolean(string path, bool @default = false) => GetValue(path)?.GetBoolean() ?? @default;
    public virtual int GetInt(string path, int @default = 0) => GetValue(path)?.GetInt() ?? @default;
    public virtual long GetLong(string path, long @default = 0) => GetValue(path)?.GetLong() ?? @default;
    public virtual float GetFloat(string path, float @default = 0) => GetValue(path)?.GetFloat() ?? @default;
    public virtual double GetDouble(string path, double @default = 0) => GetValue(path)?.GetDouble() ?? @default;

    /// <summary>A size in bytes; null (or <paramref name="def"/>) when there is none.</summary>
    public virtual long? GetByteSize(string path, long? def = null) => GetValue(path) is { } v ? v.GetByteSize() : def;

    /// <summary>A duration; without a unit, milliseconds. <c>infinite</c> is <see cref="Timeout.InfiniteTimeSpan"/>.</summary>
    public virtual TimeSpan GetTimeSpan(string path, TimeSpan? @default = null, bool allowInfinite = true) =>
        GetValue(path)?.GetTimeSpan(allowInfinite) ?? @default.GetValueOrDefault();

    public virtual IList<string> GetStringList(string path) => GetValue(path)?.GetStringList() ?? [];
    public virtual IList<string> GetStringList(string path, string[] defaultPaths) => GetValue(path)?.GetStringList() ?? defaultPaths;
    public virtual IList<int> GetIntList(string path) => GetValue(path).GetIntList();
    public virtual IList<long> GetLongList(string path) => GetValue(path).GetLongList();

    /// <summary>The keys and values of the top level.</summary>
    public virtual IEnumerable<KeyValuePair<string, HoconValue>> AsEnumerable() => Root.GetObject()?.Items.AsEnumerable() ?? [];

    public override string ToString() => Root.ToString();
    public string ToString(bool includeFallback) => ToString();
}

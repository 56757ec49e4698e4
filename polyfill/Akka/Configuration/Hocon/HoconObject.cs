using System.Text;

namespace Akka.Configuration.Hocon;

/// <summary>Keys and their values, in the order in which they were written.</summary>
public class HoconObject : IHoconElement
{
    public Dictionary<string, HoconValue> Items { get; private init; } = [];

    /// <summary>Nested dictionaries down to the values that are not objects.</summary>
    public IDictionary<string, object> Unwrapped =>
        Items.ToDictionary(i => i.Key, i => i.Value.GetObject() is { } nested ? nested.Unwrapped : (object)i.Value);

    public bool IsString() => false;
    public string GetString() => throw new InvalidOperationException("An object is not a string.");
    public bool IsArray() => false;
    public IList<HoconValue> GetArray() => throw new InvalidOperationException("An object is not an array.");

    public HoconValue GetKey(string key) => Items.GetValueOrDefault(key);

    public HoconValue GetOrCreateKey(string key)
    {
        if (!Items.TryGetValue(key, out var value)) Items.Add(key, value = new HoconValue());
        return value;
    }

    /// <summary>Lays <paramref name="other"/> over this object: objects merge, anything else is replaced.</summary>
    public void Merge(HoconObject other)
    {
        foreach (var (key, theirs) in other.Items)
            Items[key] = Merged(Items.GetValueOrDefault(key), theirs);
    }

    internal static HoconObject Combine(HoconObject below, HoconObject above)
    {
        var result = new HoconObject { Items = new Dictionary<string, HoconValue>(below.Items) };
        result.Merge(above);
        return result;
    }

    private static HoconValue Merged(HoconValue ours, HoconValue theirs)
    {
        if (ours == null || !ours.IsObject() || !theirs.IsObject()) return theirs;
        var merged = new HoconValue();
        merged.AppendValue(Combine(ours.GetObject(), theirs.GetObject()));
        return merged;
    }

    public override string ToString() => ToString(0);

    public string ToString(int indent)
    {
        var text = new StringBuilder();
        foreach (var (key, value) in Items)
            text.Append(' ', indent * 2).Append(HoconValue.QuoteIfNeeded(key)).Append(" : ").Append(value.ToString(indent)).Append("\r\n");
        return text.ToString();
    }
}

using System.Buffers;
using System.Globalization;

namespace Akka.Configuration.Hocon;

/// <summary>What stands right of a key: an object, an array, or text put together from pieces.</summary>
public class HoconValue
{
    private static readonly SearchValues<char> NeedsQuotes = SearchValues.Create(" \t\r\n$\"{}[]:=,#`^?!@*&\\");

    public List<IHoconElement> Values { get; } = [];

    public bool IsEmpty => Values.Count == 0 || Values[0] is HoconObject { Items.Count: 0 };

    public void AppendValue(IHoconElement value) => Values.Add(value);

    public void Clear() => Values.Clear();

    public void NewValue(IHoconElement value)
    {
        Values.Clear();
        Values.Add(value);
    }

    public HoconObject GetObject() => Values.FirstOrDefault() switch
    {
        HoconObject o => o,
        HoconSubstitution s => s.GetObject(),
        _ => null,
    };

    public bool IsObject() => GetObject() != null;

    public HoconValue GetChildObject(string key) => GetObject()?.GetKey(key);

    public bool IsString() => Values.Count > 0 && Values.All(v => v.IsString());

    /// <summary>The text, or null when this is no text or the literal <c>null</c>. Blanks at both ends are not part of it.</summary>
    public string GetString()
    {
        if (!IsString()) return null;
        var text = string.Concat(Values.Select(v => v.GetString())).Trim();
        return text == "null" ? null : text;
    }

    /// <summary>True of arrays with at least one element.</summary>
    public bool IsArray() => GetArray().Count != 0;

    public IList<HoconValue> GetArray() => [.. Values.Where(v => v.IsArray()).SelectMany(v => v.GetArray())];

    public bool GetBoolean() => GetString() switch
    {
        "on" or "true" => true,
        "off" or "false" => false,
        var other => throw new NotSupportedException($"Unknown boolean format: {other}"),
    };

    public int GetInt() => int.Parse(GetString(), NumberFormatInfo.InvariantInfo);
    public long GetLong() => long.Parse(GetString(), NumberFormatInfo.InvariantInfo);
    public float GetFloat() => float.Parse(GetString(), NumberFormatInfo.InvariantInfo);
    public double GetDouble() => double.Parse(GetString(), NumberFormatInfo.InvariantInfo);
    public TimeSpan GetTimeSpan(bool allowInfinite = true) => HoconUnits.Duration(GetString(), allowInfinite);
    public long? GetByteSize() => string.IsNullOrEmpty(GetString()) ? null : HoconUnits.Size(GetString());
    public IList<int> GetIntList() => [.. GetArray().Select(v => v.GetInt())];
    public IList<long> GetLongList() => [.. GetArray().Select(v => v.GetLong())];
    public IList<string> GetStringList() => [.. GetArray().Select(v => v.GetString())];

    public override string ToString() => ToString(0);

    public virtual string ToString(int indent)
    {
        if (IsString()) return QuoteIfNeeded(GetString());
        if (GetObject() is { } o)
            return indent == 0 ? o.ToString(1) : "{\r\n" + o.ToString(indent + 1) + new string(' ', indent * 2) + "}";
        return "[" + string.Join(",", GetArray().Select(v => v.ToString(indent + 1))) + "]";
    }

    internal static string QuoteIfNeeded(string text) =>
        text == null ? "" : text.AsSpan().ContainsAny(NeedsQuotes) ? "\"" + text + "\"" : text;
}

using System.Globalization;

namespace Tcg.Mttcg.Cli.Options;

/// <summary>QEMU's <c>head,key=value,key=value</c>. Each key must be taken by somebody: <see cref="Finish"/> names the rest.</summary>
public sealed class PropertyList
{
    private readonly string _option;
    private readonly Dictionary<string, string> _values = [];
    private readonly List<string> _repeated = [];
    private readonly string? _repeatable;

    /// <param name="repeatable">The one property that may be given more than once: <see cref="TakeAll"/>.</param>
    public PropertyList(string option, string text, string? repeatable = null)
    {
        (_option, _repeatable) = (option, repeatable);
        var parts = text.Split(',', StringSplitOptions.TrimEntries);
        Head = parts[0];
        foreach (var part in parts.Skip(1))
        {
            var equals = part.IndexOf('=');
            var (key, value) = equals < 0 ? (part, "on") : (part[..equals], part[(equals + 1)..]);
            if (key.Length == 0) throw new UsageException($"{option}: '{text}' has an empty property");
            if (key == repeatable) _repeated.Add(value);
            else if (!_values.TryAdd(key, value)) throw new UsageException($"{option}: '{key}' is given twice");
        }
    }

    public string Head { get; }

    /// <summary>The option's name, for messages.</summary>
    public string Option => _option;

    public string? Take(string key) => _values.Remove(key, out var value) ? value : null;

    /// <summary>All values of the repeatable property.</summary>
    public IReadOnlyList<string> TakeAll()
    {
        string[] all = [.. _repeated];
        _repeated.Clear();
        return all;
    }

    public bool TakeSwitch(string key, bool otherwise) => Take(key) switch
    {
        null => otherwise,
        "on" or "yes" or "true" => true,
        "off" or "no" or "false" => false,
        var value => throw new UsageException($"{_option}: {key}={value}: 'on' or 'off' is wanted"),
    };

    public T TakeChoice<T>(string key, T otherwise, params (string Name, T Value)[] choices)
    {
        if (Take(key) is not { } value) return otherwise;
        foreach (var choice in choices)
        {
            if (choice.Name == value) return choice.Value;
        }
        throw new UsageException($"{_option}: {key}={value}: one of {string.Join(", ", choices.Select(c => c.Name))} is wanted");
    }

    /// <summary>A number, decimal or 0x-hexadecimal.</summary>
    public long TakeNumber(string key, long otherwise, long least, long most)
    {
        if (Take(key) is not { } text) return otherwise;
        var parsed = text.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
            ? long.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var number)
            : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
        if (!parsed || number < least || number > most) throw new UsageException($"{_option}: {key}={text}: a number from {least} to {most} is wanted");
        return number;
    }

    public void Finish()
    {
        if (_repeated.Count > 0) throw new UsageException($"{_option}: unknown property '{_repeatable}'");
        if (_values.Count > 0) throw new UsageException($"{_option}: unknown property '{_values.Keys.First()}'");
    }
}

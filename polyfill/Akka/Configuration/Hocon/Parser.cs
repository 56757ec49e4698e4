namespace Akka.Configuration.Hocon;

/// <summary>
/// Reads the dialect of HOCON that Akka.NET reads: no <c>+=</c> and no <c>${?optional}</c>, and substitutions bind within
/// their own text. What that dialect silently mangles is an error here, so that no file means two things.
/// </summary>
public class Parser
{
    private readonly HoconReader _reader;
    private readonly Func<string, HoconRoot> _include;
    private readonly List<HoconSubstitution> _substitutions = [];

    private Parser(string text, Func<string, HoconRoot> include) => (_reader, _include) = (new HoconReader(text), include);

    /// <param name="text">The HOCON text.</param>
    /// <param name="includeCallback">Called with the name of each <c>include "name"</c>; may be null when there are none.</param>
    /// <exception cref="FormatException">The text is malformed, or a substitution names nothing.</exception>
    public static HoconRoot Parse(string text, Func<string, HoconRoot> includeCallback) => new Parser(text, includeCallback).Root();

    private HoconRoot Root()
    {
        var root = new HoconValue();
        root.AppendValue(new HoconObject());
        _reader.SkipBlanks();
        var braced = _reader.TryTake("{");
        Members(root.GetObject(), "", braced);
        _reader.SkipBlanks();
        if (!_reader.AtEnd) throw _reader.Error("Unexpected text after the end of the object");

        var config = new Config(new HoconRoot(root));
        foreach (var substitution in _substitutions)
            substitution.ResolvedValue = config.GetValue(substitution.Path) ?? throw new FormatException($"Unresolved substitution: {substitution.Path}");
        return new HoconRoot(root, _substitutions);
    }

    private void Members(HoconObject owner, string path, bool braced)
    {
        while (true)
        {
            _reader.SkipBlanks();
            if (_reader.TryTake(",")) continue;
            if (_reader.AtEnd)
            {
                if (braced) throw _reader.Error("A '{' is never closed");
                return;
            }
            if (_reader.Peek == '}')
            {
                if (!braced) throw _reader.Error("A '}' without its '{'");
                _reader.TryTake("}");
                return;
            }
            if (_reader.TryTakeInclude(out var name)) Include(owner, path, name);
            else Member(owner, path);
        }
    }

    private void Include(HoconObject owner, string path, string name)
    {
        if (_include == null) throw _reader.Error($"No way to resolve include \"{name}\"");
        var included = _include(name);
        foreach (var substitution in included.Substitutions)
        {
            if (path != "") substitution.Path = path + "." + substitution.Path;
            _substitutions.Add(substitution);
        }
        owner.Merge(included.Value.GetObject());
    }

    private void Member(HoconObject owner, string path)
    {
        var key = _reader.Key();
        var here = path == "" ? key : path + "." + (key.Contains('.') ? $"\"{key}\"" : key);
        var value = owner.GetOrCreateKey(key);
        _reader.SkipBlanks();
        if (_reader.TryTake("."))
        {
            _reader.SkipBlanks();
            Member(ObjectOf(value), here);
        }
        else if (_reader.TryTake("{")) Members(ObjectOf(value), here, braced: true);
        else if (_reader.TryTake("=") || _reader.TryTake(":"))
        {
            if (!value.IsObject()) value.Clear();
            Value(value, here);
        }
        else throw _reader.Error(_reader.Peek == '+' ? "'+=' is not part of this HOCON" : $"Key '{here}' has no value");
    }

    private HoconObject ObjectOf(HoconValue value)
    {
        if (value.Values.Any(v => v is HoconSubstitution)) throw _reader.Error("An object cannot be merged onto a substitution");
        if (!value.IsObject()) value.NewValue(new HoconObject());
        return value.GetObject();
    }

    private void Value(HoconValue owner, string path)
    {
        _reader.SkipBlanks();
        var any = false;
        while (!_reader.AtEndOfValue)
        {
            any = true;
            if (_reader.TryTake("{")) Members(ObjectOf(owner), path, braced: true);
            else if (_reader.TryTake("[")) owner.AppendValue(Array(path));
            else if (_reader.TryTake("${")) owner.AppendValue(Substitution());
            else
            {
                if (owner.IsObject()) owner.Clear();
                owner.AppendValue(new HoconLiteral { Value = _reader.Text() });
            }
        }
        if (!any) throw _reader.Error($"'{path}' has no value");
        _reader.TryTake(",");
    }

    private HoconArray Array(string path)
    {
        var array = new HoconArray();
        while (true)
        {
            _reader.SkipBlanks();
            if (_reader.AtEnd) throw _reader.Error("A '[' is never closed");
            if (_reader.TryTake("]")) return array;
            var item = new HoconValue();
            Value(item, path);
            array.Add(item);
        }
    }

    private HoconSubstitution Substitution()
    {
        var substitution = new HoconSubstitution(_reader.SubstitutionPath());
        _substitutions.Add(substitution);
        return substitution;
    }
}

namespace Akka.Configuration.Hocon;

/// <summary>One piece of a <see cref="HoconValue"/>: a literal, an array, an object or a substitution.</summary>
public interface IHoconElement
{
    bool IsString();
    string GetString();
    bool IsArray();
    IList<HoconValue> GetArray();
}

/// <summary>A piece of plain text, quoted or not.</summary>
public class HoconLiteral : IHoconElement
{
    public string Value { get; set; }
    public bool IsString() => true;
    public string GetString() => Value;
    public bool IsArray() => false;
    public IList<HoconValue> GetArray() => throw new InvalidOperationException("A literal is not an array.");
    public override string ToString() => Value;
}

/// <summary>A bracketed list of values.</summary>
public class HoconArray : List<HoconValue>, IHoconElement
{
    public bool IsString() => false;
    public string GetString() => throw new InvalidOperationException("An array is not a string.");
    public bool IsArray() => true;
    public IList<HoconValue> GetArray() => this;
    public override string ToString() => "[" + string.Join(",", this) + "]";
}

/// <summary><c>${path}</c>, bound to a value of the same text when that text has been read.</summary>
public class HoconSubstitution(string path) : IHoconElement
{
    public string Path { get; set; } = path;
    public HoconValue ResolvedValue { get; set; }
    public bool IsString() => ResolvedValue.IsString();
    public string GetString() => ResolvedValue.GetString();
    public bool IsArray() => ResolvedValue.IsArray();
    public IList<HoconValue> GetArray() => ResolvedValue.GetArray();
    public bool IsObject() => ResolvedValue != null && ResolvedValue.IsObject();
    public HoconObject GetObject() => ResolvedValue?.GetObject();
}

/// <summary>What the parser hands out: the top value and the substitutions met while reading it.</summary>
public class HoconRoot(HoconValue value, IEnumerable<HoconSubstitution> substitutions)
{
    public HoconRoot(HoconValue value) : this(value, []) { }
    public HoconValue Value { get; } = value;
    public IEnumerable<HoconSubstitution> Substitutions { get; } = substitutions;
}

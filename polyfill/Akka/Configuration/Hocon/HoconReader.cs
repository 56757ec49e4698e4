using System.Buffers;
using System.Globalization;
using System.Text;

namespace Akka.Configuration.Hocon;

/// <summary>A cursor over HOCON text: blanks, keys, and the pieces of which values are made.</summary>
internal sealed class HoconReader(string text)
{
    private static readonly SearchValues<char> NotInKey = SearchValues.Create("$\"{}[]:=,#`^?!@*&\\.+\r\n");
    private static readonly SearchValues<char> NotInText = SearchValues.Create("$\"{}[]:=,#`^?!@*&\\ \t\r\n");
    private int _at;

    public bool AtEnd => _at >= text.Length;

    public char Peek => AtEnd ? '\0' : text[_at];

    /// <summary>At the end of the line, of the enclosing bracket or at a comma or comment.</summary>
    public bool AtEndOfValue => AtEnd || Peek is '\n' or '\r' or ',' or '}' or ']' || AtComment;

    private bool AtComment => Peek == '#' || Matches("//");

    private bool Matches(string s) => string.CompareOrdinal(text, _at, s, 0, s.Length) == 0;

    public bool TryTake(string s)
    {
        if (!Matches(s)) return false;
        _at += s.Length;
        return true;
    }

    public void SkipBlanks()
    {
        while (!AtEnd)
        {
            if (char.IsWhiteSpace(Peek) || Peek == '\uFEFF') _at++;
            else if (AtComment) while (!AtEnd && Peek != '\n') _at++;
            else return;
        }
    }

    public bool TryTakeInclude(out string name)
    {
        var start = _at;
        name = null;
        if (TryTake("include") && char.IsWhiteSpace(Peek))
        {
            SkipBlanks();
            if (Peek == '"')
            {
                name = Quoted();
                return true;
            }
        }
        _at = start;
        return false;
    }

    public string Key()
    {
        if (Peek == '"') return Quoted();
        var key = TakeUntil(NotInKey).Trim();
        return key != "" ? key : throw Error($"Unexpected '{Peek}' where a key belongs");
    }

    public string SubstitutionPath()
    {
        if (Peek == '?') throw Error("'${?...}' is not part of this HOCON");
        var path = TakeUntil(NotInText);
        return TryTake("}") && path != "" ? path : throw Error("A '${' is not closed, or names nothing");
    }

    /// <summary>One piece of text: triple-quoted, quoted, blanks between pieces, or unquoted.</summary>
    public string Text()
    {
        if (TryTake("\"\"\"")) return TripleQuoted();
        if (Peek == '"') return Quoted();
        var start = _at;
        if (Peek is ' ' or '\t')
        {
            while (Peek is ' ' or '\t') _at++;
            return text[start.._at];
        }
        var piece = TakeUntil(NotInText);
        if (Peek is ':' or '=')
            throw new ConfigurationException($"Unquoted text must not contain '{Peek}' ({Where()}): quote it, or put an object in braces");
        return piece != "" ? piece : throw Error($"'{Peek}' must be quoted");
    }

    private string TripleQuoted()
    {
        var end = text.IndexOf("\"\"\"", _at, StringComparison.Ordinal);
        if (end < 0) throw Error("A triple quote is never closed");
        var body = text[_at..end];
        _at = end + 3;
        return body;
    }

    private string Quoted()
    {
        var body = new StringBuilder();
        for (_at++; Peek != '"'; _at++)
        {
            if (AtEnd) throw Error("A quote is never closed");
            body.Append(Peek == '\\' ? Escape() : Peek);
        }
        _at++;
        return body.ToString();
    }

    private char Escape()
    {
        _at++;
        switch (Peek)
        {
            case '"' or '\\' or '/': return Peek;
            case 'b': return '\b';
            case 'f': return '\f';
            case 'n': return '\n';
            case 'r': return '\r';
            case 't': return '\t';
            case 'u' when _at + 4 < text.Length && ushort.TryParse(text.AsSpan(_at + 1, 4), NumberStyles.HexNumber, null, out var code):
                _at += 4;
                return (char)code;
            default: throw Error($"Unknown escape code: {Peek}");
        }
    }

    private string TakeUntil(SearchValues<char> stops)
    {
        var start = _at;
        while (!AtEnd && !stops.Contains(Peek) && !AtComment) _at++;
        return text[start.._at];
    }

    public FormatException Error(string what) => new($"{what} ({Where()})");

    private string Where()
    {
        var before = text.AsSpan(0, Math.Min(_at, text.Length));
        return $"line {before.Count('\n') + 1}, column {before.Length - before.LastIndexOf('\n')}";
    }
}

namespace Akka.Configuration;

/// <summary>Splits <c>a."b.c".d</c> into a, b.c and d.</summary>
internal static class ConfigPath
{
    public static List<string> Split(string path)
    {
        var parts = new List<string>();
        var start = 0;
        var quoted = false;
        for (var i = 0; i <= path.Length; i++)
        {
            if (i < path.Length && path[i] == '"') quoted = !quoted;
            if (i < path.Length && (quoted || path[i] != '.')) continue;
            parts.Add(path[start..i].Trim().Trim('"'));
            start = i + 1;
        }
        return parts;
    }
}

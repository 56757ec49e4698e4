namespace Tcg.Mttcg.SelfTest.Isa;

/// <summary>Text files built into the assembly, for data that people edit or a run records.</summary>
internal static class DataFile
{
    /// <summary>Its lines without comments (<c>#</c>) and empty ones.</summary>
    public static IEnumerable<string> Lines(string resource)
    {
        using var stream = typeof(DataFile).Assembly.GetManifestResourceStream(resource) ?? throw new InvalidOperationException($"{resource} is not built in");
        using var reader = new StreamReader(stream);
        while (reader.ReadLine() is { } line)
        {
            if (line.Length > 0 && line[0] != '#') yield return line;
        }
    }
}

namespace Tcg.Mttcg.Translator.Runtime;

/// <summary>Words like a mistyped one.</summary>
internal static class Nearest
{
    private const int MostShown = 3;

    /// <summary><c> (sse4.1, sse4.2?)</c>, or nothing where no word is near.</summary>
    public static string Hint(string word, IEnumerable<string> known)
    {
        var near = known.Select(other => (Word: other, Distance: Distance(Letters(word), Letters(other))))
            .Where(pair => pair.Distance <= Math.Max(1, word.Length / 3))
            .OrderBy(pair => pair.Distance).Select(pair => pair.Word).Take(MostShown).ToArray();
        return near.Length == 0 ? "" : $" ({string.Join(", ", near)}?)";
    }

    // Case and punctuation are what people get wrong most.
    private static string Letters(string word) => new([.. word.ToLowerInvariant().Where(char.IsLetterOrDigit)]);

    /// <summary>Letters to insert, delete or replace (Levenshtein).</summary>
    private static int Distance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var corner = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var replace = corner + (a[i - 1] == b[j - 1] ? 0 : 1);
                corner = row[j];
                row[j] = Math.Min(replace, Math.Min(row[j], row[j - 1]) + 1);
            }
        }
        return row[b.Length];
    }
}

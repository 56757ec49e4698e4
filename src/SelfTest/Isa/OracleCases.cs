using System.Globalization;
using Iced.Intel;

namespace Tcg.Mttcg.SelfTest.Isa;

/// <summary>How often the last recorded run of the oracle ran each mnemonic (<c>mttcg selftest --oracle --record FILE</c>): <c>mnemonic count</c> a line.</summary>
public static class OracleCases
{
    private const string Resource = "oracle-cases.txt";

    public static IReadOnlyDictionary<Mnemonic, long> Recorded { get; } = DataFile.Lines(Resource)
        .Select(line => line.Split(' '))
        .ToDictionary(parts => Enum.Parse<Mnemonic>(parts[0], ignoreCase: true), parts => long.Parse(parts[1], CultureInfo.InvariantCulture));

    /// <summary>The file of a run.</summary>
    public static string Format(IEnumerable<KeyValuePair<Mnemonic, long>> counts, string how)
    {
        var lines = counts.OrderBy(count => count.Key.ToString(), StringComparer.Ordinal)
            .Select(count => string.Create(CultureInfo.InvariantCulture, $"{count.Key.ToString().ToLowerInvariant()} {count.Value}\n"));
        return $"# Cases in which host, translated code and interpreter agreed: {how}\n{string.Concat(lines)}";
    }
}

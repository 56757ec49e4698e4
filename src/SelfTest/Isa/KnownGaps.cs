using Iced.Intel;

namespace Tcg.Mttcg.SelfTest.Isa;

/// <summary>
/// Mnemonics of the groups that are missing on purpose, with the reason, from <c>known-gaps.txt</c>: one a line, <c>mnemonic: reason</c>;
/// <c>#</c> begins a comment. A gap that is none any more is an error: see <see cref="Stale"/>.
/// </summary>
public static class KnownGaps
{
    private const string Resource = "known-gaps.txt";

    public static IReadOnlyDictionary<Mnemonic, string> All { get; } = Read();

    /// <summary>Listed gaps that have a row.</summary>
    public static IEnumerable<Mnemonic> Stale => All.Keys.Where(IsaRow.IsLifted);

    private static Dictionary<Mnemonic, string> Read()
    {
        var gaps = new Dictionary<Mnemonic, string>();
        foreach (var line in DataFile.Lines(Resource))
        {
            if (line.Split(": ", 2) is not [var name, var reason] || !Enum.TryParse<Mnemonic>(name, ignoreCase: true, out var mnemonic))
                throw new FormatException($"{Resource}: '{line}' is not 'mnemonic: reason'");
            gaps.Add(mnemonic, reason);
        }
        return gaps;
    }
}

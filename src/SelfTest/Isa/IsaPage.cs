using System.Globalization;
using System.Text;
using Tcg.Mttcg.SelfTest.Oracle;
using Tcg.Mttcg.Translator.Host.Interpreter;

namespace Tcg.Mttcg.SelfTest.Isa;

/// <summary>The text of docs/isa.md, from the rows.</summary>
public static class IsaPage
{
    private const int MostNamed = 12;

    private const string Introduction =
        """
        # Instruction set

        Written by `./mttcg selftest --isa > docs/isa.md` from the translator's rows, Iced's tables, `src/SelfTest/Isa/known-gaps.txt` and the last
        recorded run of the oracle (`./mttcg selftest --oracle --cases 10000000 --record src/SelfTest/Isa/oracle-cases.txt`); a test fails when it is stale.

        *Modes*: 16, 32 and 64-bit code. *Back ends*: J translated code, I interpreter. *Oracle cases*: how often host, translated code and interpreter agreed;
        for what the host cannot be asked, why not.


        """;

    public static string Write()
    {
        var page = new StringBuilder(Introduction.ReplaceLineEndings("\n"));
        page.Append("| group | in Iced | here | missing |\n|---|--:|--:|---|\n");
        foreach (var group in IsaGroups.All) Summarise(page, group.Name, [.. IsaRow.Of(group)]);
        foreach (var group in IsaGroups.All)
        {
            page.Append(CultureInfo.InvariantCulture, $"\n## {group.Name}\n\n| mnemonic | encodings | modes | features | back ends | oracle cases | known gap |\n|---|--:|---|---|---|--:|---|\n");
            foreach (var row in IsaRow.Of(group)) Write(page, row);
        }
        return page.ToString();
    }

    private static void Summarise(StringBuilder page, string name, IsaRow[] rows)
    {
        var missing = rows.Where(row => !IsaRow.IsLifted(row.Mnemonic)).Select(row => row.Name).ToArray();
        page.Append(CultureInfo.InvariantCulture, $"| {name} | {rows.Length} | {rows.Length - missing.Length} | {(missing.Length > MostNamed ? $"{missing.Length} of them" : string.Join(' ', missing))} |\n");
    }

    private static void Write(StringBuilder page, IsaRow row)
    {
        var ends = IsaRow.IsLifted(row.Mnemonic) ? "J I" : "";
        page.Append(CultureInfo.InvariantCulture, $"| {row.Name} | {row.Encodings.Count} | {row.Modes} | {row.Features} | {ends} | {Cases(row)} | {row.Gap} |\n");
    }

    private static string Cases(IsaRow row)
    {
        if (OracleCases.Recorded.TryGetValue(row.Mnemonic, out var count)) return count.ToString("n0", CultureInfo.InvariantCulture);
        return row.Encodings.All(Exclusions.Has) ? Exclusions.Reason(row.Encodings[0]) : "";
    }
}

using Iced.Intel;
using Tcg.Mttcg.Translator.Guest;

namespace Tcg.Mttcg.SelfTest.Isa;

/// <summary>One mnemonic of a group as docs/isa.md shows it.</summary>
public sealed record IsaRow(Mnemonic Mnemonic, IReadOnlyList<OpCodeInfo> Encodings)
{
    /// <summary>It runs, in both back ends; UD0 to UD2 do what having no row means.</summary>
    public static bool IsLifted(Mnemonic mnemonic) => mnemonic is Mnemonic.Ud0 or Mnemonic.Ud1 or Mnemonic.Ud2 || LiftTable.TryFind(mnemonic, out _);

    public static IEnumerable<IsaRow> Of(IsaGroup group) => IsaGroups.Encodings[group]
        .GroupBy(info => info.Mnemonic)
        .Select(encodings => new IsaRow(encodings.Key, [.. encodings]))
        .OrderBy(row => row.Name, StringComparer.Ordinal);

    public string Name => Mnemonic.ToString().ToUpperInvariant();

    public string Modes => string.Join(' ', new[] { (16, Encodings.Any(info => info.Mode16)), (32, Encodings.Any(info => info.Mode32)), (64, Encodings.Any(info => info.Mode64)) }
        .Where(mode => mode.Item2).Select(mode => mode.Item1));

    public string Features => string.Join(' ', Encodings.SelectMany(info => info.Code.CpuidFeatures()).Distinct().Order());

    public string Gap => KnownGaps.All.TryGetValue(Mnemonic, out var reason) ? reason : IsLifted(Mnemonic) ? "" : "no row";
}

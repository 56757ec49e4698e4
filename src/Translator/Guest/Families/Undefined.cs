using Iced.Intel;

namespace Tcg.Mttcg.Translator.Guest.Families;

/// <summary>What every processor decodes and refuses: UD0 to UD2, and RSM, as there is no system management mode to leave.</summary>
internal static class Undefined
{
    public static readonly LiftRow[] Rows =
    [
        new(Mnemonic.Ud0, at => at.RaiseUndefined()),
        new(Mnemonic.Ud1, at => at.RaiseUndefined()),
        new(Mnemonic.Ud2, at => at.RaiseUndefined()),
        new(Mnemonic.Rsm, at => at.RaiseUndefined()),
    ];
}

using Iced.Intel;

namespace Tcg.Mttcg.Translator.Guest.Families;

/// <summary>SSE2 shuffles, packs, unpacks, word inserts and extracts.</summary>
internal static class SseShuffle
{
    public static readonly LiftRow[] Rows =
    [
        .. Simd.RowsOf(
            Mnemonic.Shufps,     Mnemonic.Shufpd,     Mnemonic.Pshufd,     Mnemonic.Pshufhw,    Mnemonic.Pshuflw,
            Mnemonic.Unpckhps,   Mnemonic.Unpckhpd,   Mnemonic.Unpcklps,   Mnemonic.Unpcklpd,
            Mnemonic.Punpckhbw,  Mnemonic.Punpckhwd,  Mnemonic.Punpckhdq,  Mnemonic.Punpckhqdq,
            Mnemonic.Punpcklbw,  Mnemonic.Punpcklwd,  Mnemonic.Punpckldq,  Mnemonic.Punpcklqdq,
            Mnemonic.Packsswb,   Mnemonic.Packssdw,   Mnemonic.Packuswb,
            Mnemonic.Pextrw,     Mnemonic.Pinsrw),
    ];
}

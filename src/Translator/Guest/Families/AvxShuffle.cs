using Iced.Intel;

namespace Tcg.Mttcg.Translator.Guest.Families;

/// <summary>AVX and AVX2 shuffles, permutations, blends, packs, unpacks, inserts and extracts.</summary>
internal static class AvxShuffle
{
    public static readonly LiftRow[] Rows =
    [
        .. Simd.RowsOf(
            Mnemonic.Vshufps,  Mnemonic.Vshufpd,  Mnemonic.Vpshufb,  Mnemonic.Vpshufd,  Mnemonic.Vpshufhw, Mnemonic.Vpshuflw, Mnemonic.Vpalignr,
            Mnemonic.Vpermilps,  Mnemonic.Vpermilpd,  Mnemonic.Vperm2f128, Mnemonic.Vperm2i128, Mnemonic.Vpermd,     Mnemonic.Vpermps,
            Mnemonic.Vpermq,     Mnemonic.Vpermpd,
            Mnemonic.Vblendps,  Mnemonic.Vblendpd,  Mnemonic.Vblendvps, Mnemonic.Vblendvpd, Mnemonic.Vpblendw,  Mnemonic.Vpblendd,
            Mnemonic.Vpblendvb,
            Mnemonic.Vunpckhps,   Mnemonic.Vunpckhpd,   Mnemonic.Vunpcklps,   Mnemonic.Vunpcklpd,   Mnemonic.Vpunpckhbw,  Mnemonic.Vpunpckhwd,
            Mnemonic.Vpunpckhdq,  Mnemonic.Vpunpckhqdq, Mnemonic.Vpunpcklbw,  Mnemonic.Vpunpcklwd,  Mnemonic.Vpunpckldq,  Mnemonic.Vpunpcklqdq,
            Mnemonic.Vpacksswb, Mnemonic.Vpackssdw, Mnemonic.Vpackuswb, Mnemonic.Vpackusdw,
            Mnemonic.Vinsertf128,  Mnemonic.Vinserti128,  Mnemonic.Vextractf128, Mnemonic.Vextracti128, Mnemonic.Vinsertps,    Mnemonic.Vextractps,
            Mnemonic.Vpextrb, Mnemonic.Vpextrw, Mnemonic.Vpextrd, Mnemonic.Vpextrq, Mnemonic.Vpinsrb, Mnemonic.Vpinsrw, Mnemonic.Vpinsrd,
            Mnemonic.Vpinsrq),
    ];
}

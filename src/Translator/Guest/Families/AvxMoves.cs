using Iced.Intel;

namespace Tcg.Mttcg.Translator.Guest.Families;

/// <summary>AVX and AVX2 moves and broadcasts. Masked moves and gathers are in AvxMemory.</summary>
internal static class AvxMoves
{
    public static readonly LiftRow[] Rows =
    [
        .. Simd.RowsOf(
            Mnemonic.Vmovaps, Mnemonic.Vmovapd, Mnemonic.Vmovups, Mnemonic.Vmovupd, Mnemonic.Vmovss,  Mnemonic.Vmovsd,  Mnemonic.Vmovdqa,
            Mnemonic.Vmovdqu, Mnemonic.Vmovd,   Mnemonic.Vmovq,
            Mnemonic.Vmovhps,  Mnemonic.Vmovhpd,  Mnemonic.Vmovlps,  Mnemonic.Vmovlpd,  Mnemonic.Vmovhlps, Mnemonic.Vmovlhps,
            Mnemonic.Vmovmskps, Mnemonic.Vmovmskpd, Mnemonic.Vpmovmskb,
            Mnemonic.Vmovntps,  Mnemonic.Vmovntpd,  Mnemonic.Vmovntdq,  Mnemonic.Vmovntdqa, Mnemonic.Vlddqu,    Mnemonic.Vmovddup,
            Mnemonic.Vmovshdup, Mnemonic.Vmovsldup,
            Mnemonic.Vbroadcastss,   Mnemonic.Vbroadcastsd,   Mnemonic.Vbroadcastf128, Mnemonic.Vbroadcasti128, Mnemonic.Vpbroadcastb,
            Mnemonic.Vpbroadcastw,   Mnemonic.Vpbroadcastd,   Mnemonic.Vpbroadcastq,
            Mnemonic.Vpmovsxbw, Mnemonic.Vpmovsxbd, Mnemonic.Vpmovsxbq, Mnemonic.Vpmovsxwd, Mnemonic.Vpmovsxwq, Mnemonic.Vpmovsxdq,
            Mnemonic.Vpmovzxbw, Mnemonic.Vpmovzxbd, Mnemonic.Vpmovzxbq, Mnemonic.Vpmovzxwd, Mnemonic.Vpmovzxwq, Mnemonic.Vpmovzxdq),
    ];
}

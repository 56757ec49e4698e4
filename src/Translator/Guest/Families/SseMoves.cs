using Iced.Intel;

namespace Tcg.Mttcg.Translator.Guest.Families;

/// <summary>SSE to SSE4.1 moves. MOVSD is with the strings.</summary>
internal static class SseMoves
{
    public static readonly LiftRow[] Rows =
    [
        .. Simd.RowsOf(
            Mnemonic.Movaps, Mnemonic.Movapd, Mnemonic.Movups, Mnemonic.Movupd, Mnemonic.Movss,
            Mnemonic.Movdqa, Mnemonic.Movdqu, Mnemonic.Movd, Mnemonic.Movq, Mnemonic.Movq2dq, Mnemonic.Movdq2q,
            Mnemonic.Movhps, Mnemonic.Movhpd, Mnemonic.Movlps, Mnemonic.Movlpd, Mnemonic.Movhlps, Mnemonic.Movlhps,
            Mnemonic.Movmskps, Mnemonic.Movmskpd, Mnemonic.Pmovmskb,
            Mnemonic.Movntps, Mnemonic.Movntpd, Mnemonic.Movntdq, Mnemonic.Movntdqa,
            Mnemonic.Lddqu, Mnemonic.Movddup, Mnemonic.Movshdup, Mnemonic.Movsldup),
    ];
}

using Iced.Intel;

namespace Tcg.Mttcg.Translator.Guest.Families;

/// <summary>SSE2 integer arithmetic, logic, comparison and shifts.</summary>
internal static class SseInteger
{
    public static readonly LiftRow[] Rows =
    [
        .. Simd.RowsOf(
            Mnemonic.Paddb,   Mnemonic.Paddw,   Mnemonic.Paddd,   Mnemonic.Paddq,
            Mnemonic.Paddsb,  Mnemonic.Paddsw,  Mnemonic.Paddusb, Mnemonic.Paddusw,
            Mnemonic.Psubb,   Mnemonic.Psubw,   Mnemonic.Psubd,   Mnemonic.Psubq,
            Mnemonic.Psubsb,  Mnemonic.Psubsw,  Mnemonic.Psubusb, Mnemonic.Psubusw,
            Mnemonic.Pmullw,  Mnemonic.Pmulhw,  Mnemonic.Pmulhuw, Mnemonic.Pmuludq, Mnemonic.Pmaddwd,
            Mnemonic.Pavgb,   Mnemonic.Pavgw,   Mnemonic.Psadbw,
            Mnemonic.Pmaxsw,  Mnemonic.Pmaxub,  Mnemonic.Pminsw,  Mnemonic.Pminub,
            Mnemonic.Pcmpeqb, Mnemonic.Pcmpeqw, Mnemonic.Pcmpeqd, Mnemonic.Pcmpgtb, Mnemonic.Pcmpgtw, Mnemonic.Pcmpgtd,
            Mnemonic.Pand,    Mnemonic.Pandn,   Mnemonic.Por,     Mnemonic.Pxor,
            Mnemonic.Psllw,   Mnemonic.Pslld,   Mnemonic.Psllq,   Mnemonic.Pslldq,
            Mnemonic.Psrlw,   Mnemonic.Psrld,   Mnemonic.Psrlq,   Mnemonic.Psrldq,
            Mnemonic.Psraw,   Mnemonic.Psrad),
    ];
}

using Iced.Intel;

namespace Tcg.Mttcg.Translator.Guest.Families;

/// <summary>SSE3, SSSE3, SSE4.1 and SSE4.2 beyond the moves.</summary>
internal static class Sse3And4
{
    public static readonly LiftRow[] Rows =
    [
        // SSE3
        .. Simd.FloatRowsOf(
            Mnemonic.Addsubps, Mnemonic.Addsubpd, Mnemonic.Haddps, Mnemonic.Haddpd, Mnemonic.Hsubps, Mnemonic.Hsubpd),
        // SSSE3
        .. Simd.RowsOf(
            Mnemonic.Pabsb,    Mnemonic.Pabsw,    Mnemonic.Pabsd,    Mnemonic.Psignb,  Mnemonic.Psignw,  Mnemonic.Psignd,
            Mnemonic.Phaddw,   Mnemonic.Phaddd,   Mnemonic.Phaddsw,  Mnemonic.Phsubw,  Mnemonic.Phsubd,  Mnemonic.Phsubsw,
            Mnemonic.Pmaddubsw, Mnemonic.Pmulhrsw, Mnemonic.Pshufb,  Mnemonic.Palignr),
        // SSE4.1
        .. Simd.RowsOf(
            Mnemonic.Blendps,  Mnemonic.Blendpd,  Mnemonic.Blendvps, Mnemonic.Blendvpd, Mnemonic.Pblendw, Mnemonic.Pblendvb,
            Mnemonic.Mpsadbw,  Mnemonic.Packusdw, Mnemonic.Phminposuw,
            Mnemonic.Extractps, Mnemonic.Insertps,
            Mnemonic.Pextrb,   Mnemonic.Pextrd,   Mnemonic.Pextrq,   Mnemonic.Pinsrb,   Mnemonic.Pinsrd,  Mnemonic.Pinsrq,
            Mnemonic.Pmaxsb,   Mnemonic.Pmaxsd,   Mnemonic.Pmaxud,   Mnemonic.Pmaxuw,
            Mnemonic.Pminsb,   Mnemonic.Pminsd,   Mnemonic.Pminud,   Mnemonic.Pminuw,
            Mnemonic.Pmovsxbw, Mnemonic.Pmovsxbd, Mnemonic.Pmovsxbq, Mnemonic.Pmovsxwd, Mnemonic.Pmovsxwq, Mnemonic.Pmovsxdq,
            Mnemonic.Pmovzxbw, Mnemonic.Pmovzxbd, Mnemonic.Pmovzxbq, Mnemonic.Pmovzxwd, Mnemonic.Pmovzxwq, Mnemonic.Pmovzxdq,
            Mnemonic.Pcmpeqq,  Mnemonic.Pmuldq,   Mnemonic.Pmulld,   Mnemonic.Ptest),
        .. Simd.FloatRowsOf(
            Mnemonic.Dpps,     Mnemonic.Dppd,
            Mnemonic.Roundps,  Mnemonic.Roundpd,  Mnemonic.Roundss,  Mnemonic.Roundsd),
        // SSE4.2; the string compares are in SseSpecial
        .. Simd.RowsOf(Mnemonic.Pcmpgtq),
    ];
}

using Iced.Intel;

namespace Tcg.Mttcg.Translator.Guest.Families;

/// <summary>SSE and SSE2 floating-point arithmetic, logic and comparison. CMPSD is with the strings.</summary>
internal static class SseFloat
{
    public static readonly LiftRow[] Rows =
    [
        .. Simd.FloatRowsOf(
            Mnemonic.Addps,   Mnemonic.Addpd,   Mnemonic.Addss,  Mnemonic.Addsd,
            Mnemonic.Subps,   Mnemonic.Subpd,   Mnemonic.Subss,  Mnemonic.Subsd,
            Mnemonic.Mulps,   Mnemonic.Mulpd,   Mnemonic.Mulss,  Mnemonic.Mulsd,
            Mnemonic.Divps,   Mnemonic.Divpd,   Mnemonic.Divss,  Mnemonic.Divsd,
            Mnemonic.Minps,   Mnemonic.Minpd,   Mnemonic.Minss,  Mnemonic.Minsd,
            Mnemonic.Maxps,   Mnemonic.Maxpd,   Mnemonic.Maxss,  Mnemonic.Maxsd,
            Mnemonic.Sqrtps,  Mnemonic.Sqrtpd,  Mnemonic.Sqrtss, Mnemonic.Sqrtsd,
            Mnemonic.Cmpps,   Mnemonic.Cmppd,   Mnemonic.Cmpss,
            Mnemonic.Comiss,  Mnemonic.Comisd,  Mnemonic.Ucomiss, Mnemonic.Ucomisd),
        .. Simd.RowsOf(
            Mnemonic.Rcpps,   Mnemonic.Rcpss,   Mnemonic.Rsqrtps, Mnemonic.Rsqrtss,
            Mnemonic.Andps,   Mnemonic.Andpd,   Mnemonic.Andnps, Mnemonic.Andnpd,
            Mnemonic.Orps,    Mnemonic.Orpd,    Mnemonic.Xorps,  Mnemonic.Xorpd),
    ];
}

using Iced.Intel;

namespace Tcg.Mttcg.Translator.Guest.Families;

/// <summary>AVX floating-point arithmetic, logic, comparison and rounding.</summary>
internal static class AvxFloat
{
    public static readonly LiftRow[] Rows =
    [
        .. Simd.FloatRowsOf(
            Mnemonic.Vaddps,    Mnemonic.Vaddpd,    Mnemonic.Vaddss,    Mnemonic.Vaddsd,    Mnemonic.Vsubps,    Mnemonic.Vsubpd,
            Mnemonic.Vsubss,    Mnemonic.Vsubsd,    Mnemonic.Vmulps,    Mnemonic.Vmulpd,    Mnemonic.Vmulss,    Mnemonic.Vmulsd,
            Mnemonic.Vdivps,    Mnemonic.Vdivpd,    Mnemonic.Vdivss,    Mnemonic.Vdivsd,    Mnemonic.Vminps,    Mnemonic.Vminpd,
            Mnemonic.Vminss,    Mnemonic.Vminsd,    Mnemonic.Vmaxps,    Mnemonic.Vmaxpd,    Mnemonic.Vmaxss,    Mnemonic.Vmaxsd,
            Mnemonic.Vsqrtps,   Mnemonic.Vsqrtpd,   Mnemonic.Vsqrtss,   Mnemonic.Vsqrtsd,   Mnemonic.Vcmpps,    Mnemonic.Vcmppd,
            Mnemonic.Vcmpss,    Mnemonic.Vcmpsd,    Mnemonic.Vcomiss,   Mnemonic.Vcomisd,   Mnemonic.Vucomiss,  Mnemonic.Vucomisd,
            Mnemonic.Vroundps,  Mnemonic.Vroundpd,  Mnemonic.Vroundss,  Mnemonic.Vroundsd,  Mnemonic.Vaddsubps, Mnemonic.Vaddsubpd,
            Mnemonic.Vhaddps,   Mnemonic.Vhaddpd,   Mnemonic.Vhsubps,   Mnemonic.Vhsubpd,   Mnemonic.Vdpps,     Mnemonic.Vdppd),
        .. Simd.RowsOf(
            Mnemonic.Vrcpps,   Mnemonic.Vrcpss,   Mnemonic.Vrsqrtps, Mnemonic.Vrsqrtss, Mnemonic.Vandps,   Mnemonic.Vandpd,   Mnemonic.Vandnps,
            Mnemonic.Vandnpd,  Mnemonic.Vorps,    Mnemonic.Vorpd,    Mnemonic.Vxorps,   Mnemonic.Vxorpd,   Mnemonic.Vtestps,  Mnemonic.Vtestpd),
    ];
}

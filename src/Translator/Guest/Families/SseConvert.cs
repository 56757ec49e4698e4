using Iced.Intel;

namespace Tcg.Mttcg.Translator.Guest.Families;

/// <summary>SSE and SSE2 conversions.</summary>
internal static class SseConvert
{
    public static readonly LiftRow[] Rows =
    [
        .. Simd.FloatRowsOf(
            Mnemonic.Cvtdq2pd,  Mnemonic.Cvtdq2ps,  Mnemonic.Cvtpd2dq,  Mnemonic.Cvtpd2ps,  Mnemonic.Cvtps2dq,  Mnemonic.Cvtps2pd,
            Mnemonic.Cvtsd2si,  Mnemonic.Cvtsd2ss,  Mnemonic.Cvtsi2sd,  Mnemonic.Cvtsi2ss,  Mnemonic.Cvtss2sd,  Mnemonic.Cvtss2si,
            Mnemonic.Cvttpd2dq, Mnemonic.Cvttps2dq, Mnemonic.Cvttsd2si, Mnemonic.Cvttss2si,
            Mnemonic.Cvtpd2pi,  Mnemonic.Cvtpi2pd,  Mnemonic.Cvtps2pi,  Mnemonic.Cvtpi2ps,  Mnemonic.Cvttpd2pi, Mnemonic.Cvttps2pi),
    ];
}

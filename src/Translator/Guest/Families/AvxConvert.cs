using Iced.Intel;

namespace Tcg.Mttcg.Translator.Guest.Families;

/// <summary>AVX conversions, and those of half precision (F16C).</summary>
internal static class AvxConvert
{
    public static readonly LiftRow[] Rows =
    [
        .. Simd.FloatRowsOf(
            Mnemonic.Vcvtdq2pd,  Mnemonic.Vcvtdq2ps,  Mnemonic.Vcvtpd2dq,  Mnemonic.Vcvtpd2ps,  Mnemonic.Vcvtps2dq,  Mnemonic.Vcvtps2pd,
            Mnemonic.Vcvtsd2si,  Mnemonic.Vcvtsd2ss,  Mnemonic.Vcvtsi2sd,  Mnemonic.Vcvtsi2ss,  Mnemonic.Vcvtss2sd,  Mnemonic.Vcvtss2si,
            Mnemonic.Vcvttpd2dq, Mnemonic.Vcvttps2dq, Mnemonic.Vcvttsd2si, Mnemonic.Vcvttss2si),
        // F16C
        .. Simd.FloatRowsOf(
            Mnemonic.Vcvtph2ps, Mnemonic.Vcvtps2ph),
    ];
}

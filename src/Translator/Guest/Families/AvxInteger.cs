using Iced.Intel;

namespace Tcg.Mttcg.Translator.Guest.Families;

/// <summary>AVX and AVX2 integer arithmetic, logic, comparison and shifts.</summary>
internal static class AvxInteger
{
    public static readonly LiftRow[] Rows =
    [
        .. Simd.RowsOf(
            Mnemonic.Vpaddb,   Mnemonic.Vpaddw,   Mnemonic.Vpaddd,   Mnemonic.Vpaddq,   Mnemonic.Vpaddsb,  Mnemonic.Vpaddsw,  Mnemonic.Vpaddusb,
            Mnemonic.Vpaddusw, Mnemonic.Vpsubb,   Mnemonic.Vpsubw,   Mnemonic.Vpsubd,   Mnemonic.Vpsubq,   Mnemonic.Vpsubsb,  Mnemonic.Vpsubsw,
            Mnemonic.Vpsubusb, Mnemonic.Vpsubusw,
            Mnemonic.Vpmullw,    Mnemonic.Vpmulhw,    Mnemonic.Vpmulhuw,   Mnemonic.Vpmuludq,   Mnemonic.Vpmuldq,    Mnemonic.Vpmulld,
            Mnemonic.Vpmaddwd,   Mnemonic.Vpmaddubsw, Mnemonic.Vpmulhrsw,
            Mnemonic.Vpavgb,      Mnemonic.Vpavgw,      Mnemonic.Vpsadbw,     Mnemonic.Vmpsadbw,    Mnemonic.Vphminposuw, Mnemonic.Vpabsb,
            Mnemonic.Vpabsw,      Mnemonic.Vpabsd,      Mnemonic.Vpsignb,     Mnemonic.Vpsignw,     Mnemonic.Vpsignd,
            Mnemonic.Vphaddw,  Mnemonic.Vphaddd,  Mnemonic.Vphaddsw, Mnemonic.Vphsubw,  Mnemonic.Vphsubd,  Mnemonic.Vphsubsw,
            Mnemonic.Vpmaxsb, Mnemonic.Vpmaxsw, Mnemonic.Vpmaxsd, Mnemonic.Vpmaxub, Mnemonic.Vpmaxuw, Mnemonic.Vpmaxud, Mnemonic.Vpminsb,
            Mnemonic.Vpminsw, Mnemonic.Vpminsd, Mnemonic.Vpminub, Mnemonic.Vpminuw, Mnemonic.Vpminud,
            Mnemonic.Vpcmpeqb, Mnemonic.Vpcmpeqw, Mnemonic.Vpcmpeqd, Mnemonic.Vpcmpeqq, Mnemonic.Vpcmpgtb, Mnemonic.Vpcmpgtw, Mnemonic.Vpcmpgtd,
            Mnemonic.Vpcmpgtq,
            Mnemonic.Vpand,  Mnemonic.Vpandn, Mnemonic.Vpor,   Mnemonic.Vpxor,  Mnemonic.Vptest,
            Mnemonic.Vpsllw,  Mnemonic.Vpslld,  Mnemonic.Vpsllq,  Mnemonic.Vpslldq, Mnemonic.Vpsrlw,  Mnemonic.Vpsrld,  Mnemonic.Vpsrlq,
            Mnemonic.Vpsrldq, Mnemonic.Vpsraw,  Mnemonic.Vpsrad,
            Mnemonic.Vpsllvd, Mnemonic.Vpsllvq, Mnemonic.Vpsrlvd, Mnemonic.Vpsrlvq, Mnemonic.Vpsravd),
    ];
}

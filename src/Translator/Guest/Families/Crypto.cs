using Iced.Intel;

namespace Tcg.Mttcg.Translator.Guest.Families;

/// <summary>AES, carry-less multiplication, Galois fields and SHA, legacy and VEX (VAES, VPCLMULQDQ).</summary>
internal static class Crypto
{
    public static readonly LiftRow[] Rows =
    [
        .. Simd.RowsOf(
            Mnemonic.Aesenc,      Mnemonic.Aesenclast,  Mnemonic.Aesdec,      Mnemonic.Aesdeclast,  Mnemonic.Aesimc,  Mnemonic.Aeskeygenassist,
            Mnemonic.Vaesenc,     Mnemonic.Vaesenclast, Mnemonic.Vaesdec,     Mnemonic.Vaesdeclast, Mnemonic.Vaesimc, Mnemonic.Vaeskeygenassist,
            Mnemonic.Pclmulqdq,   Mnemonic.Vpclmulqdq,
            Mnemonic.Gf2p8mulb,   Mnemonic.Gf2p8affineqb,  Mnemonic.Gf2p8affineinvqb,
            Mnemonic.Vgf2p8mulb,  Mnemonic.Vgf2p8affineqb, Mnemonic.Vgf2p8affineinvqb,
            Mnemonic.Sha1rnds4,   Mnemonic.Sha1nexte,   Mnemonic.Sha1msg1,    Mnemonic.Sha1msg2,
            Mnemonic.Sha256rnds2, Mnemonic.Sha256msg1,  Mnemonic.Sha256msg2),
    ];
}

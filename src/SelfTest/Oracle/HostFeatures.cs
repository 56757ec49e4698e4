using System.Runtime.Intrinsics.X86;
using Iced.Intel;

namespace Tcg.Mttcg.SelfTest.Oracle;

/// <summary>Which instructions the host processor knows, by CPUID (SDM 2A, CPUID); what is not in the table came with the first 64-bit processors.</summary>
internal static class HostFeatures
{
    private const uint Structured = 7, Extended = 0x80000001;

    private enum Word { Eax, Ebx, Ecx, Edx }

    private static readonly (CpuidFeature Feature, uint Leaf, Word Word, int Bit)[] Table =
    [
        (CpuidFeature.SSE3,       1,          Word.Ecx,  0),
        (CpuidFeature.PCLMULQDQ,  1,          Word.Ecx,  1),
        (CpuidFeature.SSSE3,      1,          Word.Ecx,  9),
        (CpuidFeature.FMA,        1,          Word.Ecx, 12),
        (CpuidFeature.CMPXCHG16B, 1,          Word.Ecx, 13),
        (CpuidFeature.SSE4_1,     1,          Word.Ecx, 19),
        (CpuidFeature.SSE4_2,     1,          Word.Ecx, 20),
        (CpuidFeature.MOVBE,      1,          Word.Ecx, 22),
        (CpuidFeature.POPCNT,     1,          Word.Ecx, 23),
        (CpuidFeature.AES,        1,          Word.Ecx, 25),
        (CpuidFeature.XSAVE,      1,          Word.Ecx, 27),
        (CpuidFeature.AVX,        1,          Word.Ecx, 28),
        (CpuidFeature.F16C,       1,          Word.Ecx, 29),
        (CpuidFeature.RDRAND,     1,          Word.Ecx, 30),
        (CpuidFeature.BMI1,       Structured, Word.Ebx,  3),
        (CpuidFeature.AVX2,       Structured, Word.Ebx,  5),
        (CpuidFeature.BMI2,       Structured, Word.Ebx,  8),
        (CpuidFeature.RDSEED,     Structured, Word.Ebx, 18),
        (CpuidFeature.ADX,        Structured, Word.Ebx, 19),
        (CpuidFeature.CLFLUSHOPT, Structured, Word.Ebx, 23),
        (CpuidFeature.CLWB,       Structured, Word.Ebx, 24),
        (CpuidFeature.SHA,        Structured, Word.Ebx, 29),
        (CpuidFeature.PKU,        Structured, Word.Ecx,  4),
        (CpuidFeature.GFNI,       Structured, Word.Ecx,  8),
        (CpuidFeature.VAES,       Structured, Word.Ecx,  9),
        (CpuidFeature.VPCLMULQDQ, Structured, Word.Ecx, 10),
        (CpuidFeature.RDPID,      Structured, Word.Ecx, 22),
        (CpuidFeature.LZCNT,      Extended,   Word.Ecx,  5),
        (CpuidFeature.PREFETCHW,  Extended,   Word.Ecx,  8),
    ];

    private static readonly HashSet<CpuidFeature> Missing = [.. Table.Where(row => !IsSet(row.Leaf, row.Word, row.Bit)).Select(row => row.Feature)];

    /// <summary>Every feature that the instruction needs is there. VEX needs the system's consent too, which the runtime asks for.</summary>
    public static bool Has(OpCodeInfo info) =>
        info.Code.CpuidFeatures().All(feature => !Missing.Contains(feature)) && (info.Encoding == EncodingKind.Legacy || Avx.IsSupported);

    private static bool IsSet(uint leaf, Word word, int bit)
    {
        if (!X86Base.IsSupported) return false;
        var (eax, ebx, ecx, edx) = X86Base.CpuId((int)leaf, 0);
        int[] words = [eax, ebx, ecx, edx];
        return (words[(int)word] >> bit & 1) != 0;
    }
}

using System.Runtime.Intrinsics.X86;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Host.X64;

/// <summary>
/// Guest features whose instructions translated code runs as the host's own: what the host lacks cannot be announced with this back end. All
/// other features need nothing beyond the 64-bit baseline.
/// </summary>
public static class HostFeatures
{
    private static readonly CpuFeature[] RunOnHost =
    [
        CpuFeature.Cx16, CpuFeature.Sse3, CpuFeature.Ssse3, CpuFeature.Sse41, CpuFeature.Sse42, CpuFeature.Popcnt, CpuFeature.Lzcnt,
        CpuFeature.Aes, CpuFeature.Pclmul, CpuFeature.Sha, CpuFeature.Gfni, CpuFeature.Bmi1, CpuFeature.Bmi2, CpuFeature.Adx,
    ];

    // YMM registers need the host system's consent too.
    private static readonly CpuFeature[] RunOnHostVectors =
        [CpuFeature.Avx, CpuFeature.Avx2, CpuFeature.Fma, CpuFeature.F16c, CpuFeature.Vaes, CpuFeature.Vpclmul];

    /// <summary>Features that this host cannot give a guest.</summary>
    public static CpuFeatureSet Missing { get; } = new CpuFeatureSet().With(
        [.. RunOnHost.Where(feature => !Has(feature)), .. RunOnHostVectors.Where(feature => !Avx.IsSupported || !Has(feature))]);

    // The host's CPUID says it where the guest's would.
    private static bool Has(CpuFeature feature)
    {
        if (!X86Base.IsSupported) return false;
        var row = CpuFeatures.Rows.First(row => row.Feature == feature);
        if ((uint)X86Base.CpuId((int)(row.Leaf & 0x80000000), 0).Eax < row.Leaf) return false;
        var (eax, ebx, ecx, edx) = X86Base.CpuId((int)row.Leaf, 0);
        var word = row.Register switch { CpuidRegister.Eax => eax, CpuidRegister.Ebx => ebx, CpuidRegister.Ecx => ecx, _ => edx };
        return (word >> row.Bit & 1) != 0;
    }
}

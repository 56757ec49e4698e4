using System.Runtime.Intrinsics.X86;
using Tcg.Mttcg.Translator.Host.X64;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Tests.Vectors;

public sealed class HostFeatureTests
{
    /// <summary>The runtime knows some of them too, by its own reading of CPUID.</summary>
    [Fact]
    public void What_the_runtime_finds_on_this_host_is_not_missing_and_the_other_way_round()
    {
        (CpuFeature Feature, bool Found)[] pairs =
        [
            (CpuFeature.Sse3, Sse3.IsSupported), (CpuFeature.Ssse3, Ssse3.IsSupported), (CpuFeature.Sse41, Sse41.IsSupported), (CpuFeature.Sse42, Sse42.IsSupported),
            (CpuFeature.Popcnt, Popcnt.IsSupported), (CpuFeature.Lzcnt, Lzcnt.IsSupported), (CpuFeature.Bmi1, Bmi1.IsSupported), (CpuFeature.Bmi2, Bmi2.IsSupported),
            (CpuFeature.Aes, Aes.IsSupported), (CpuFeature.Pclmul, Pclmulqdq.IsSupported), (CpuFeature.Avx, Avx.IsSupported), (CpuFeature.Avx2, Avx2.IsSupported),
            (CpuFeature.Fma, Fma.IsSupported), (CpuFeature.Vpclmul, Pclmulqdq.V256.IsSupported), (CpuFeature.Gfni, Gfni.IsSupported),
        ];
        Assert.Equal(pairs.Where(pair => !pair.Found).Select(pair => pair.Feature), pairs.Select(pair => pair.Feature).Where(HostFeatures.Missing.Has));
    }

    [Fact]
    public void What_needs_nothing_of_the_host_is_never_missing()
    {
        foreach (var feature in (CpuFeature[])[CpuFeature.Movbe, CpuFeature.Rdrand, CpuFeature.Xsave, CpuFeature.LongMode, CpuFeature.Mmx])
            Assert.False(HostFeatures.Missing.Has(feature));
    }
}

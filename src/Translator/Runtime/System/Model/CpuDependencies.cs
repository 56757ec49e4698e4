using static Tcg.Mttcg.Translator.Runtime.CpuFeature;

namespace Tcg.Mttcg.Translator.Runtime;

/// <summary>Which features build on which (SDM 1 chapters 11 to 14: software tests for the one before it uses the other).</summary>
public static class CpuDependencies
{
    private static readonly (CpuFeature Feature, CpuFeature[] Needs)[] Rows =
    [
        (Sse,          [Fxsr]),
        (Sse2,         [Sse]),
        (Sse3,         [Sse2]),
        (Ssse3,        [Sse3]),
        (Sse41,        [Ssse3]),
        (Sse42,        [Sse41]),
        (Aes,          [Sse2]),
        (Pclmul,       [Sse2]),
        (Sha,          [Sse2]),
        (Gfni,         [Sse2]),
        (XsaveOpt,     [Xsave]),
        (XsaveC,       [Xsave]),
        (XGetBv1,      [Xsave]),
        (XsaveS,       [XsaveC]),
        (Avx,          [Xsave, Sse2]),
        (Avx2,         [Avx]),
        (Fma,          [Avx]),
        (F16c,         [Avx]),
        (Vaes,         [Avx, Aes]),
        (Vpclmul,      [Avx, Pclmul]),
        (Nx,           [Pae, Msr]),
        (LongMode,     [Pae, Msr, Cx8, Cmov, Sse2, Syscall]),
        (Syscall,      [Msr]),
        (Sep,          [Msr]),
        (LahfLong,     [LongMode]),
        (Page1G,       [LongMode]),
        (Pcid,         [LongMode]),
        (La57,         [LongMode]),
        (FsGsBase,     [LongMode]),
        (Cx16,         [LongMode]),
        (Pku,          [LongMode]),
        (Rdtscp,       [Tsc]),
        (X2Apic,       [Apic, Msr]),
        (TscDeadline,  [Apic, Tsc, Msr]),
        (TscAdjust,    [Tsc, Msr]),
        (InvariantTsc, [Tsc]),
        (Mca,          [Mce, Msr]),
        (Mtrr,         [Msr]),
        (Pat,          [Msr]),
        (Pse36,        [Pse]),
        (SpecCtrl,     [Msr]),
        (ArchCapabilities, [Msr]),
    ];

    /// <summary>The features with all that they need, directly or not.</summary>
    public static CpuFeatureSet Close(CpuFeatureSet features)
    {
        for (var before = default(CpuFeatureSet); before != features;)
        {
            before = features;
            foreach (var (feature, needs) in Rows)
                if (features.Has(feature)) features = features.With(needs);
        }
        return features;
    }

    /// <summary>What is left of the features when some of them are taken away: those that need a missing one go too.</summary>
    public static CpuFeatureSet Without(CpuFeatureSet features, CpuFeatureSet gone)
    {
        features = features.Without(gone);
        for (var before = default(CpuFeatureSet); before != features;)
        {
            before = features;
            foreach (var (feature, needs) in Rows)
                if (!features.HasAll(new CpuFeatureSet().With(needs))) features = features.Without(feature);
        }
        return features;
    }
}

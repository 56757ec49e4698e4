namespace Tcg.Mttcg.Translator.Runtime;

/// <summary>What a processor may announce in CPUID. The rows of <see cref="CpuFeatures"/> say where.</summary>
public enum CpuFeature : byte
{
    Fpu, Vme, De, Pse, Tsc, Msr, Pae, Mce, Cx8, Apic, Sep, Mtrr, Pge, Mca, Cmov, Pat, Pse36, ClFlush, Mmx, Fxsr, Sse, Sse2, SelfSnoop,
    Sse3, Pclmul, Monitor, Ssse3, Fma, Cx16, Pcid, Sse41, Sse42, X2Apic, Movbe, Popcnt, TscDeadline, Aes, Xsave, Avx, F16c, Rdrand,
    FsGsBase, Bmi1, Avx2, Smep, Bmi2, Erms, Invpcid, Rdseed, Adx, Smap, ClFlushOpt, Umip, Pku, La57, Rdpid, FastShortRepMov, SpecCtrl, ArchCapabilities,
    TscAdjust, ZeroFcsFds, Clwb, Sha, Gfni, Vaes, Vpclmul, Serialize,
    LahfLong, Lzcnt, Prefetchw, Syscall, Nx, Page1G, Rdtscp, LongMode,
    AlwaysRunningApicTimer, InvariantTsc, Wbnoinvd,
    XsaveOpt, XsaveC, XGetBv1, XsaveS,
}

/// <summary>A set of features.</summary>
public readonly record struct CpuFeatureSet(UInt128 Bits)
{
    public bool Has(CpuFeature feature) => (Bits >> (int)feature & 1) != 0;

    public bool HasAll(CpuFeatureSet others) => (Bits & others.Bits) == others.Bits;

    public int Count => (int)UInt128.PopCount(Bits);

    public IEnumerable<CpuFeature> Features => Enum.GetValues<CpuFeature>().Where(Has);

    public static CpuFeatureSet operator |(CpuFeatureSet a, CpuFeatureSet b) => new(a.Bits | b.Bits);

    public static CpuFeatureSet operator &(CpuFeatureSet a, CpuFeatureSet b) => new(a.Bits & b.Bits);

    public CpuFeatureSet With(params ReadOnlySpan<CpuFeature> features)
    {
        var bits = Bits;
        foreach (var feature in features) bits |= UInt128.One << (int)feature;
        return new(bits);
    }

    public CpuFeatureSet Without(CpuFeatureSet others) => new(Bits & ~others.Bits);

    public CpuFeatureSet Without(params ReadOnlySpan<CpuFeature> features)
    {
        var bits = Bits;
        foreach (var feature in features) bits &= ~(UInt128.One << (int)feature);
        return new(bits);
    }
}

using System.Collections.Frozen;

namespace Tcg.Mttcg.Translator.Runtime;

/// <summary>What a processor may announce in CPUID. The rows of <see cref="CpuFeatures"/> say where.</summary>
public enum CpuFeature : byte
{
    Fpu, Vme, De, Pse, Tsc, Msr, Pae, Mce, Cx8, Apic, Sep, Mtrr, Pge, Mca, Cmov, Pat, Pse36, ClFlush, Mmx, Fxsr, Sse, Sse2, SelfSnoop,
    Sse3, Pclmul, Monitor, Ssse3, Fma, Cx16, Pcid, Sse41, Sse42, X2Apic, Movbe, Popcnt, TscDeadline, Aes, Xsave, Avx, F16c, Rdrand,
    FsGsBase, Bmi1, Avx2, Smep, Bmi2, Erms, Invpcid, Rdseed, Adx, Smap, ClFlushOpt, Umip, Pku, La57, Rdpid, FastShortRepMov, SpecCtrl, ArchCapabilities,
    Sha, Gfni, Vaes, Vpclmul,
    LahfLong, Lzcnt, Syscall, Nx, Page1G, Rdtscp, LongMode,
    AlwaysRunningApicTimer, InvariantTsc,
}

/// <summary>CPUID output registers.</summary>
public enum CpuidRegister : byte { Eax, Ebx, Ecx, Edx }

/// <summary>Where a feature is announced, and which CR4 bits exist only with it.</summary>
public readonly record struct CpuFeatureRow(CpuFeature Feature, uint Leaf, CpuidRegister Register, int Bit, ulong Cr4 = 0);

/// <summary>A set of features.</summary>
public readonly record struct CpuFeatureSet(UInt128 Bits)
{
    public bool Has(CpuFeature feature) => (Bits >> (int)feature & 1) != 0;

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

/// <summary>The table of all features and the set that is announced by default: what the translator implements.</summary>
public static class CpuFeatures
{
    private const CpuidRegister Eax = CpuidRegister.Eax, Ebx = CpuidRegister.Ebx, Ecx = CpuidRegister.Ecx, Edx = CpuidRegister.Edx;

    /// <summary>
    /// Not in it on purpose: MONITOR (a wait would have to end at another processor's store), LA57 (a deeper walk for nothing), hypervisor leaves.
    /// </summary>
    public static CpuFeatureSet Default { get; } = new CpuFeatureSet().With(
        CpuFeature.Fpu, CpuFeature.Vme, CpuFeature.De, CpuFeature.Pse, CpuFeature.Tsc, CpuFeature.Msr, CpuFeature.Pae, CpuFeature.Mce, CpuFeature.Cx8, CpuFeature.Apic,
        CpuFeature.Sep, CpuFeature.Mtrr, CpuFeature.Pge, CpuFeature.Mca, CpuFeature.Cmov, CpuFeature.Pat, CpuFeature.Pse36, CpuFeature.ClFlush,
        CpuFeature.Mmx, CpuFeature.Fxsr, CpuFeature.Sse, CpuFeature.Sse2, CpuFeature.SelfSnoop, CpuFeature.Sse3, CpuFeature.Ssse3, CpuFeature.Cx16, CpuFeature.Pcid,
        CpuFeature.Sse41, CpuFeature.Sse42, CpuFeature.X2Apic, CpuFeature.Movbe, CpuFeature.Popcnt, CpuFeature.TscDeadline, CpuFeature.Xsave, CpuFeature.Rdrand, CpuFeature.FsGsBase, CpuFeature.Smep, CpuFeature.Erms, CpuFeature.Invpcid,
        CpuFeature.Rdseed, CpuFeature.Smap, CpuFeature.ClFlushOpt, CpuFeature.Umip, CpuFeature.Rdpid, CpuFeature.FastShortRepMov, CpuFeature.SpecCtrl,
        CpuFeature.ArchCapabilities, CpuFeature.LahfLong, CpuFeature.Lzcnt, CpuFeature.Syscall, CpuFeature.Nx, CpuFeature.Page1G, CpuFeature.Rdtscp, CpuFeature.LongMode,
        CpuFeature.AlwaysRunningApicTimer, CpuFeature.InvariantTsc);

    public static IReadOnlyList<CpuFeatureRow> Rows { get; } =
    [
        //  feature                 leaf        register bit CR4
        new(CpuFeature.Fpu,         1,          Edx,  0),
        new(CpuFeature.Vme,         1,          Edx,  1, Cr4.Vme | Cr4.Pvi),
        new(CpuFeature.De,          1,          Edx,  2, Cr4.De),
        new(CpuFeature.Pse,         1,          Edx,  3, Cr4.Pse),
        new(CpuFeature.Tsc,         1,          Edx,  4, Cr4.Tsd),
        new(CpuFeature.Msr,         1,          Edx,  5),
        new(CpuFeature.Pae,         1,          Edx,  6, Cr4.Pae),
        new(CpuFeature.Mce,         1,          Edx,  7, Cr4.Mce),
        new(CpuFeature.Cx8,         1,          Edx,  8),
        new(CpuFeature.Apic,        1,          Edx,  9),
        new(CpuFeature.Sep,         1,          Edx, 11),
        new(CpuFeature.Mtrr,        1,          Edx, 12),
        new(CpuFeature.Pge,         1,          Edx, 13, Cr4.Pge),
        new(CpuFeature.Mca,         1,          Edx, 14),
        new(CpuFeature.Cmov,        1,          Edx, 15),
        new(CpuFeature.Pat,         1,          Edx, 16),
        new(CpuFeature.Pse36,       1,          Edx, 17),
        new(CpuFeature.ClFlush,     1,          Edx, 19),
        new(CpuFeature.Mmx,         1,          Edx, 23),
        new(CpuFeature.Fxsr,        1,          Edx, 24, Cr4.OsFxsr),
        new(CpuFeature.Sse,         1,          Edx, 25, Cr4.OsXmmExcpt),
        new(CpuFeature.Sse2,        1,          Edx, 26),
        new(CpuFeature.SelfSnoop,   1,          Edx, 27),
        new(CpuFeature.Sse3,        1,          Ecx,  0),
        new(CpuFeature.Pclmul,      1,          Ecx,  1),
        new(CpuFeature.Monitor,     1,          Ecx,  3),
        new(CpuFeature.Ssse3,       1,          Ecx,  9),
        new(CpuFeature.Fma,         1,          Ecx, 12),
        new(CpuFeature.Cx16,        1,          Ecx, 13),
        new(CpuFeature.Pcid,        1,          Ecx, 17, Cr4.PcidE),
        new(CpuFeature.Sse41,       1,          Ecx, 19),
        new(CpuFeature.Sse42,       1,          Ecx, 20),
        new(CpuFeature.X2Apic,      1,          Ecx, 21),
        new(CpuFeature.Movbe,       1,          Ecx, 22),
        new(CpuFeature.Popcnt,      1,          Ecx, 23),
        new(CpuFeature.TscDeadline, 1,          Ecx, 24),
        new(CpuFeature.Aes,         1,          Ecx, 25),
        new(CpuFeature.Xsave,       1,          Ecx, 26, Cr4.OsXsave),
        new(CpuFeature.Avx,         1,          Ecx, 28),
        new(CpuFeature.F16c,        1,          Ecx, 29),
        new(CpuFeature.Rdrand,      1,          Ecx, 30),
        new(CpuFeature.AlwaysRunningApicTimer, 6, Eax, 2),
        new(CpuFeature.FsGsBase,    7,          Ebx,  0, Cr4.FsGsBase),
        new(CpuFeature.Bmi1,        7,          Ebx,  3),
        new(CpuFeature.Avx2,        7,          Ebx,  5),
        new(CpuFeature.Smep,        7,          Ebx,  7, Cr4.Smep),
        new(CpuFeature.Bmi2,        7,          Ebx,  8),
        new(CpuFeature.Erms,        7,          Ebx,  9),
        new(CpuFeature.Invpcid,     7,          Ebx, 10),
        new(CpuFeature.Rdseed,      7,          Ebx, 18),
        new(CpuFeature.Adx,         7,          Ebx, 19),
        new(CpuFeature.Smap,        7,          Ebx, 20, Cr4.Smap),
        new(CpuFeature.ClFlushOpt,  7,          Ebx, 23),
        new(CpuFeature.Sha,         7,          Ebx, 29),
        new(CpuFeature.Umip,        7,          Ecx,  2, Cr4.Umip),
        new(CpuFeature.Pku,         7,          Ecx,  3, Cr4.Pke),
        new(CpuFeature.Gfni,        7,          Ecx,  8),
        new(CpuFeature.Vaes,        7,          Ecx,  9),
        new(CpuFeature.Vpclmul,     7,          Ecx, 10),
        new(CpuFeature.La57,        7,          Ecx, 16, Cr4.La57),
        new(CpuFeature.Rdpid,       7,          Ecx, 22),
        new(CpuFeature.FastShortRepMov, 7,      Edx,  4),
        new(CpuFeature.SpecCtrl,    7,          Edx, 26),
        new(CpuFeature.ArchCapabilities, 7,     Edx, 29),
        new(CpuFeature.LahfLong,    0x80000001, Ecx,  0),
        new(CpuFeature.Lzcnt,       0x80000001, Ecx,  5),
        new(CpuFeature.Syscall,     0x80000001, Edx, 11),
        new(CpuFeature.Nx,          0x80000001, Edx, 20),
        new(CpuFeature.Page1G,      0x80000001, Edx, 26),
        new(CpuFeature.Rdtscp,      0x80000001, Edx, 27),
        new(CpuFeature.LongMode,    0x80000001, Edx, 29),
        new(CpuFeature.InvariantTsc, 0x80000007, Edx, 8),
    ];

    /// <summary>The announced bits of every output register that has any.</summary>
    public static FrozenDictionary<(uint Leaf, CpuidRegister Register), uint> Words(CpuFeatureSet features) => Rows
        .Where(row => features.Has(row.Feature))
        .GroupBy(row => (row.Leaf, row.Register))
        .ToFrozenDictionary(group => group.Key, group => group.Aggregate(0u, (word, row) => word | 1u << row.Bit));
}

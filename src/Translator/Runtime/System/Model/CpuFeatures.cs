using System.Collections.Frozen;
using Tcg.Mttcg.Translator.Guest;

namespace Tcg.Mttcg.Translator.Runtime;

/// <summary>CPUID output registers.</summary>
public enum CpuidRegister : byte { Eax, Ebx, Ecx, Edx }

/// <summary>Where a feature is announced, and which CR4 bits exist only with it.</summary>
/// <param name="Name">As QEMU's <c>-cpu</c> calls it.</param>
public readonly record struct CpuFeatureRow(
    CpuFeature Feature, string Name, uint Leaf, CpuidRegister Register, int Bit, uint Subleaf = 0, ulong Cr4 = 0);

/// <summary>The table of all features.</summary>
public static class CpuFeatures
{
    private const CpuidRegister Eax = CpuidRegister.Eax, Ebx = CpuidRegister.Ebx, Ecx = CpuidRegister.Ecx, Edx = CpuidRegister.Edx;

    public static IReadOnlyList<CpuFeatureRow> Rows { get; } =
    [
        //  feature                        name                 leaf        register, bit
        new(CpuFeature.Fpu,                "fpu",               1,          Edx,  0),
        new(CpuFeature.Vme,                "vme",               1,          Edx,  1, Cr4: Cr4.Vme | Cr4.Pvi),
        new(CpuFeature.De,                 "de",                1,          Edx,  2, Cr4: Cr4.De),
        new(CpuFeature.Pse,                "pse",               1,          Edx,  3, Cr4: Cr4.Pse),
        new(CpuFeature.Tsc,                "tsc",               1,          Edx,  4, Cr4: Cr4.Tsd),
        new(CpuFeature.Msr,                "msr",               1,          Edx,  5),
        new(CpuFeature.Pae,                "pae",               1,          Edx,  6, Cr4: Cr4.Pae),
        new(CpuFeature.Mce,                "mce",               1,          Edx,  7, Cr4: Cr4.Mce),
        new(CpuFeature.Cx8,                "cx8",               1,          Edx,  8),
        new(CpuFeature.Apic,               "apic",              1,          Edx,  9),
        new(CpuFeature.Sep,                "sep",               1,          Edx, 11),
        new(CpuFeature.Mtrr,               "mtrr",              1,          Edx, 12),
        new(CpuFeature.Pge,                "pge",               1,          Edx, 13, Cr4: Cr4.Pge),
        new(CpuFeature.Mca,                "mca",               1,          Edx, 14),
        new(CpuFeature.Cmov,               "cmov",              1,          Edx, 15),
        new(CpuFeature.Pat,                "pat",               1,          Edx, 16),
        new(CpuFeature.Pse36,              "pse36",             1,          Edx, 17),
        new(CpuFeature.ClFlush,            "clflush",           1,          Edx, 19),
        new(CpuFeature.Mmx,                "mmx",               1,          Edx, 23),
        new(CpuFeature.Fxsr,               "fxsr",              1,          Edx, 24, Cr4: Cr4.OsFxsr),
        new(CpuFeature.Sse,                "sse",               1,          Edx, 25, Cr4: Cr4.OsXmmExcpt),
        new(CpuFeature.Sse2,               "sse2",              1,          Edx, 26),
        new(CpuFeature.SelfSnoop,          "ss",                1,          Edx, 27),
        new(CpuFeature.Sse3,               "pni",               1,          Ecx,  0),
        new(CpuFeature.Pclmul,             "pclmulqdq",         1,          Ecx,  1),
        new(CpuFeature.Monitor,            "monitor",           1,          Ecx,  3),
        new(CpuFeature.Ssse3,              "ssse3",             1,          Ecx,  9),
        new(CpuFeature.Fma,                "fma",               1,          Ecx, 12),
        new(CpuFeature.Cx16,               "cx16",              1,          Ecx, 13),
        new(CpuFeature.Pcid,               "pcid",              1,          Ecx, 17, Cr4: Cr4.PcidE),
        new(CpuFeature.Sse41,              "sse4.1",            1,          Ecx, 19),
        new(CpuFeature.Sse42,              "sse4.2",            1,          Ecx, 20),
        new(CpuFeature.X2Apic,             "x2apic",            1,          Ecx, 21),
        new(CpuFeature.Movbe,              "movbe",             1,          Ecx, 22),
        new(CpuFeature.Popcnt,             "popcnt",            1,          Ecx, 23),
        new(CpuFeature.TscDeadline,        "tsc-deadline",      1,          Ecx, 24),
        new(CpuFeature.Aes,                "aes",               1,          Ecx, 25),
        new(CpuFeature.Xsave,              "xsave",             1,          Ecx, 26, Cr4: Cr4.OsXsave),
        new(CpuFeature.Avx,                "avx",               1,          Ecx, 28),
        new(CpuFeature.F16c,               "f16c",              1,          Ecx, 29),
        new(CpuFeature.Rdrand,             "rdrand",            1,          Ecx, 30),
        new(CpuFeature.AlwaysRunningApicTimer, "arat",            6,          Eax,  2),
        new(CpuFeature.FsGsBase,           "fsgsbase",          7,          Ebx,  0, Cr4: Cr4.FsGsBase),
        new(CpuFeature.TscAdjust,          "tsc-adjust",        7,          Ebx,  1),
        new(CpuFeature.Bmi1,               "bmi1",              7,          Ebx,  3),
        new(CpuFeature.Avx2,               "avx2",              7,          Ebx,  5),
        new(CpuFeature.Smep,               "smep",              7,          Ebx,  7, Cr4: Cr4.Smep),
        new(CpuFeature.Bmi2,               "bmi2",              7,          Ebx,  8),
        new(CpuFeature.Erms,               "erms",              7,          Ebx,  9),
        new(CpuFeature.Invpcid,            "invpcid",           7,          Ebx, 10),
        new(CpuFeature.ZeroFcsFds,         "zero-fcs-fds",      7,          Ebx, 13),
        new(CpuFeature.Rdseed,             "rdseed",            7,          Ebx, 18),
        new(CpuFeature.Adx,                "adx",               7,          Ebx, 19),
        new(CpuFeature.Smap,               "smap",              7,          Ebx, 20, Cr4: Cr4.Smap),
        new(CpuFeature.ClFlushOpt,         "clflushopt",        7,          Ebx, 23),
        new(CpuFeature.Clwb,               "clwb",              7,          Ebx, 24),
        new(CpuFeature.Sha,                "sha-ni",            7,          Ebx, 29),
        new(CpuFeature.Umip,               "umip",              7,          Ecx,  2, Cr4: Cr4.Umip),
        new(CpuFeature.Pku,                "pku",               7,          Ecx,  3, Cr4: Cr4.Pke),
        new(CpuFeature.Gfni,               "gfni",              7,          Ecx,  8),
        new(CpuFeature.Vaes,               "vaes",              7,          Ecx,  9),
        new(CpuFeature.Vpclmul,            "vpclmulqdq",        7,          Ecx, 10),
        new(CpuFeature.La57,               "la57",              7,          Ecx, 16, Cr4: Cr4.La57),
        new(CpuFeature.Rdpid,              "rdpid",             7,          Ecx, 22),
        new(CpuFeature.FastShortRepMov,    "fsrm",              7,          Edx,  4),
        new(CpuFeature.Serialize,          "serialize",         7,          Edx, 14),
        new(CpuFeature.SpecCtrl,           "spec-ctrl",         7,          Edx, 26),
        new(CpuFeature.ArchCapabilities,   "arch-capabilities", 7,          Edx, 29),
        new(CpuFeature.XsaveOpt,           "xsaveopt",          0xd,        Eax,  0, Subleaf: 1),
        new(CpuFeature.XsaveC,             "xsavec",            0xd,        Eax,  1, Subleaf: 1),
        new(CpuFeature.XGetBv1,            "xgetbv1",           0xd,        Eax,  2, Subleaf: 1),
        new(CpuFeature.XsaveS,             "xsaves",            0xd,        Eax,  3, Subleaf: 1),
        new(CpuFeature.LahfLong,           "lahf-lm",           0x80000001, Ecx,  0),
        new(CpuFeature.Lzcnt,              "abm",               0x80000001, Ecx,  5),
        new(CpuFeature.Prefetchw,          "3dnowprefetch",     0x80000001, Ecx,  8),
        new(CpuFeature.Syscall,            "syscall",           0x80000001, Edx, 11),
        new(CpuFeature.Nx,                 "nx",                0x80000001, Edx, 20),
        new(CpuFeature.Page1G,             "pdpe1gb",           0x80000001, Edx, 26),
        new(CpuFeature.Rdtscp,             "rdtscp",            0x80000001, Edx, 27),
        new(CpuFeature.LongMode,           "lm",                0x80000001, Edx, 29),
        new(CpuFeature.InvariantTsc,       "invtsc",            0x80000007, Edx,  8),
        new(CpuFeature.Wbnoinvd,           "wbnoinvd",          0x80000008, Ebx,  9),
    ];

    // Other names that are in use: Linux's, and QEMU's own second ones.
    private static readonly (string Name, CpuFeature Feature)[] Aliases =
    [
        ("sse3", CpuFeature.Sse3), ("sse4-1", CpuFeature.Sse41), ("sse4-2", CpuFeature.Sse42), ("lzcnt", CpuFeature.Lzcnt), ("sha", CpuFeature.Sha), ("xd", CpuFeature.Nx),
        ("pclmul", CpuFeature.Pclmul), ("pclmuldq", CpuFeature.Pclmul),
    ];

    private static readonly FrozenDictionary<string, CpuFeature> ByName = Rows.Select(row => (row.Name, row.Feature)).Concat(Aliases)
        .ToFrozenDictionary(pair => pair.Name, pair => pair.Feature);

    /// <summary>A feature by its name; underscores and hyphens are one.</summary>
    public static bool TryFind(string name, out CpuFeature feature) => ByName.TryGetValue(name.Replace('_', '-'), out feature);

    /// <summary>The names, in the table's order.</summary>
    public static string Names(CpuFeatureSet features) => string.Join(", ", Rows.Where(row => features.Has(row.Feature)).Select(row => row.Name));

    /// <summary>Every feature of the table, whether or not this translator can do it.</summary>
    public static CpuFeatureSet All { get; } = new CpuFeatureSet().With(Enum.GetValues<CpuFeature>());

    /// <summary>What can be announced without a lie: all instructions of the feature have rows. Features without instructions are all done.</summary>
    public static CpuFeatureSet Implemented { get; } = All.Without(InstructionFeatures.Incomplete());

    /// <summary>
    /// What a processor has unless it is told otherwise. MONITOR is left out because guests then idle in MWAIT, which here polls; LA57 because a deeper
    /// page walk would buy nothing.
    /// </summary>
    public static CpuFeatureSet Default { get; } = Implemented.Without(CpuFeature.Monitor, CpuFeature.La57);

    /// <summary>The announced bits of every output register that has any.</summary>
    public static FrozenDictionary<(uint Leaf, uint Subleaf, CpuidRegister Register), uint> Words(CpuFeatureSet features) => Rows
        .Where(row => features.Has(row.Feature))
        .GroupBy(row => (row.Leaf, row.Subleaf, row.Register))
        .ToFrozenDictionary(group => group.Key, group => group.Aggregate(0u, (word, row) => word | 1u << row.Bit));
}

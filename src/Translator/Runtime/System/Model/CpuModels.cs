using static Tcg.Mttcg.Translator.Runtime.CpuFeature;

namespace Tcg.Mttcg.Translator.Runtime;

/// <summary>A named set of features.</summary>
/// <param name="Fits">The set is cut to what the host and the back end can do; else they must be able to do all of it.</param>
public sealed record CpuModelRow(string Name, string Description, CpuFeatureSet Features, bool Fits = false);

/// <summary>The models of <c>-cpu</c>. The levels are those of the x86-64 psABI, on a processor with what a system needs to run well.</summary>
public static class CpuModels
{
    public const string Default = "default";

    private static readonly CpuFeatureSet Level1 = new CpuFeatureSet().With(
        Fpu, Vme, De, Pse, Tsc, Msr, Pae, Mce, Cx8, Apic, Sep, Mtrr, Pge, Mca, Cmov, Pat, Pse36, ClFlush, Mmx, Fxsr, Sse, Sse2, SelfSnoop,
        Syscall, Nx, LongMode, Rdtscp, X2Apic, TscDeadline, TscAdjust, AlwaysRunningApicTimer, InvariantTsc, SpecCtrl, ArchCapabilities, ZeroFcsFds);

    private static readonly CpuFeatureSet Level2 = Level1.With(Cx16, LahfLong, Popcnt, Sse3, Ssse3, Sse41, Sse42);

    private static readonly CpuFeatureSet Level3 = Level2.With(Xsave, Avx, Avx2, Bmi1, Bmi2, F16c, Fma, Lzcnt, Movbe);

    public static IReadOnlyList<CpuModelRow> Rows { get; } =
    [
        new(Default,     "what runs well here",                    CpuFeatures.Default, Fits: true),
        new("max",       "all that is implemented and runs here",  CpuFeatures.Implemented.Without(CpuFeature.Monitor), Fits: true),
        new("x86-64-v1", "SSE2, as the first 64-bit processors",   Level1),
        new("x86-64-v2", "with SSE4.2 and POPCNT, about 2009",     Level2),
        new("x86-64-v3", "with AVX2, BMI2 and FMA, about 2015",    Level3),
    ];

    public static CpuModelRow? Find(string name) => Rows.FirstOrDefault(row => row.Name == name);
}

using Iced.Intel;
using static Iced.Intel.CpuidFeature;

namespace Tcg.Mttcg.SelfTest.Isa;

/// <summary>Instructions that come together, by the CPUID features that Iced gives them.</summary>
public sealed record IsaGroup(string Name, params CpuidFeature[] Features);

/// <summary>All groups that this processor is meant to have in full, and what Iced lists for each.</summary>
public static class IsaGroups
{
    public static IReadOnlyList<IsaGroup> All { get; } =
    [
        new("Base: integer and system", INTEL8086, INTEL186, INTEL286, INTEL386, INTEL486, X64, CpuidFeature.CPUID, MULTIBYTENOP, PAUSE),
        new("CMOV", CMOV),
        new("CMPXCHG8B, CMPXCHG16B", CX8, CMPXCHG16B),
        new("Time stamp and performance counters", TSC, RDTSCP, RDPMC),
        new("Model-specific registers", MSR),
        new("SYSCALL, SYSENTER", SYSCALL, SEP),
        new("FSGSBASE", FSGSBASE),
        new("MONITOR", MONITOR),
        new("INVPCID", INVPCID),
        new("XSAVE", XSAVE, XSAVEOPT, XSAVEC, XSAVES),
        new("FXSAVE", FXSR),
        new("Cache control", CLFSH, CLFLUSHOPT, CLWB, PREFETCHW),
        new("Random numbers", RDRAND, RDSEED),
        new("RDPID", RDPID),
        new("SMAP", SMAP),
        new("PKU", PKU),
        new("BMI1", BMI1),
        new("BMI2", BMI2),
        new("ADX", ADX),
        new("LZCNT", LZCNT),
        new("POPCNT", POPCNT),
        new("MOVBE", MOVBE),
        new("x87", FPU, FPU287, FPU387),
        new("MMX", MMX),
        new("SSE", SSE),
        new("SSE2", SSE2),
        new("SSE3", SSE3),
        new("SSSE3", SSSE3),
        new("SSE4.1", SSE4_1),
        new("SSE4.2", SSE4_2),
        new("AES", AES),
        new("PCLMULQDQ", PCLMULQDQ),
        new("SHA", SHA),
        new("F16C", F16C),
        new("FMA", FMA),
        new("AVX", AVX),
        new("AVX2", AVX2),
        new("VAES", VAES),
        new("VPCLMULQDQ", VPCLMULQDQ),
        new("GFNI", GFNI),
    ];

    // What a second feature only encodes (AVX) or extends (CMOV, SSE3: FCMOVcc, FISTTP) does not name the group.
    private static readonly CpuidFeature[] Secondary = [AVX, CMOV, SSE3];

    private static readonly Dictionary<CpuidFeature, IsaGroup> ByFeature = All.SelectMany(group => group.Features.Select(feature => (feature, group))).ToDictionary();

    /// <summary>The encodings of a group, legacy and VEX, that a decoder finds without options; no assembler's pseudo-instructions (FSTSW is FWAIT, FNSTSW).</summary>
    public static ILookup<IsaGroup, OpCodeInfo> Encodings { get; } = Enum.GetValues<Code>()
        .Select(code => code.ToOpCode())
        .Where(info => info is { IsInstruction: true, Fwait: false, DecoderOption: DecoderOptions.None, Encoding: EncodingKind.Legacy or EncodingKind.VEX })
        .Select(info => (Group: GroupOf(info.Code.CpuidFeatures()), Info: info))
        .Where(pair => pair.Group is not null)
        .ToLookup(pair => pair.Group!, pair => pair.Info);

    private static IsaGroup? GroupOf(CpuidFeature[] features)
    {
        if (features.Length == 0 || !features.All(ByFeature.ContainsKey)) return null;
        var naming = features.Where(feature => !Secondary.Contains(feature)).Append(features[0]).First();
        return ByFeature[naming];
    }
}

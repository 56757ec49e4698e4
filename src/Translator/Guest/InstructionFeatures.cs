using System.Collections.Frozen;
using Iced.Intel;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Guest;

/// <summary>
/// Iced's names of processor features and ours. A feature of Iced's that stands in neither list belongs to a processor that we are not: its
/// instructions raise #UD.
/// </summary>
public static class InstructionFeatures
{
    /// <summary>
    /// In every 64-bit processor of Intel's, whatever CPUID says: the base set, and hints that run as NOP where their feature is missing (SDM 2B, NOP:
    /// 0F 0D, 0F 18 to 0F 1F). Of CET only the hints have rows. RSM outside SMM and the moves of test registers have rows that raise #UD.
    /// </summary>
    private static readonly FrozenSet<CpuidFeature> Always = new[]
    {
        CpuidFeature.INTEL8086, CpuidFeature.INTEL186, CpuidFeature.INTEL286, CpuidFeature.INTEL386, CpuidFeature.INTEL486, CpuidFeature.X64,
        CpuidFeature.CPUID, CpuidFeature.RDPMC, CpuidFeature.SMM, CpuidFeature.MULTIBYTENOP, CpuidFeature.PAUSE, CpuidFeature.MOV_TR,
        CpuidFeature.PREFETCHW, CpuidFeature.PREFETCHWT1, CpuidFeature.CLDEMOTE, CpuidFeature.CET_IBT, CpuidFeature.CET_SS,
    }.ToFrozenSet();

    private static readonly FrozenDictionary<CpuidFeature, CpuFeature> Announced = new Dictionary<CpuidFeature, CpuFeature>
    {
        [CpuidFeature.FPU] = CpuFeature.Fpu,
        [CpuidFeature.FPU287] = CpuFeature.Fpu,
        [CpuidFeature.FPU387] = CpuFeature.Fpu,
        [CpuidFeature.TSC] = CpuFeature.Tsc,
        [CpuidFeature.MSR] = CpuFeature.Msr,
        [CpuidFeature.CX8] = CpuFeature.Cx8,
        [CpuidFeature.CMPXCHG16B] = CpuFeature.Cx16,
        [CpuidFeature.SEP] = CpuFeature.Sep,
        [CpuidFeature.SYSCALL] = CpuFeature.Syscall,
        [CpuidFeature.CMOV] = CpuFeature.Cmov,
        [CpuidFeature.RDTSCP] = CpuFeature.Rdtscp,
        [CpuidFeature.RDPID] = CpuFeature.Rdpid,
        [CpuidFeature.RDRAND] = CpuFeature.Rdrand,
        [CpuidFeature.RDSEED] = CpuFeature.Rdseed,
        [CpuidFeature.MONITOR] = CpuFeature.Monitor,
        [CpuidFeature.CLFSH] = CpuFeature.ClFlush,
        [CpuidFeature.CLFLUSHOPT] = CpuFeature.ClFlushOpt,
        [CpuidFeature.CLWB] = CpuFeature.Clwb,
        [CpuidFeature.WBNOINVD] = CpuFeature.Wbnoinvd,
        [CpuidFeature.SERIALIZE] = CpuFeature.Serialize,
        [CpuidFeature.FSGSBASE] = CpuFeature.FsGsBase,
        [CpuidFeature.INVPCID] = CpuFeature.Invpcid,
        [CpuidFeature.SMAP] = CpuFeature.Smap,
        [CpuidFeature.PKU] = CpuFeature.Pku,
        [CpuidFeature.FXSR] = CpuFeature.Fxsr,
        [CpuidFeature.XSAVE] = CpuFeature.Xsave,
        [CpuidFeature.XSAVEOPT] = CpuFeature.XsaveOpt,
        [CpuidFeature.XSAVEC] = CpuFeature.XsaveC,
        [CpuidFeature.XSAVES] = CpuFeature.XsaveS,
        [CpuidFeature.POPCNT] = CpuFeature.Popcnt,
        [CpuidFeature.LZCNT] = CpuFeature.Lzcnt,
        [CpuidFeature.MOVBE] = CpuFeature.Movbe,
        [CpuidFeature.BMI1] = CpuFeature.Bmi1,
        [CpuidFeature.BMI2] = CpuFeature.Bmi2,
        [CpuidFeature.ADX] = CpuFeature.Adx,
        [CpuidFeature.MMX] = CpuFeature.Mmx,
        [CpuidFeature.SSE] = CpuFeature.Sse,
        [CpuidFeature.SSE2] = CpuFeature.Sse2,
        [CpuidFeature.SSE3] = CpuFeature.Sse3,
        [CpuidFeature.SSSE3] = CpuFeature.Ssse3,
        [CpuidFeature.SSE4_1] = CpuFeature.Sse41,
        [CpuidFeature.SSE4_2] = CpuFeature.Sse42,
        [CpuidFeature.AES] = CpuFeature.Aes,
        [CpuidFeature.PCLMULQDQ] = CpuFeature.Pclmul,
        [CpuidFeature.SHA] = CpuFeature.Sha,
        [CpuidFeature.GFNI] = CpuFeature.Gfni,
        [CpuidFeature.AVX] = CpuFeature.Avx,
        [CpuidFeature.AVX2] = CpuFeature.Avx2,
        [CpuidFeature.FMA] = CpuFeature.Fma,
        [CpuidFeature.F16C] = CpuFeature.F16c,
        [CpuidFeature.VAES] = CpuFeature.Vaes,
        [CpuidFeature.VPCLMULQDQ] = CpuFeature.Vpclmul,
    }.ToFrozenDictionary();

    /// <summary>What a processor must have for the encoding, all of it. Null: none of ours ever has it.</summary>
    public static CpuFeatureSet? Of(Code code)
    {
        var needed = new CpuFeatureSet();
        foreach (var feature in code.CpuidFeatures())
        {
            if (Always.Contains(feature)) continue;
            if (!Announced.TryGetValue(feature, out var ours)) return null;
            needed = needed.With(ours);
        }
        return needed;
    }

    /// <summary>
    /// Features that some instruction without a row belongs to. An instruction of several features counts only if all of them are complete otherwise:
    /// VAESENC says nothing of AES while AVX is missing.
    /// </summary>
    public static CpuFeatureSet Incomplete()
    {
        // The cheap questions first: this runs at every start.
        var missing = Enum.GetValues<Code>()
            .Where(code => !LiftTable.TryFind(code.Mnemonic(), out _))
            .Select(code => (Code: code, Needed: Of(code)))
            .Where(row => row.Needed is { Count: > 0 } && IsDecoded(row.Code))
            .Select(row => row.Needed!.Value).ToArray();
        var incomplete = missing.Where(needed => needed.Count == 1).Aggregate(new CpuFeatureSet(), (all, needed) => all | needed);
        return missing.Where(needed => (needed & incomplete).Count == 0).Aggregate(incomplete, (all, needed) => all | needed);
    }

    // Not the assembler's pseudo-instructions (FSTSW is FWAIT and FNSTSW), nor what only an option makes the decoder see.
    private static bool IsDecoded(Code code) =>
        code != Code.INVALID && code.ToOpCode() is { IsInstruction: true, Fwait: false, DecoderOption: DecoderOptions.None };

    /// <summary>
    /// What the decoder must read as something older: with the prefix ignored, TZCNT is BSF, LZCNT is BSR and WBNOINVD is WBINVD; without LAHF_LM, LAHF
    /// and SAHF are undefined in 64-bit mode.
    /// </summary>
    public static DecoderOptions Decoding(CpuFeatureSet features) =>
        (features.Has(CpuFeature.Bmi1) ? 0 : DecoderOptions.NoMPFX_0FBC)
        | (features.Has(CpuFeature.Lzcnt) ? 0 : DecoderOptions.NoMPFX_0FBD)
        | (features.Has(CpuFeature.Wbnoinvd) ? 0 : DecoderOptions.NoWbnoinvd)
        | (features.Has(CpuFeature.LahfLong) ? 0 : DecoderOptions.NoLahfSahf64);
}

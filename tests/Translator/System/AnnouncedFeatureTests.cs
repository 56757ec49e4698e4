using Iced.Intel;
using Tcg.Mttcg.Translator.Guest;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Tests.SystemState;

public class AnnouncedFeatureTests
{
    // Features that bring instructions, under the names of the decoder.
    private static readonly Dictionary<CpuFeature, CpuidFeature[]> Instructions = new()
    {
        [CpuFeature.Fpu] = [CpuidFeature.FPU, CpuidFeature.FPU287, CpuidFeature.FPU387],
        [CpuFeature.Cx8] = [CpuidFeature.CX8],
        [CpuFeature.Cx16] = [CpuidFeature.CMPXCHG16B],
        [CpuFeature.Cmov] = [CpuidFeature.CMOV],
        [CpuFeature.Sep] = [CpuidFeature.SEP],
        [CpuFeature.Syscall] = [CpuidFeature.SYSCALL],
        [CpuFeature.Msr] = [CpuidFeature.MSR],
        [CpuFeature.Tsc] = [CpuidFeature.TSC],
        [CpuFeature.Rdtscp] = [CpuidFeature.RDTSCP],
        [CpuFeature.Mmx] = [CpuidFeature.MMX],
        [CpuFeature.Fxsr] = [CpuidFeature.FXSR],
        [CpuFeature.ClFlush] = [CpuidFeature.CLFSH],
        [CpuFeature.ClFlushOpt] = [CpuidFeature.CLFLUSHOPT],
        [CpuFeature.Sse] = [CpuidFeature.SSE],
        [CpuFeature.Sse2] = [CpuidFeature.SSE2],
        [CpuFeature.Sse3] = [CpuidFeature.SSE3],
        [CpuFeature.Ssse3] = [CpuidFeature.SSSE3],
        [CpuFeature.Sse41] = [CpuidFeature.SSE4_1],
        [CpuFeature.Sse42] = [CpuidFeature.SSE4_2],
        [CpuFeature.Pclmul] = [CpuidFeature.PCLMULQDQ],
        [CpuFeature.Aes] = [CpuidFeature.AES],
        [CpuFeature.Popcnt] = [CpuidFeature.POPCNT],
        [CpuFeature.Lzcnt] = [CpuidFeature.LZCNT],
        [CpuFeature.Bmi1] = [CpuidFeature.BMI1],
        [CpuFeature.Bmi2] = [CpuidFeature.BMI2],
        [CpuFeature.Adx] = [CpuidFeature.ADX],
        [CpuFeature.Movbe] = [CpuidFeature.MOVBE],
        [CpuFeature.Xsave] = [CpuidFeature.XSAVE],
        [CpuFeature.Avx] = [CpuidFeature.AVX],
        [CpuFeature.Avx2] = [CpuidFeature.AVX2],
        [CpuFeature.Fma] = [CpuidFeature.FMA],
        [CpuFeature.F16c] = [CpuidFeature.F16C],
        [CpuFeature.Vaes] = [CpuidFeature.VAES],
        [CpuFeature.Vpclmul] = [CpuidFeature.VPCLMULQDQ],
        [CpuFeature.Gfni] = [CpuidFeature.GFNI],
        [CpuFeature.Sha] = [CpuidFeature.SHA],
        [CpuFeature.Rdrand] = [CpuidFeature.RDRAND],
        [CpuFeature.Rdseed] = [CpuidFeature.RDSEED],
        [CpuFeature.Rdpid] = [CpuidFeature.RDPID],
        [CpuFeature.FsGsBase] = [CpuidFeature.FSGSBASE],
        [CpuFeature.Invpcid] = [CpuidFeature.INVPCID],
        [CpuFeature.Smap] = [CpuidFeature.SMAP],
        [CpuFeature.Pku] = [CpuidFeature.PKU],
        [CpuFeature.Monitor] = [CpuidFeature.MONITOR],
    };

    [Fact]
    public void What_cpuid_announces_is_lifted()
    {
        var announced = Instructions.Where(row => CpuFeatures.Default.Has(row.Key)).SelectMany(row => row.Value).ToHashSet();
        var missing = Enum.GetValues<Code>()
            .Where(code => code != Code.INVALID && IsCovered(code, announced) && !LiftTable.TryFind(code.Mnemonic(), out _))
            .Select(code => $"{code.Mnemonic()} ({string.Join('+', code.CpuidFeatures())})")
            .Distinct();
        Assert.Equal("", string.Join(' ', missing));
    }

    private static bool IsCovered(Code code, HashSet<CpuidFeature> announced)
    {
        var opcode = code.ToOpCode();
        var features = code.CpuidFeatures();
        return opcode is { IsInstruction: true, Fwait: false, DecoderOption: DecoderOptions.None }
            && features.Length > 0 && features.All(announced.Contains);
    }
}

using Iced.Intel;
using Tcg.Mttcg.SelfTest.Machines;
using Tcg.Mttcg.SelfTest.Oracle;

namespace Tcg.Mttcg.Translator.Tests.Oracle;

/// <summary>The oracle's source of instructions by itself, rows or not: what it draws runs on the host, and it draws every kind of operand.</summary>
[Collection(HostPages.Collection)]
public class FormSourceTests
{
    private static readonly CpuidFeature[] Features =
    [
        CpuidFeature.INTEL8086, CpuidFeature.INTEL186, CpuidFeature.INTEL286, CpuidFeature.INTEL386, CpuidFeature.INTEL486, CpuidFeature.X64, CpuidFeature.CMOV,
        CpuidFeature.CX8, CpuidFeature.CMPXCHG16B, CpuidFeature.POPCNT, CpuidFeature.LZCNT, CpuidFeature.MOVBE, CpuidFeature.BMI1, CpuidFeature.BMI2, CpuidFeature.ADX,
        CpuidFeature.FPU, CpuidFeature.FPU287, CpuidFeature.FPU387, CpuidFeature.MMX, CpuidFeature.SSE, CpuidFeature.SSE2, CpuidFeature.SSE3, CpuidFeature.SSSE3,
        CpuidFeature.SSE4_1, CpuidFeature.SSE4_2, CpuidFeature.AES, CpuidFeature.PCLMULQDQ, CpuidFeature.SHA, CpuidFeature.GFNI, CpuidFeature.F16C, CpuidFeature.FMA,
        CpuidFeature.AVX, CpuidFeature.AVX2, CpuidFeature.VAES, CpuidFeature.VPCLMULQDQ,
    ];

    [Theory]
    [InlineData(64)]
    [InlineData(32)]
    public void Every_encoding_that_user_code_may_run_is_drawn_and_runs_on_the_host(int bitness)
    {
        if (!NativeRunner.IsSupported) return;
        using var machine = TestMachine.With(Engine.Interpreter);
        using var arena = new Arena(machine);
        using var native = new NativeRunner(OracleMode.Of(bitness));
        var random = new RandomValues(1);
        var source = new FormSource(random, OracleMode.Of(bitness));
        var scenario = new Scenario(random, arena, OracleMode.Of(bitness));
        var missed = new List<Code>();
        var ran = 0;
        foreach (var info in Enum.GetValues<Mnemonic>().SelectMany(source.EncodingsOf).Where(info => info.Code.CpuidFeatures().All(Features.Contains) && !Exclusions.Has(info) && (!NearBranches.Has(info) || NearBranches.Reaches(info, OracleMode.Of(bitness)))))
        {
            if (Run(info, source, scenario, native)) ran++;
            else if (!NamesSegment(info)) missed.Add(info.Code);
        }
        Assert.Equal("", string.Join(' ', missed));
        Assert.True(ran > 800, $"only {ran} encodings ran");
    }

    // The selectors of a user program are not the guest's.
    private static bool NamesSegment(OpCodeInfo info) => Enumerable.Range(0, info.OpCount).Any(operand => info.GetOpKind(operand) is
        OpCodeOperandKind.seg_reg or OpCodeOperandKind.es or OpCodeOperandKind.cs or OpCodeOperandKind.ss or OpCodeOperandKind.ds or OpCodeOperandKind.fs or OpCodeOperandKind.gs);

    private static bool Run(OpCodeInfo info, FormSource source, Scenario scenario, NativeRunner native)
    {
        var ran = false;
        for (var attempt = 0; attempt < 40; attempt++)
        {
            if (source.Draw(info, memory: (attempt & 1) != 0) is not { } form || !scenario.Draw(form.Instruction, out var registers)) continue;
            native.SetCode(form.Bytes);
            native.Run(ref registers);
            ran = true;
        }
        return ran;
    }
}

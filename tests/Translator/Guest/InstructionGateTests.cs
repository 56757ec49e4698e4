using Iced.Intel;
using Tcg.Mttcg.Translator.Guest;
using Tcg.Mttcg.Translator.Ir;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Tests.Guest;

/// <summary>What CPUID announces and what can be executed are one thing.</summary>
public sealed class InstructionGateTests
{
    private static readonly CpuFeatureSet Bare = new CpuFeatureSet().With(
        CpuFeature.Fpu, CpuFeature.Tsc, CpuFeature.Msr, CpuFeature.Cx8, CpuFeature.Cmov, CpuFeature.Fxsr, CpuFeature.Sse, CpuFeature.Sse2,
        CpuFeature.Syscall, CpuFeature.LongMode);

    private static readonly Code[] Decoded = [.. Enum.GetValues<Code>().Where(code =>
        code != Code.INVALID && code.ToOpCode() is { IsInstruction: true, Fwait: false, DecoderOption: DecoderOptions.None })];

    [Fact]
    public void A_feature_is_implemented_only_when_every_mnemonic_of_it_has_a_row()
    {
        var gate = new InstructionGate(CpuFeatures.Implemented);
        var broken = Decoded
            .Where(code => InstructionFeatures.Of(code) is { Count: > 0 } needed && CpuFeatures.Implemented.HasAll(needed) && !gate.Lets(code))
            .Select(code => $"{code} ({string.Join('+', code.CpuidFeatures())})");
        Assert.Equal("", string.Join(' ', broken));
        Assert.True(CpuFeatures.Implemented.HasAll(Bare.With(CpuFeature.Mmx, CpuFeature.Sse41, CpuFeature.Bmi1, CpuFeature.Bmi2, CpuFeature.Adx, CpuFeature.Pku, CpuFeature.XsaveS)));
    }

    [Fact]
    public void Each_feature_alone_decides_about_its_instructions()
    {
        var withInstructions = 0;
        foreach (var feature in CpuFeatures.All.Features)
        {
            var gate = new InstructionGate(CpuFeatures.All.Without(feature));
            var own = Decoded.Where(code => InstructionFeatures.Of(code) is { } needed && needed.Has(feature) && InstructionGate.Open.Lets(code)).ToArray();
            if (own.Length > 0) withInstructions++;
            Assert.All(own, code => Assert.False(gate.Lets(code)));
            Assert.All(Decoded.Except(own), code => Assert.Equal(InstructionGate.Open.Lets(code), gate.Lets(code)));
        }
        Assert.True(withInstructions > 30, $"{withInstructions} features have instructions");
    }

    [Theory]
    [InlineData("f30fb8c1", "popcnt eax, ecx")]
    [InlineData("c4e270f2c2", "andn eax, ecx, edx")]
    [InlineData("660f38f6c1", "adcx eax, ecx")]
    [InlineData("0f01ee", "rdpkru")]
    [InlineData("0fc7f0", "rdrand eax")]
    [InlineData("0fae20", "xsave [rax]")]
    [InlineData("0fc708", "cmpxchg16b", CpuFeature.Cx16)]
    [InlineData("0f38f001", "movbe eax, [rcx]")]
    [InlineData("0f01e8", "serialize")]
    [InlineData("660fae30", "clwb [rax]")]
    [InlineData("9f", "lahf")]
    [InlineData("0f01c8", "monitor")]
    public void An_instruction_whose_feature_is_off_is_undefined(string hex, string name, CpuFeature wide = CpuFeature.Fpu)
    {
        if (wide == CpuFeature.Cx16) hex = "48" + hex;
        Assert.NotEmpty(name);
        Assert.Equal((int)Vector.Undefined, Lifted.RaisedVector(Lift(hex, Bare)));
        Assert.Equal(-1, Lifted.RaisedVector(Lift(hex, CpuFeatures.All)));
    }

    [Theory]
    [InlineData("f30fbcc1", IrOp.Bsf, IrOp.Tzcnt)]
    [InlineData("f30fbdc1", IrOp.Bsr, IrOp.Lzcnt)]
    public void Counts_are_scans_where_they_do_not_exist(string hex, IrOp without, IrOp with)
    {
        Assert.Contains(without, Ops(Lift(hex, Bare)));
        Assert.Contains(with, Ops(Lift(hex, CpuFeatures.All)));
    }

    [Fact]
    public void Without_wbnoinvd_its_prefix_is_ignored() => Assert.Equal(-1, Lifted.RaisedVector(Lift("f30f09", Bare)));

    [Theory]
    [InlineData("f30f1efa", "endbr64")]
    [InlineData("f3480f1ec8", "rdsspq rax")]
    [InlineData("0f0d08", "prefetchw [rax]")]
    [InlineData("0f1c00", "cldemote [rax]")]
    [InlineData("0f1f00", "nop [rax]")]
    [InlineData("0f1a00", "bndldx, without MPX a nop")]
    public void Hints_do_nothing_on_a_processor_that_does_not_know_them(string hex, string name)
    {
        Assert.NotEmpty(name);
        Assert.DoesNotContain(Lift(hex, Bare).Instructions.ToArray(), i => i.Op is IrOp.Call or IrOp.GuestLoad);
    }

    [Theory]
    [InlineData("f0c4e270f2c2", "LOCK before VEX")]
    [InlineData("66c4e270f2c2", "66 before VEX")]
    [InlineData("40c4e270f2c2", "REX before VEX")]
    [InlineData("c4e274f2c2", "VEX.L")]
    [InlineData("f0660f38f6c1", "lock adcx")]
    [InlineData("f089c8", "lock mov eax, ecx")]
    [InlineData("f00101", "")]
    public void Wrong_prefixes_are_undefined(string hex, string name) =>
        Assert.Equal(name.Length > 0 ? (int)Vector.Undefined : -1, Lifted.RaisedVector(Lift(hex, CpuFeatures.All)));

    [Theory]
    [InlineData("c4e270f2c2", Lifted.Real16)]
    [InlineData("c4e270f2c2", Lifted.Real16 | TbFlags.Protected | TbFlags.Virtual8086)]
    public void Vex_does_not_exist_in_real_and_virtual_8086_mode(string hex, TbFlags flags) =>
        Assert.Equal((int)Vector.Undefined, Lifted.RaisedVector(Lift(hex, CpuFeatures.All, flags)));

    [Theory]
    [InlineData("0f0b")]
    [InlineData("0fb9c0")]
    [InlineData("0fffc0")]
    [InlineData("0faa")]
    public void The_undefined_instructions_are_undefined(string hex) => Assert.Equal((int)Vector.Undefined, Lifted.RaisedVector(Lift(hex, CpuFeatures.All)));

    private static IrBlock Lift(string hex, CpuFeatureSet features, TbFlags flags = Lifted.Flat64)
    {
        var block = new IrBlock();
        var code = new CodePages(Convert.FromHexString(hex), 4096);
        var lifter = new BlockLifter(new InstructionGate(features));
        Assert.Equal(LiftOutcome.Lifted, lifter.Lift(block, new TbContext(0x1000, 0, flags, (TbCompileFlags)1), code));
        Assert.Null(IrVerifier.Check(block));
        return block;
    }

    private static IEnumerable<IrOp> Ops(IrBlock block) => block.Instructions.ToArray().Select(i => i.Op);
}

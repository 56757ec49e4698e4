using System.Runtime.InteropServices;
using Iced.Intel;
using Tcg.Mttcg.Memory.Tlb;
using Tcg.Mttcg.Translator.Guest;
using Tcg.Mttcg.Translator.Ir;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Tests.Guest;

public sealed class CompletenessTests
{
    private static readonly CpuidFeature[] Base =
    [
        CpuidFeature.INTEL8086, CpuidFeature.INTEL186, CpuidFeature.INTEL286, CpuidFeature.INTEL386, CpuidFeature.INTEL486, CpuidFeature.X64,
        CpuidFeature.CMOV, CpuidFeature.CPUID, CpuidFeature.CX8, CpuidFeature.CMPXCHG16B, CpuidFeature.MSR, CpuidFeature.TSC, CpuidFeature.RDTSCP,
        CpuidFeature.SEP, CpuidFeature.SYSCALL, CpuidFeature.FXSR, CpuidFeature.MULTIBYTENOP, CpuidFeature.PAUSE, CpuidFeature.CLFSH,
        CpuidFeature.MONITOR, CpuidFeature.RDPMC, CpuidFeature.SMAP, CpuidFeature.FSGSBASE, CpuidFeature.INVPCID, CpuidFeature.POPCNT,
        CpuidFeature.LZCNT, CpuidFeature.MOVBE, CpuidFeature.RDRAND, CpuidFeature.RDSEED, CpuidFeature.RDPID, CpuidFeature.XSAVE,
        CpuidFeature.XSAVEOPT, CpuidFeature.XSAVEC, CpuidFeature.XSAVES, CpuidFeature.CLFLUSHOPT, CpuidFeature.CLWB, CpuidFeature.PKU, CpuidFeature.ADX,
        CpuidFeature.PREFETCHW, CpuidFeature.PREFETCHWT1, CpuidFeature.SERIALIZE, CpuidFeature.WBNOINVD, CpuidFeature.SMM,
        CpuidFeature.FPU, CpuidFeature.FPU287, CpuidFeature.FPU387,
    ];

    private static readonly CpuidFeature[] Vector =
    [
        CpuidFeature.SSE, CpuidFeature.SSE2, CpuidFeature.SSE3, CpuidFeature.SSSE3, CpuidFeature.SSE4_1, CpuidFeature.SSE4_2,
        CpuidFeature.AES, CpuidFeature.PCLMULQDQ, CpuidFeature.GFNI, CpuidFeature.SHA,
    ];

    private static readonly CpuidFeature[] WithVex =
    [
        CpuidFeature.AVX, CpuidFeature.AVX2, CpuidFeature.FMA, CpuidFeature.F16C, CpuidFeature.AES, CpuidFeature.PCLMULQDQ, CpuidFeature.GFNI,
        CpuidFeature.VAES, CpuidFeature.VPCLMULQDQ,
    ];

    [Fact]
    public void The_base_instruction_set_has_rows() => AssertRows(Base, []);

    [Fact]
    public void Bit_manipulation_has_rows() =>
        Assert.Equal("", string.Join(' ', Missing(code => IsDecodable(code) && code.CpuidFeatures().All(feature => feature is CpuidFeature.BMI1 or CpuidFeature.BMI2))));

    [Fact]
    public void Sse_to_sse42_and_cryptography_have_rows() => AssertRows(Vector, []);

    [Fact]
    public void Avx_avx2_fma_f16c_and_vector_cryptography_have_rows() => AssertRows(WithVex, [], EncodingKind.VEX);

    [Fact]
    public void Mmx_has_rows() => AssertRows([CpuidFeature.MMX], []);

    [Fact]
    public unsafe void State_offsets_are_those_of_the_struct()
    {
        CpuState state;
        Assert.Equal(StateFields.Ldtr, (byte*)&state.Ldtr - (byte*)&state);
        Assert.Equal(StateFields.Tr, (byte*)&state.Tr - (byte*)&state);
        Assert.Equal(StateFields.GdtBase, (byte*)&state.GdtBase - (byte*)&state);
        Assert.Equal(StateFields.IdtBase, (byte*)&state.IdtBase - (byte*)&state);
        Assert.Equal(StateFields.GdtLimit, (byte*)&state.GdtLimit - (byte*)&state);
        Assert.Equal(StateFields.IdtLimit, (byte*)&state.IdtLimit - (byte*)&state);
        Assert.Equal(StateFields.Cr0, (byte*)&state.Cr0 - (byte*)&state);
        Assert.Equal(StateFields.Limit, (int)Marshal.OffsetOf<SegmentRegister>(nameof(SegmentRegister.Limit)));
        Assert.Equal(StateFields.Selector, (int)Marshal.OffsetOf<SegmentRegister>(nameof(SegmentRegister.Selector)));
    }

    [Fact]
    public void A_packed_string_operation_gives_back_what_it_was_made_of()
    {
        var some = new StringOperation(
            StringKind.Cmps, OpSize.B32, OpSize.B64, RepeatKind.RepNe, Segment.Gs, true, MmuIndex.KernelNoSmap, true);
        Assert.Equal(
            (StringKind.Cmps, OpSize.B32, OpSize.B64, RepeatKind.RepNe, Segment.Gs, true, MmuIndex.KernelNoSmap, true),
            (some.Kind, some.Element, some.AddressSize, some.Repeat, some.Source, some.FlatDestination, some.View, some.Code64));
        var flat = new StringOperation(StringKind.Movs, OpSize.B8, OpSize.B16, RepeatKind.None, Segment.None, false, MmuIndex.User, false);
        Assert.Equal((Segment.None, false, false), (flat.Source, flat.FlatDestination, flat.Code64));
    }

    private static void AssertRows(CpuidFeature[] features, Mnemonic[] exceptions, EncodingKind encoding = EncodingKind.Legacy) =>
        Assert.Equal("", string.Join(' ', Missing(code => IsDecodable(code) && code.Encoding() == encoding && code.CpuidFeatures().All(features.Contains)).Except(exceptions)));

    private static IEnumerable<Mnemonic> Missing(Func<Code, bool> wanted) =>
        Enum.GetValues<Code>().Where(wanted).Select(code => code.Mnemonic()).Distinct().Where(mnemonic => !LiftTable.TryFind(mnemonic, out _));

    // Not the assembler's pseudo-instructions (FSTSW = FWAIT + FNSTSW), nor what only an option makes the decoder see.
    private static bool IsDecodable(Code code) =>
        code != Code.INVALID && code.CpuidFeatures().Length > 0 && code.ToOpCode() is { IsInstruction: true, Fwait: false, DecoderOption: DecoderOptions.None };
}

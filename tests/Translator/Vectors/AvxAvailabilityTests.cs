using Tcg.Mttcg.Translator.Runtime;
using Tcg.Mttcg.Translator.Tests.Guest;

namespace Tcg.Mttcg.Translator.Tests.Vectors;

/// <summary>When VEX instructions exist, and which of their operands must be aligned.</summary>
public sealed class AvxAvailabilityTests
{
    private const int Undefined = 6, NotAvailable = 7;
    private const TbFlags Avx64 = Lifted.Flat64 | TbFlags.Avx, Avx32 = Lifted.Flat32 | TbFlags.Avx;

    // vaddps xmm, xmm, xmm; vmovups ymm, [ebx]; vzeroupper; vmaskmovps xmm, xmm, [ebx]; vldmxcsr [ebx]
    private static readonly string[] Samples = ["c5f058c1", "c5fc1003", "c5f877", "c4e2712c03", "c5f8ae13"];

    [Theory]
    [InlineData(Avx64, -1)]
    [InlineData(Avx32, -1)]
    [InlineData(Lifted.Flat64, Undefined)]                                          // CR4.OSXSAVE or XCR0 says no
    [InlineData(TbFlags.Avx, Undefined)]                                            // real mode
    [InlineData(TbFlags.Avx | TbFlags.Protected | TbFlags.Virtual8086, Undefined)]
    [InlineData(Avx64 | TbFlags.TaskSwitched, NotAvailable)]
    [InlineData(TbFlags.Avx | TbFlags.TaskSwitched, Undefined)]                     // #UD comes first
    [InlineData(Avx64 | TbFlags.Emulate, -1)]                                       // CR0.EM and CR4.OSFXSR are SSE's
    [InlineData(Avx64 & ~TbFlags.OsFxsr, -1)]
    public void Vex_instructions_need_what_cr4_xcr0_and_the_mode_say(TbFlags flags, int vector)
    {
        foreach (var hex in Samples) Assert.Equal(vector, Lifted.RaisedVector(Lifted.Lift(hex, flags, compile: (TbCompileFlags)1)));
    }

    [Theory]
    [InlineData("62f1744858c1")]     // vaddps zmm, zmm, zmm
    [InlineData("62f1740858c1")]      // vaddps xmm, xmm, xmm with EVEX
    [InlineData("66c5f058c1")]        // mandatory prefixes are VEX's own
    [InlineData("f2c5f058c1")]
    [InlineData("f0c5f058c1")]
    [InlineData("40c5f058c1")]        // so is REX
    [InlineData("c4e2719004c8")]      // vpgatherdd xmm0, [rax+rcx*8]: mask and index are one register
    public void What_is_no_vex_instruction_is_undefined(string hex) =>
        Assert.Equal(Undefined, Lifted.RaisedVector(Lifted.Lift(hex + "ff ff ff ff ff", Avx64, compile: (TbCompileFlags)1)));

    [Theory]
    [InlineData("c5f82803", "aligned16")]     // vmovaps xmm
    [InlineData("c5fc2803", "aligned32")]     // vmovaps ymm
    [InlineData("c5fd7f03", "aligned32")]     // vmovdqa [], ymm
    [InlineData("c5fde703", "aligned32")]     // vmovntdq
    [InlineData("c4e27d2a03", "aligned32")]   // vmovntdqa
    [InlineData("c5fc1003", null)]            // vmovups
    [InlineData("c5f45803", null)]            // vaddps ymm
    [InlineData("c5f05803", null)]            // vaddps xmm
    [InlineData("0f5803", "aligned16")]       // addps
    [InlineData("660f38dc03", "aligned16")]   // aesenc
    [InlineData("0f38cb03", "aligned16")]     // sha256rnds2
    [InlineData("c4e271dc03", null)]          // vaesenc
    public void Only_moves_that_say_so_need_alignment(string hex, string? attribute)
    {
        var text = Lifted.First(hex, Avx64);
        if (attribute is null) Assert.DoesNotContain("aligned", text, StringComparison.Ordinal);
        else Assert.Contains(attribute, text, StringComparison.Ordinal);
    }
}

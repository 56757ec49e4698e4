using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Tests.SystemState;

public unsafe class SaveAreaTests
{
    private const ulong Area = 0x10000;

    [Fact]
    public void Fxsave_lays_out_what_fxrstor_reads()
    {
        using var bench = SystemBench.Long();
        for (var i = 0; i < 16; i++) bench.State->Vector[i * 64] = (byte)(0x80 + i);
        bench.Call(HelperId.X87, 0x3e3);
        bench.Call(HelperId.X87, 0x1e8);
        bench.Call(HelperId.X87, 0x1eb);
        bench.Call(HelperId.LdMxCsr, 0x9fa0);
        bench.Call(HelperId.FxSave, Area, 1);
        Assert.Equal((0x37fUL, 0x3000UL, 0xc0UL), (bench.Read(Area, 2), bench.Read(Area + 2, 2), bench.Read(Area + 4, 1)));
        Assert.Equal((0xc90fdaa22168c235UL, 0x4000UL), (bench.Read(Area + 32, 8), bench.Read(Area + 40, 2)));
        Assert.Equal((0x9fa0UL, 0xffffUL, 0x8fUL), (bench.Read(Area + 24, 4), bench.Read(Area + 28, 4), bench.Read(Area + 160 + 15 * 16, 1)));

        for (var i = 0; i < 16; i++) bench.State->Vector[i * 64] = 0;
        bench.Call(HelperId.X87, 0x3e3);
        bench.Call(HelperId.LdMxCsr, 0x1f80);
        bench.Call(HelperId.FxRstor, Area, 1);
        Assert.Equal((0x8f, 0x3000, 0x3f, 0x9fa0UL), (bench.State->Vector[15 * 64], bench.State->X87Status, bench.State->X87Tag, bench.Call(HelperId.StMxCsr)));
    }

    [Fact]
    public void Legacy_code_saves_eight_vector_registers()
    {
        using var bench = SystemBench.Protected();
        bench.State->Vector[8 * 64] = 0x88;
        bench.Write(Area + 160 + 8 * 16, 1, 0x55);
        bench.Call(HelperId.FxSave, Area, 0);
        Assert.Equal(0x55UL, bench.Read(Area + 160 + 8 * 16, 1));
    }

    [Theory]
    [InlineData(HelperId.FxSave, 8UL)]
    [InlineData(HelperId.FxRstor, 8UL)]
    [InlineData(HelperId.Xsave, 32UL)]
    [InlineData(HelperId.Xrstor, 32UL)]
    public void Misaligned_areas_are_refused(HelperId helper, ulong offset)
    {
        using var bench = SystemBench.Long();
        bench.State->Cr4 |= 1 << 18;
        bench.Call(helper, Area + offset, 1);
        bench.AssertRaised(ExceptionVector.GeneralProtection, 0);
    }

    [Fact]
    public void A_save_over_an_absent_page_writes_nothing()
    {
        using var bench = SystemBench.Long();
        bench.Call(HelperId.FxSave, 0xfff00, 1);
        bench.AssertRaised(ExceptionVector.PageFault, 0);
        Assert.Equal(0UL, bench.Read(0xfff00, 8));
    }

    [Fact]
    public void Xsave_writes_the_asked_components_and_marks_them()
    {
        using var bench = Extended(0b11);
        bench.State->Vector[0] = 0x77;
        bench.Write(Area, 2, 0xaaaa);
        bench.Write(Area + 512, 8, 1);
        bench.State->Gpr[0] = 2;
        bench.Call(HelperId.Xsave, Area, 1);
        Assert.Equal((0xaaaaUL, 0x77UL, 3UL), (bench.Read(Area, 2), bench.Read(Area + 160, 1), bench.Read(Area + 512, 8)));
    }

    [Fact]
    public void Xrstor_initialises_what_the_header_leaves_out()
    {
        using var bench = Extended(0b11);
        bench.State->Vector[0] = 0x77;
        bench.State->X87Control = 0x123;
        bench.Write(Area + 24, 4, 0x1f80);
        bench.Write(Area + 160, 1, 0x55);
        bench.State->Gpr[0] = 3;
        bench.Call(HelperId.Xrstor, Area, 1);
        Assert.False(bench.Cpu.HasPending);
        Assert.Equal((0, 0x37f, 0xff), (bench.State->Vector[0], bench.State->X87Control, bench.State->X87Tag));
    }

    [Theory]
    [InlineData(512, 4UL)]
    [InlineData(520, 1UL)]
    [InlineData(24, 0x10000UL)]
    public void Xrstor_refuses_a_bad_area(int offset, ulong value)
    {
        using var bench = Extended(0b11);
        bench.Write(Area + (ulong)offset, 8, value);
        bench.State->Gpr[0] = 3;
        bench.Call(HelperId.Xrstor, Area, 1);
        bench.AssertRaised(ExceptionVector.GeneralProtection, 0);
    }

    [Fact]
    public void Reserved_bits_of_mxcsr_are_refused_and_host_exceptions_stay_masked()
    {
        using var bench = SystemBench.Long();
        bench.Call(HelperId.LdMxCsr, 0x0040);
        Assert.Equal((0x40u, 0x1fc0u), (bench.State->MxCsr, bench.State->HostMxCsr));
        bench.State->HostMxCsr |= 0x21;
        Assert.Equal(0x61UL, bench.Call(HelperId.StMxCsr));
        bench.Call(HelperId.LdMxCsr, 0x10000);
        bench.AssertRaised(ExceptionVector.GeneralProtection, 0);
        Assert.Equal(0x40u, bench.State->MxCsr);
    }

    private static SystemBench Extended(ulong components)
    {
        var bench = SystemBench.Long();
        bench.State->Cr4 |= 1 << 18;
        bench.State->Xcr0 = components;
        bench.State->Gpr[2] = 0;
        return bench;
    }
}

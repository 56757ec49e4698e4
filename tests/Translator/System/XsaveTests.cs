using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Tests.SystemState;

/// <summary>The XSAVE family over all state that a processor can have (SDM 1 chapter 13).</summary>
public unsafe class XsaveTests
{
    private const ulong Area = 0x10000, Compacted = 1UL << 63;
    private const uint All = 0x207;

    [Fact]
    public void A_compacted_area_holds_what_is_in_use_back_to_back()
    {
        using var bench = Extended();
        Fill(bench);
        bench.Write(Area + 528, 8, 0x55);
        Save(bench, All, XsaveVariant.Compacted);
        Assert.Equal((0x206UL, Compacted | All), (Header(bench), bench.Read(Area + 520, 8)));
        Assert.Equal((0x77UL, 0x99UL, 0x40UL), (bench.Read(Area + 160, 1), bench.Read(Area + 576 + 5 * 16, 1), bench.Read(Area + 832, 8)));
        Assert.Equal(0x55UL, bench.Read(Area + 528, 8));

        Save(bench, 0x201, XsaveVariant.Compacted);
        Assert.Equal((0x200UL, Compacted | 0x201), (Header(bench), bench.Read(Area + 520, 8)));
        Assert.Equal(0x40UL, bench.Read(Area + 576, 8));
    }

    [Theory]
    [InlineData(XsaveVariant.Plain)]
    [InlineData(XsaveVariant.Optimised)]
    [InlineData(XsaveVariant.Compacted)]
    [InlineData(XsaveVariant.Supervisor)]
    public void What_was_saved_comes_back(XsaveVariant variant)
    {
        using var bench = Extended();
        Fill(bench);
        bench.State->X87Control = 0x27f;
        bench.Call(HelperId.LdMxCsr, 0x3f80);
        Save(bench, All, variant);
        for (var i = 0; i < 16 * 64; i++) bench.State->Vector[i] = 0xcc;
        bench.Cpu.WritePkru(0x15);
        bench.State->X87Control = 0x123;
        bench.Call(HelperId.LdMxCsr, 0x1f80);
        Restore(bench, All, variant == XsaveVariant.Supervisor ? variant : XsaveVariant.Plain);
        Assert.False(bench.Cpu.HasPending);
        Assert.Equal((0x77, 0x99, 0, 0x40u), (bench.State->Vector[0], bench.State->Vector[5 * 64 + 16], bench.State->Vector[64], bench.State->Pkru));
        Assert.Equal((0x27f, 0x3f80UL), (bench.State->X87Control, bench.Call(HelperId.StMxCsr)));
    }

    [Fact]
    public void Only_plain_and_optimised_saves_keep_the_header_bits_that_were_not_asked_for()
    {
        using var bench = Extended();
        Fill(bench);
        bench.Write(Area + 512, 8, 0x8001);
        Save(bench, 2, XsaveVariant.Optimised);
        Assert.Equal(0x8003UL, Header(bench));
        Save(bench, 2, XsaveVariant.Supervisor);
        Assert.Equal(2UL, Header(bench));
    }

    [Fact]
    public void An_optimised_save_leaves_initial_state_unwritten()
    {
        using var bench = Extended();
        bench.Cpu.WritePkru(0);
        bench.Write(Area + 160, 1, 0xaa);
        bench.Write(Area + 2688, 1, 0xbb);
        Save(bench, All, XsaveVariant.Optimised);
        Assert.Equal((0UL, 0xaaUL, 0xbbUL, 0x1f80UL), (Header(bench) & ~1UL, bench.Read(Area + 160, 1), bench.Read(Area + 2688, 1), bench.Read(Area + 24, 4)));
        Save(bench, All, XsaveVariant.Plain);
        Assert.Equal((0UL, 0UL), (bench.Read(Area + 160, 1), bench.Read(Area + 2688, 1)));
    }

    [Fact]
    public void A_changed_mxcsr_counts_as_sse_state_in_a_compacted_area_only()
    {
        using var bench = Extended();
        bench.Call(HelperId.LdMxCsr, 0x3f80);
        Save(bench, 2, XsaveVariant.Optimised);
        Assert.Equal(0UL, Header(bench));
        Save(bench, 2, XsaveVariant.Compacted);
        Assert.Equal((2UL, 0x3f80UL), (Header(bench), bench.Read(Area + 24, 4)));
    }

    [Fact]
    public void Mxcsr_goes_to_its_default_with_sse_state_that_a_compacted_area_leaves_out()
    {
        using var bench = Extended();
        bench.Write(Area + 520, 8, Compacted | 3);
        bench.Call(HelperId.LdMxCsr, 0x3f80);
        Restore(bench, 4, XsaveVariant.Plain);
        Assert.Equal(0x3f80UL, bench.Call(HelperId.StMxCsr));
        Restore(bench, 2, XsaveVariant.Plain);
        Assert.Equal(0x1f80UL, bench.Call(HelperId.StMxCsr));
    }

    [Theory]
    [InlineData(XsaveVariant.Plain, 512, 4UL, 3UL | Compacted)]
    [InlineData(XsaveVariant.Plain, 512, 8UL, All | Compacted)]
    [InlineData(XsaveVariant.Plain, 512, 0UL, 8UL | Compacted)]
    [InlineData(XsaveVariant.Plain, 528, 1UL, All | Compacted)]
    [InlineData(XsaveVariant.Plain, 568, 1UL, All | Compacted)]
    [InlineData(XsaveVariant.Plain, 512, 0UL, 3UL)]
    [InlineData(XsaveVariant.Plain, 512, Compacted, All | Compacted)]
    [InlineData(XsaveVariant.Supervisor, 512, 0UL, 0UL)]
    public void Headers_that_no_save_writes_are_refused(XsaveVariant variant, int offset, ulong value, ulong compacted)
    {
        using var bench = Extended();
        bench.Write(Area + 24, 4, 0x1f80);
        bench.Write(Area + 520, 8, compacted);
        bench.Write(Area + (ulong)offset, 8, value);
        Restore(bench, All, variant);
        bench.TakeRaised(ExceptionVector.GeneralProtection, 0);
    }

    [Theory]
    [InlineData(HelperId.Xsave)]
    [InlineData(HelperId.Xrstor)]
    public void The_supervisor_forms_are_the_kernels(HelperId helper)
    {
        using var bench = SystemBench.Long(cpl: 3);
        bench.State->Cr4 |= 1 << 18;
        bench.Call(helper, Area, 1, (ulong)XsaveVariant.Supervisor);
        bench.TakeRaised(ExceptionVector.GeneralProtection, 0);
    }

    [Theory]
    [InlineData(HelperId.Xsave)]
    [InlineData(HelperId.Xrstor)]
    public void Missing_osxsave_comes_before_the_task_switched_flag(HelperId helper)
    {
        using var bench = SystemBench.Long();
        bench.State->Cr0 |= 8;
        bench.Call(helper, Area + 1, 1);
        bench.TakeRaised(ExceptionVector.InvalidOpcode);
        bench.State->Cr4 |= 1 << 18;
        bench.Call(helper, Area + 1, 1);
        bench.TakeRaised(ExceptionVector.DeviceNotAvailable);
    }

    [Fact]
    public void Xgetbv_1_tells_what_is_in_use()
    {
        using var bench = Extended();
        Fill(bench);
        bench.State->Gpr[1] = 1;
        bench.Call(HelperId.Xgetbv);
        Assert.Equal((0x206UL, 0UL), (bench.State->Gpr[0] & ~1UL, bench.State->Gpr[2]));
        bench.State->Gpr[1] = 2;
        bench.Call(HelperId.Xgetbv);
        bench.TakeRaised(ExceptionVector.GeneralProtection, 0);
    }

    [Fact]
    public void Cpuid_tells_the_layout_that_is_used()
    {
        using var bench = Extended();
        Assert.Equal((0x207u, 2696u, 2696u, 0u), Leaf(bench, 0));
        Assert.Equal((0xfu, 840u, 0u, 0u), Leaf(bench, 1));
        Assert.Equal((256u, 576u, 0u, 0u), Leaf(bench, 2));
        Assert.Equal((8u, 2688u, 0u, 0u), Leaf(bench, 9));
        Assert.Equal((0u, 0u, 0u, 0u), Leaf(bench, 3));
        bench.State->Xcr0 = 3;
        Assert.Equal((0x207u, 576u, 2696u, 0u), Leaf(bench, 0));
    }

    private static (uint A, uint B, uint C, uint D) Leaf(SystemBench bench, uint subleaf)
    {
        (bench.State->Gpr[0], bench.State->Gpr[1]) = (0xd, subleaf);
        bench.Call(HelperId.Cpuid);
        var gpr = bench.State->Gpr;
        return ((uint)gpr[0], (uint)gpr[3], (uint)gpr[1], (uint)gpr[2]);
    }

    private static ulong Header(SystemBench bench) => bench.Read(Area + 512, 8);

    private static void Save(SystemBench bench, uint mask, XsaveVariant variant)
    {
        (bench.State->Gpr[0], bench.State->Gpr[2]) = (mask, 0);
        bench.Call(HelperId.Xsave, Area, 1, (ulong)variant);
        Assert.False(bench.Cpu.HasPending);
    }

    private static void Restore(SystemBench bench, uint mask, XsaveVariant variant)
    {
        (bench.State->Gpr[0], bench.State->Gpr[2]) = (mask, 0);
        bench.Call(HelperId.Xrstor, Area, 1, (ulong)variant);
    }

    private static void Fill(SystemBench bench)
    {
        bench.Call(HelperId.X87, 0x3e3);
        bench.State->Vector[0] = 0x77;
        bench.State->Vector[5 * 64 + 16] = 0x99;
        bench.Cpu.WritePkru(0x40);
    }

    private static SystemBench Extended()
    {
        var features = CpuFeatures.All.Without(CpuFeature.La57);
        var bench = SystemBench.Long(0, new CpuModel { Features = features });
        bench.State->Cr4 |= 1 << 18;
        bench.State->Xcr0 = All;
        bench.Call(HelperId.X87, 0x3e3);
        return bench;
    }
}

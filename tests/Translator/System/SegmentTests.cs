using Tcg.Mttcg.Translator.Ir;
using Tcg.Mttcg.Translator.Runtime;
using static Tcg.Mttcg.Translator.Tests.SystemState.SystemBench;

namespace Tcg.Mttcg.Translator.Tests.SystemState;

public unsafe class SegmentTests
{
    [Fact]
    public void Real_mode_loads_change_selector_and_base_only()
    {
        using var bench = SystemBench.Real();
        bench.Cpu.SetSegment(Segment.Ds, 0x10, 0, uint.MaxValue, 0xc093);
        bench.Call(HelperId.LoadSegment, (ulong)Segment.Ds, 0x1234);
        Assert.Equal((0x12340UL, uint.MaxValue, 0x1234), (bench.State->Ds.Base, bench.State->Ds.Limit, bench.State->Ds.Selector));
    }

    [Fact]
    public void Loading_ss_blocks_interrupts_for_one_instruction()
    {
        using var bench = SystemBench.Protected();
        bench.Call(HelperId.LoadSegment, (ulong)Segment.Ds, Data);
        Assert.Equal(0, bench.State->InterruptShadow);
        bench.Call(HelperId.LoadSegment, (ulong)Segment.Ss, Data);
        Assert.Equal(CpuState.ShadowOfStackLoad, bench.State->InterruptShadow);
    }

    [Theory]
    [InlineData(Segment.Ds, 0, Data, -1, 0u)]
    [InlineData(Segment.Ds, 0, UserData, -1, 0u)]
    [InlineData(Segment.Ds, 0, Code, -1, 0u)]
    [InlineData(Segment.Ds, 0, 0, -1, 0u)]
    [InlineData(Segment.Ds, 3, Data, 13, 0x10u)]
    [InlineData(Segment.Ds, 0, Data | 3, 13, 0x10u)]
    [InlineData(Segment.Ds, 0, TssSelector, 13, 0x40u)]
    [InlineData(Segment.Ds, 0, 0x1f8, 13, 0x1f8u)]
    [InlineData(Segment.Ds, 0, FirstFree, 11, 0x68u)]
    [InlineData(Segment.Ds, 0, 0xc, 13, 0xcu)]
    [InlineData(Segment.Ss, 0, 0, 13, 0u)]
    [InlineData(Segment.Ss, 0, Code, 13, 8u)]
    [InlineData(Segment.Ss, 0, UserData, 13, 0x18u)]
    [InlineData(Segment.Ss, 0, FirstFree, 12, 0x68u)]
    [InlineData(Segment.Ss, 3, UserData, -1, 0u)]
    public void Loads_are_checked_as_the_manual_says(Segment segment, int cpl, int selector, int vector, uint error)
    {
        using var bench = SystemBench.Protected(cpl);
        bench.PutDescriptor(FirstFree, Descriptor(0, 0xfffff, 0x13, 0xc));
        bench.Call(HelperId.LoadSegment, (ulong)segment, (ulong)selector);
        if (vector < 0) Assert.False(bench.Cpu.HasPending);
        else bench.AssertRaised(vector, error);
    }

    [Fact]
    public void A_null_ss_is_allowed_in_64_bit_code_below_level_3()
    {
        using var bench = SystemBench.Long();
        bench.Call(HelperId.LoadSegment, (ulong)Segment.Ss, 0);
        Assert.False(bench.Cpu.HasPending);
        Assert.Equal(0, bench.Cpu.Cpl);
    }

    [Fact]
    public void Granularity_and_the_accessed_bit_reach_the_hidden_part_and_the_table()
    {
        using var bench = SystemBench.Protected();
        bench.PutDescriptor(FirstFree, Descriptor(0x12345678, 0x12345, 0x92, 0xc));
        bench.Call(HelperId.LoadSegment, (ulong)Segment.Fs, FirstFree);
        var fs = bench.State->Fs;
        Assert.Equal((0x12345678UL, 0x12345fffu, 0xc093), (fs.Base, fs.Limit, fs.Attributes));
        Assert.Equal(0x93UL, bench.Read(Gdt + FirstFree + 5, 1));
    }

    [Fact]
    public void The_local_table_serves_its_selectors()
    {
        using var bench = SystemBench.Protected();
        bench.Write(Ldt + 8, 8, Descriptor(0x777000, 0xff, 0x93, 0));
        bench.Call(HelperId.Lldt, LdtSelector);
        bench.Call(HelperId.LoadSegment, (ulong)Segment.Gs, 0xc);
        Assert.Equal((0x777000UL, 0xffu), (bench.State->Gs.Base, bench.State->Gs.Limit));
    }

    [Fact]
    public void Ltr_marks_busy_and_refuses_a_busy_one()
    {
        using var bench = SystemBench.Long();
        bench.PutDescriptor(FirstFree, Descriptor(0x3000, 0x67, 0x89, 0));
        bench.Write(Gdt + FirstFree + 8, 8, 0xffff8000);
        bench.Call(HelperId.Ltr, FirstFree);
        Assert.Equal((0xffff8000_00003000UL, 0x8b), (bench.State->Tr.Base, bench.State->Tr.Attributes));
        Assert.Equal(0x8bUL, bench.Read(Gdt + FirstFree + 5, 1));
        bench.Call(HelperId.Ltr, FirstFree);
        bench.AssertRaised(ExceptionVector.GeneralProtection, FirstFree);
    }

    [Theory]
    [InlineData(Segment.Ds, 0xfffcu, 4, false, -1)]
    [InlineData(Segment.Ds, 0xfffdu, 4, false, 13)]
    [InlineData(Segment.Ss, 0x10000u, 1, false, 12)]
    public void Limits_are_checked_to_the_last_byte(Segment segment, uint offset, int bytes, bool write, int vector)
    {
        using var bench = SystemBench.Real();
        Assert.Equal(offset, bench.Call(HelperId.CheckSegment, (ulong)segment, offset, (uint)bytes | (write ? 0x100u : 0)));
        if (vector < 0) Assert.False(bench.Cpu.HasPending);
        else bench.AssertRaised(vector, 0);
    }

    [Theory]
    [InlineData(0xc09b, true, false)]
    [InlineData(0xc099, false, false)]
    [InlineData(0xc091, true, false)]
    [InlineData(0xc093, true, true)]
    [InlineData(0xc013, false, false)]
    [InlineData(0, false, false)]
    public void Types_decide_reads_and_writes(int attributes, bool readable, bool writable)
    {
        foreach (var write in new[] { false, true })
        {
            using var bench = SystemBench.Protected();
            bench.Cpu.SetSegment(Segment.Ds, 8, 0, uint.MaxValue, (ushort)attributes);
            bench.Call(HelperId.CheckSegment, (ulong)Segment.Ds, 0, write ? 0x101u : 1);
            Assert.Equal(write ? writable : readable, !bench.Cpu.HasPending);
        }
    }

    [Theory]
    [InlineData(Code, true, 0x00cf9b00u, 0xffffffffu, true, false)]
    [InlineData(Data, true, 0x00cf9300u, 0xffffffffu, true, true)]
    [InlineData(TssSelector, true, 0x00008b00u, 0x20ffu, false, false)]
    [InlineData(0x1f8, false, 0u, 0u, false, false)]
    [InlineData(0, false, 0u, 0u, false, false)]
    [InlineData(Data | 3, false, 0u, 0u, false, false)]
    public void Selectors_show_what_they_may(int selector, bool visible, uint rights, uint limit, bool readable, bool writable)
    {
        using var bench = SystemBench.Protected();
        Assert.Equal((rights, visible), ((uint)bench.Call(HelperId.Lar, (ulong)selector), Zero(bench)));
        Assert.Equal((limit, visible), ((uint)bench.Call(HelperId.Lsl, (ulong)selector), Zero(bench)));
        bench.Call(HelperId.Verr, (ulong)selector);
        Assert.Equal(readable, Zero(bench));
        bench.Call(HelperId.Verw, (ulong)selector);
        Assert.Equal(writable, Zero(bench));
        Assert.False(bench.Cpu.HasPending);
    }

    [Theory]
    [InlineData(0x10, 0x13, 0x13, true)]
    [InlineData(0x13, 0x10, 0x13, false)]
    public void Arpl_raises_the_requested_level(ulong destination, ulong source, ulong result, bool zero)
    {
        using var bench = SystemBench.Protected();
        Assert.Equal((result, zero), (bench.Call(HelperId.Arpl, destination, source), Zero(bench)));
    }

    [Fact]
    public void A_non_canonical_segment_base_is_refused()
    {
        using var bench = SystemBench.Long();
        bench.Call(HelperId.WriteSegmentBase, (ulong)Segment.Gs, 0x8000_0000_0000);
        bench.AssertRaised(ExceptionVector.GeneralProtection, 0);
    }

    private static bool Zero(SystemBench bench) => (bench.Cpu.Eflags & 0x40) != 0;
}

using Tcg.Mttcg.Memory.Tlb;
using Tcg.Mttcg.Translator.Ir;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Tests.SystemState;

public unsafe class EflagsTests
{
    [Theory]
    [InlineData(0x00000002u)]
    [InlineData(0x00000ad7u)]
    [InlineData(0x003f7fd7u)]
    [InlineData(0x00010246u)]
    public void Eflags_survive_taking_apart_and_putting_together(uint flags)
    {
        using var bench = SystemBench.Real();
        bench.Cpu.Eflags = flags;
        Assert.Equal(flags, bench.Cpu.Eflags);
    }

    [Fact]
    public void Reserved_flags_never_appear()
    {
        using var bench = SystemBench.Real();
        bench.Cpu.Eflags = uint.MaxValue;
        Assert.Equal(0x003f7fd7u, bench.Cpu.Eflags);
        bench.Cpu.Eflags = 0;
        Assert.Equal(2u, bench.Cpu.Eflags);
    }

    [Fact]
    public void Arithmetic_flags_lie_as_lahf_and_seto_leave_them()
    {
        using var bench = SystemBench.Real();
        bench.Cpu.Eflags = 0x8c1 | 0x400;
        Assert.Equal((1, 0xc3, 0x402u), (bench.State->FlagOverflow, bench.State->FlagsLow, bench.State->SystemFlags));
    }

    [Fact]
    public void Real_mode_context_is_sixteen_bit_with_a_code_base()
    {
        using var bench = SystemBench.Real();
        var context = bench.Cpu.ComputeContext();
        Assert.Equal((0x1020UL, 0x1000UL, TbFlags.None), (context.Pc, context.CsBase, context.Flags & ~TbFlags.MmuIndexMask));
        Assert.Equal((16, 0x20UL, MmuIndex.Kernel), (context.Bitness, context.Rip, context.MmuIndex));
    }

    [Fact]
    public void Flat_protected_mode_says_so_until_a_segment_is_not()
    {
        using var bench = SystemBench.Protected();
        var flat = TbFlags.Protected | TbFlags.Code32 | TbFlags.Stack32 | TbFlags.CsBaseZero | TbFlags.FlatData;
        Assert.Equal(flat, bench.Cpu.ComputeContext().Flags & ~TbFlags.MmuIndexMask);
        Assert.Equal(0u, bench.Call(HelperId.LoadSegment, (ulong)Segment.Es, 0));
        Assert.Equal(flat & ~TbFlags.FlatData, bench.Cpu.ComputeContext().Flags & ~TbFlags.MmuIndexMask);
    }

    [Fact]
    public void Long_mode_ignores_bases_of_flat_segments()
    {
        using var bench = SystemBench.Long(3);
        bench.State->Ds.Base = bench.State->Cs.Base = 0x1000;
        bench.State->Rip = 0xffff_8000_0000_0000;
        bench.Cpu.InvalidateContext();
        var context = bench.Cpu.ComputeContext();
        Assert.Equal((0xffff_8000_0000_0000UL, 0UL, 64, 3), (context.Pc, context.CsBase, context.Bitness, context.Cpl));
        Assert.Equal(TbFlags.FlatData | TbFlags.CsBaseZero, context.Flags & (TbFlags.FlatData | TbFlags.CsBaseZero | TbFlags.Stack32 | TbFlags.Code32));
        Assert.Equal(MmuIndex.User, context.MmuIndex);
    }

    [Fact]
    public void Context_follows_iopl_and_ac_without_being_told()
    {
        using var bench = SystemBench.Protected(3);
        bench.State->Cr0 |= 1 << 18;
        bench.Cpu.InvalidateContext();
        Assert.Equal(0, bench.Cpu.ComputeContext().Iopl);
        bench.Cpu.Eflags |= 3 << 12 | 1 << 18;
        var context = bench.Cpu.ComputeContext();
        Assert.Equal(3, context.Iopl);
        Assert.NotEqual(TbFlags.None, context.Flags & TbFlags.AlignmentCheck);
    }

    [Theory]
    [InlineData(false, false, MmuIndex.Kernel)]
    [InlineData(true, false, MmuIndex.Kernel)]
    [InlineData(true, true, MmuIndex.KernelNoSmap)]
    [InlineData(false, true, MmuIndex.Kernel)]
    public void Smap_is_overridden_only_by_ac(bool smap, bool ac, MmuIndex view)
    {
        using var bench = SystemBench.Protected();
        if (smap) bench.State->Cr4 |= 1 << 21;
        if (ac) bench.Cpu.Eflags |= 1 << 18;
        Assert.Equal(view, bench.Cpu.ComputeContext().MmuIndex);
    }

    [Fact]
    public void The_linear_pc_wraps_at_four_gigabytes_outside_64_bit_code()
    {
        using var bench = new SystemBench();
        Assert.Equal(0xfffffff0UL, bench.Cpu.ComputeContext().Pc);
        bench.State->Rip = 0x10000;
        Assert.Equal(0UL, bench.Cpu.ComputeContext().Pc);
    }
}

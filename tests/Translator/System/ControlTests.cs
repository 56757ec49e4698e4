using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Tests.SystemState;

public unsafe class ControlTests
{
    private const ulong Pg = 1UL << 31;

    [Theory]
    [InlineData(0x80000000UL)]
    [InlineData(0x20000001UL)]
    [InlineData(0x1_0000_0001UL)]
    public void Cr0_refuses_what_the_manual_forbids(ulong value)
    {
        using var bench = SystemBench.Real();
        bench.Call(HelperId.WriteCr, 0, value);
        bench.AssertRaised(ExceptionVector.GeneralProtection, 0);
        Assert.Equal(0x60000010UL, bench.State->Cr0);
    }

    [Fact]
    public void Reserved_bits_of_cr0_are_dropped_and_et_stays()
    {
        using var bench = SystemBench.Real();
        bench.Call(HelperId.WriteCr, 0, 0x5005ffc1);
        Assert.Equal(0x40050011UL, bench.State->Cr0);
    }

    [Fact]
    public void Long_mode_becomes_active_with_paging_and_ends_with_it()
    {
        using var bench = SystemBench.Protected();
        bench.Call(HelperId.WriteCr, 4, 1 << 5);
        bench.State->Gpr[1] = 0xc0000080;
        bench.State->Gpr[0] = 0x100;
        bench.State->Gpr[2] = 0;
        bench.Call(HelperId.Wrmsr);
        Assert.False(bench.Cpu.IsLongMode);
        bench.Call(HelperId.WriteCr, 0, Pg | 0x11);
        Assert.False(bench.Cpu.HasPending);
        Assert.True(bench.Cpu.IsLongMode);
        Assert.Equal(TbFlags.LongMode | TbFlags.Code32, bench.Cpu.ComputeContext().Flags & (TbFlags.LongMode | TbFlags.Code32 | TbFlags.Code64));
        bench.Call(HelperId.WriteCr, 0, 0x11);
        Assert.Equal(0x100UL, bench.State->Efer);
    }

    [Fact]
    public void Long_mode_needs_pae()
    {
        using var bench = SystemBench.Protected();
        bench.State->Efer = 0x100;
        bench.Call(HelperId.WriteCr, 0, Pg | 0x11);
        bench.AssertRaised(ExceptionVector.GeneralProtection, 0);
        Assert.False(bench.Cpu.IsLongMode);
    }

    [Theory]
    [InlineData(0, 0x11UL)]
    [InlineData(4, 0UL)]
    [InlineData(4, 1UL << 5 | 1UL << 12)]
    [InlineData(4, 1UL << 5 | 1UL << 31)]
    [InlineData(3, 1UL << 60)]
    [InlineData(8, 16UL)]
    public void Sixty_four_bit_mode_refuses(int register, ulong value)
    {
        using var bench = SystemBench.Long();
        bench.Call(HelperId.WriteCr, (ulong)register, value);
        bench.AssertRaised(ExceptionVector.GeneralProtection, 0);
    }

    [Fact]
    public void Cr8_is_the_task_priority()
    {
        using var bench = SystemBench.Long();
        bench.Call(HelperId.WriteCr, 8, 9);
        Assert.Equal((9, 9UL), (bench.Interrupts.TaskPriority, bench.Call(HelperId.ReadCr, 8)));
    }

    [Fact]
    public void Pcids_need_long_mode_and_a_zero_pcid_first()
    {
        using var bench = SystemBench.Long();
        bench.State->Cr3 |= 5;
        bench.Call(HelperId.WriteCr, 4, 1 << 5 | 1 << 17);
        bench.AssertRaised(ExceptionVector.GeneralProtection, 0);
    }

    [Fact]
    public void Bit_63_of_cr3_is_not_stored_and_keeps_translations()
    {
        using var bench = SystemBench.Long();
        bench.Call(HelperId.WriteCr, 4, 1 << 5 | 1 << 17);
        var root = bench.State->Cr3;
        bench.Cpu.TryRead(new(0x6000), 8, bench.Cpu.View, out _);
        var fills = bench.Cpu.Tlb.Counters.Fills;
        bench.Call(HelperId.WriteCr, 3, root | 1UL << 63);
        Assert.Equal(root, bench.State->Cr3);
        bench.Cpu.TryRead(new(0x6000), 8, bench.Cpu.View, out _);
        Assert.Equal(fills, bench.Cpu.Tlb.Counters.Fills);
        bench.Call(HelperId.WriteCr, 3, root);
        bench.Cpu.TryRead(new(0x6000), 8, bench.Cpu.View, out _);
        Assert.Equal(fills + 1, bench.Cpu.Tlb.Counters.Fills);
    }

    [Fact]
    public void Pae_paging_loads_its_four_entries_and_refuses_reserved_bits()
    {
        using var bench = SystemBench.Protected();
        for (uint i = 0; i < 4; i++) bench.Write(0x7000 + i * 8, 8, 0x10001 + i * 0x1000);
        bench.Call(HelperId.WriteCr, 4, 1 << 5);
        bench.Call(HelperId.WriteCr, 3, 0x7000);
        bench.Call(HelperId.WriteCr, 0, Pg | 0x11);
        Assert.False(bench.Cpu.HasPending);
        Assert.Equal((0x10001UL, 0x13001UL), (bench.State->PdPte[0], bench.State->PdPte[3]));
        bench.Cpu.Reset();
        bench.State->Cr0 |= 1;
        bench.Write(0x7008, 8, 0x11021);
        bench.Call(HelperId.WriteCr, 4, 1 << 5);
        bench.Call(HelperId.WriteCr, 3, 0x7000);
        bench.Call(HelperId.WriteCr, 0, Pg | 0x11);
        bench.AssertRaised(ExceptionVector.GeneralProtection, 0);
        Assert.Equal(0UL, bench.State->Cr0 & Pg);
    }

    [Fact]
    public void Lmsw_sets_protection_but_never_clears_it()
    {
        using var bench = SystemBench.Real();
        bench.Call(HelperId.Lmsw, 0xf);
        Assert.Equal(0x6000001fUL, bench.State->Cr0);
        bench.Call(HelperId.Lmsw, 0);
        Assert.Equal(0x60000011UL, bench.State->Cr0);
    }

    [Theory]
    [InlineData(HelperId.WriteCr)]
    [InlineData(HelperId.ReadCr)]
    [InlineData(HelperId.ReadDr)]
    [InlineData(HelperId.WriteDr)]
    [InlineData(HelperId.Clts)]
    [InlineData(HelperId.Lmsw)]
    [InlineData(HelperId.Invlpg)]
    [InlineData(HelperId.Invpcid)]
    [InlineData(HelperId.Wbinvd)]
    [InlineData(HelperId.Rdmsr)]
    [InlineData(HelperId.Wrmsr)]
    [InlineData(HelperId.Hlt)]
    [InlineData(HelperId.Lgdt)]
    [InlineData(HelperId.Lidt)]
    [InlineData(HelperId.Lldt)]
    [InlineData(HelperId.Ltr)]
    [InlineData(HelperId.SwapGs)]
    public void User_code_is_refused(HelperId helper)
    {
        using var bench = SystemBench.Long(3);
        bench.Call(helper);
        bench.AssertRaised(ExceptionVector.GeneralProtection, 0);
    }

    [Fact]
    public void Invpcid_checks_its_descriptor()
    {
        using var bench = SystemBench.Long();
        bench.Write(0x6000, 8, 0);
        bench.Write(0x6008, 8, 0x8000_0000_0000_0000);
        bench.Call(HelperId.Invpcid, 0x6000, 2);
        Assert.False(bench.Cpu.HasPending);
        bench.Call(HelperId.Invpcid, 0x6000, 0);
        bench.AssertRaised(ExceptionVector.GeneralProtection, 0);
    }

    [Fact]
    public void General_detect_catches_an_access_and_is_switched_off_for_the_handler()
    {
        using var bench = SystemBench.Long();
        bench.PutLongGate(1, SystemBench.Code64, 0x7000);
        bench.Call(HelperId.WriteDr, 7, 1 << 13);
        bench.Call(HelperId.ReadDr, 0);
        bench.AssertRaised(ExceptionVector.Debug);
        Assert.True(bench.Cpu.DeliverPending());
        Assert.Equal((0x400UL, 0xffff2ff0UL), (bench.State->Dr[7], bench.State->Dr[6]));
    }

    [Fact]
    public void Dr4_is_dr6_until_debugging_extensions_are_on()
    {
        using var bench = SystemBench.Long();
        Assert.Equal(0xffff0ff0UL, bench.Call(HelperId.ReadDr, 4));
        bench.State->Cr4 |= 1 << 3;
        bench.Call(HelperId.ReadDr, 4);
        bench.AssertRaised(ExceptionVector.InvalidOpcode);
    }
}

using Tcg.Mttcg.Translator.Runtime;
using static Tcg.Mttcg.Translator.Tests.SystemState.SystemBench;

namespace Tcg.Mttcg.Translator.Tests.SystemState;

public unsafe class FlagAndPortTests
{
    private const uint All = 0x3f7fd7;

    [Theory]
    [InlineData(0, 4, 0x247fd7u)]
    [InlineData(3, 4, 0x244dd7u)]
    [InlineData(0, 2, 0x007fd7u)]
    public void Popf_takes_what_the_level_may_change(int cpl, int size, uint flags)
    {
        using var bench = SystemBench.Protected(cpl);
        bench.Cpu.Eflags = 2;
        bench.Call(HelperId.Popf, (ulong)size, All);
        Assert.Equal(flags, bench.Cpu.Eflags);
    }

    [Fact]
    public void User_code_with_iopl_3_owns_the_interrupt_flag()
    {
        using var bench = SystemBench.Protected(3);
        bench.Cpu.Eflags = 0x3002;
        bench.Call(HelperId.Popf, 4, 0x202);
        Assert.Equal(0x3202u, bench.Cpu.Eflags);
        bench.Call(HelperId.Cli);
        Assert.Equal(0x3002u, bench.Cpu.Eflags);
    }

    [Fact]
    public void Pushf_hides_vm_and_rf()
    {
        using var bench = SystemBench.Protected();
        bench.Cpu.Eflags = 0x10202;
        Assert.Equal(0x202UL, bench.Call(HelperId.Pushf, 4));
    }

    [Theory]
    [InlineData(HelperId.Pushf)]
    [InlineData(HelperId.Popf)]
    [InlineData(HelperId.Cli)]
    [InlineData(HelperId.Sti)]
    public void Virtual_8086_code_below_iopl_3_is_refused_without_vme(HelperId helper)
    {
        using var bench = ProtectedDeliveryTests.Virtual8086(0);
        bench.Call(helper, 2);
        bench.AssertRaised(ExceptionVector.GeneralProtection, 0);
    }

    [Fact]
    public void With_vme_the_virtual_flag_takes_the_place_of_if()
    {
        using var bench = ProtectedDeliveryTests.Virtual8086(0);
        bench.State->Cr4 |= 1;
        bench.Call(HelperId.Sti);
        Assert.Equal(1u << 19, bench.Cpu.Eflags & 1 << 19);
        Assert.Equal(0x3202UL, bench.Call(HelperId.Pushf, 2) & 0x3202);
        bench.Call(HelperId.Popf, 2, 0);
        Assert.Equal(1u << 9, bench.Cpu.Eflags & (1u << 19 | 1 << 9));
        bench.Cpu.Eflags |= 1 << 20;
        bench.Call(HelperId.Sti);
        bench.AssertRaised(ExceptionVector.GeneralProtection, 0);
    }

    [Fact]
    public void Sti_shadows_one_instruction_only_when_it_enables()
    {
        using var bench = SystemBench.Protected();
        bench.Call(HelperId.Sti);
        Assert.Equal(0, bench.State->InterruptShadow);
        bench.Call(HelperId.Cli);
        bench.Call(HelperId.Sti);
        Assert.Equal(1, bench.State->InterruptShadow);
    }

    [Fact]
    public void Kernel_code_reaches_ports()
    {
        using var bench = SystemBench.Protected();
        Assert.Equal(1UL, bench.Call(HelperId.In, 0x60, 1));
        bench.Call(HelperId.Out, 0x61, 2, 0x1234);
        Assert.Equal([0x1234u], bench.Device.Written);
    }

    [Theory]
    [InlineData(0x60, 1, true)]
    [InlineData(0x61, 1, false)]
    [InlineData(0x60, 2, false)]
    [InlineData(0x67, 2, false)]
    [InlineData(0x66, 1, true)]
    public void User_code_needs_its_bits_in_the_bitmap_clear(int port, int size, bool allowed)
    {
        using var bench = SystemBench.Protected(3);
        bench.Write(TssAt + 0x68 + 0x60 / 8, 1, 0x02);
        bench.Write(TssAt + 0x68 + 0x68 / 8, 1, 0x01);
        bench.Call(HelperId.In, (ulong)port, (ulong)size);
        Assert.Equal(allowed, !bench.Cpu.HasPending);
    }

    [Fact]
    public void A_bitmap_beyond_the_tss_allows_nothing()
    {
        using var bench = SystemBench.Long(3);
        bench.Write(TssAt + 0x66, 2, 0x20ff - 8);
        bench.Call(HelperId.Out, 0x60, 1, 1);
        bench.AssertRaised(ExceptionVector.GeneralProtection, 0);
        Assert.Empty(bench.Device.Written);
    }

    // Two bytes are read wherever the port lies, so the last byte of the TSS cannot be the first of them.
    [Theory]
    [InlineData(0x68 + 0x60 / 8, false)]
    [InlineData(0x68 + 0x60 / 8 + 1, true)]
    public void Both_bytes_of_the_bitmap_must_lie_in_the_tss(uint limit, bool allowed)
    {
        using var bench = SystemBench.Long(3);
        bench.State->Tr.Limit = limit;
        bench.Call(HelperId.In, 0x60, 1);
        Assert.Equal(allowed, !bench.Cpu.HasPending);
    }

    [Fact]
    public void Virtual_8086_code_needs_the_bitmap_even_with_iopl_3()
    {
        using var bench = ProtectedDeliveryTests.Virtual8086(3);
        bench.Write(TssAt + 0x68 + 0x60 / 8, 1, 0x01);
        bench.Call(HelperId.In, 0x60, 1);
        bench.AssertRaised(ExceptionVector.GeneralProtection, 0);
    }
}

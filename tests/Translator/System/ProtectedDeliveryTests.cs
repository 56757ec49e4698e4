using Tcg.Mttcg.Translator.Ir;
using Tcg.Mttcg.Translator.Runtime;
using static Tcg.Mttcg.Translator.Tests.SystemState.SystemBench;

namespace Tcg.Mttcg.Translator.Tests.SystemState;

public unsafe class ProtectedDeliveryTests
{
    [Fact]
    public void A_32_bit_gate_pushes_doublewords_on_the_same_stack()
    {
        using var bench = SystemBench.Protected();
        bench.PutGate(13, Code, 0x12345);
        bench.Cpu.Raise(ExceptionVector.GeneralProtection, 0x18);
        Assert.True(bench.Cpu.DeliverPending());
        Assert.Equal((0x12345UL, KernelStack - 16UL), (bench.State->Rip, bench.State->Gpr[4]));
        Assert.Equal([0x18UL, 0x5000UL, Code, 0x10202UL], Frame(bench, 4, 4));
    }

    [Fact]
    public void A_16_bit_gate_pushes_words_and_cuts_the_offset()
    {
        using var bench = SystemBench.Protected();
        bench.PutGate(6, Code, 0x9_1234, type: 6);
        bench.Cpu.Raise(ExceptionVector.InvalidOpcode);
        Assert.True(bench.Cpu.DeliverPending());
        Assert.Equal((0x1234UL, KernelStack - 6UL), (bench.State->Rip, bench.State->Gpr[4]));
        Assert.Equal([0x5000UL, Code, 0x202UL], Frame(bench, 3, 2));
    }

    [Fact]
    public void User_code_moves_to_the_stack_of_the_tss()
    {
        using var bench = SystemBench.Protected(3);
        bench.Write(TssAt + 4, 4, 0x9800);
        bench.PutGate(0x80, Code, 0x7000, type: 15, dpl: 3);
        bench.Call(HelperId.SoftwareInterrupt, 0x80, 2);
        Assert.True(bench.Cpu.DeliverPending());
        Assert.Equal((0, (int)Data, 0x9800 - 20UL), (bench.Cpu.Cpl, bench.State->Ss.Selector, bench.State->Gpr[4]));
        Assert.Equal([0x5002UL, UserCode, 0x202UL, UserStack, UserData], Frame(bench, 5, 4));
    }

    [Theory]
    [InlineData(0, 1UL)]
    [InlineData(UserData, 0x19UL)]
    [InlineData(Code, 9UL)]
    [InlineData(0x200, 0x201UL)]
    public void A_bad_inner_stack_is_an_invalid_tss(int selector, ulong error)
    {
        using var bench = SystemBench.Protected(3);
        bench.PutDescriptor(FirstFree, Descriptor(0, 0xfffff, 0x9f, 0xc));
        bench.PutGate(0x30, Code, 0x7000);
        // A conforming handler needs no inner stack.
        bench.PutGate(10, FirstFree, 0x7700);
        bench.Write(TssAt + 8, 2, (ulong)selector);
        Assert.True(bench.Cpu.DeliverInterrupt(0x30));
        Assert.Equal((0x7700UL, error), (bench.State->Rip, Frame(bench, 1, 4)[0]));
    }

    [Fact]
    public void A_conforming_handler_runs_at_the_callers_level()
    {
        using var bench = SystemBench.Protected(3);
        bench.PutDescriptor(FirstFree, Descriptor(0, 0xfffff, 0x9f, 0xc));
        bench.PutGate(0x30, FirstFree, 0x7000);
        Assert.True(bench.Cpu.DeliverInterrupt(0x30));
        Assert.Equal((3, FirstFree | 3, UserStack - 12UL), (bench.Cpu.Cpl, bench.State->Cs.Selector, bench.State->Gpr[4]));
    }

    [Fact]
    public void The_accessed_bit_of_the_handlers_segment_is_set()
    {
        using var bench = SystemBench.Protected();
        bench.PutDescriptor(FirstFree, Descriptor(0, 0xfffff, 0x9a, 0xc));
        bench.PutGate(0x30, FirstFree, 0x7000);
        Assert.True(bench.Cpu.DeliverInterrupt(0x30));
        Assert.Equal(0x9bUL, bench.Read(Gdt + FirstFree + 5, 1));
    }

    [Theory]
    [InlineData(0xaff3u, 0x7000UL)]
    [InlineData(0xaff4u, 0x9900UL)]
    public void An_expand_down_stack_faults_at_its_limit(uint limit, ulong handler)
    {
        using var bench = SystemBench.Protected(3);
        bench.Cpu.SetSegment(Segment.Ss, UserData, 0, limit, 0x40f7);
        bench.PutDescriptor(FirstFree, Descriptor(0, 0xfffff, 0x9f, 0xc));
        bench.PutGate(0x30, FirstFree, 0x7000);
        bench.PutGate(12, Code, 0x9900);
        bench.State->Gpr[4] = 0xb000;
        Assert.True(bench.Cpu.DeliverInterrupt(0x30));
        Assert.Equal(handler, bench.State->Rip);
    }

    [Fact]
    public void Real_mode_pushes_three_words_and_wraps_at_64K()
    {
        using var bench = SystemBench.Real();
        bench.Write(0x21 * 4, 4, 0x0200_0345);
        bench.State->Gpr[4] = 0xabcd_0004;
        bench.Cpu.Eflags = 0x40303;
        bench.Call(HelperId.SoftwareInterrupt, 0x21, 2);
        Assert.True(bench.Cpu.DeliverPending());
        Assert.Equal((0x345UL, 0x200, 0x2000UL), (bench.State->Rip, bench.State->Cs.Selector, bench.State->Cs.Base));
        Assert.Equal(0xabcd_fffeUL, bench.State->Gpr[4]);
        Assert.Equal((0x22UL, 0x100UL, 0x303UL), (bench.Read(0xfffe, 2), bench.Read(0, 2), bench.Read(2, 2)));
        Assert.Equal(0x3u, bench.Cpu.Eflags);
    }

    [Fact]
    public void Real_mode_with_a_short_table_shuts_down()
    {
        using var bench = SystemBench.Real();
        bench.State->IdtLimit = 0;
        bench.Cpu.Raise(ExceptionVector.Divide);
        Assert.False(bench.Cpu.DeliverPending());
    }

    [Fact]
    public void Leaving_virtual_8086_mode_saves_and_clears_all_segments()
    {
        using var bench = Virtual8086(iopl: 3);
        bench.PutGate(13, Code, 0x7000);
        bench.Cpu.Raise(ExceptionVector.GeneralProtection, 0);
        Assert.True(bench.Cpu.DeliverPending());
        Assert.Equal([0UL, 0x20UL, 0x100UL, 0x33202UL, 0x8000UL, 0x300UL, 0x400UL, 0x500UL, 0x600UL, 0x700UL], Frame(bench, 10, 4));
        Assert.Equal((0, 0, 0, 0), (bench.State->Ds.Selector, bench.State->Es.Attributes, bench.Cpu.Cpl, bench.State->Gs.Selector));
        Assert.False(bench.Cpu.IsVirtual8086);
    }

    [Fact]
    public void Virtual_8086_mode_returns_by_iret_from_level_0()
    {
        using var bench = Virtual8086(iopl: 3);
        bench.PutGate(13, Code, 0x7000);
        bench.Cpu.Raise(ExceptionVector.GeneralProtection, 0);
        Assert.True(bench.Cpu.DeliverPending());
        bench.State->Gpr[4] += 4;
        bench.Call(HelperId.InterruptReturn, 4);
        Assert.False(bench.Cpu.HasPending);
        Assert.Equal((0x20UL, 0x1000UL, 0x8000UL, 3), (bench.State->Rip, bench.State->Cs.Base, bench.State->Gpr[4], bench.Cpu.Cpl));
        Assert.Equal((0x5000UL, 0x6000UL, 0x7000UL, 0x4000UL), (bench.State->Ds.Base, bench.State->Fs.Base, bench.State->Gs.Base, bench.State->Es.Base));
        Assert.True(bench.Cpu.IsVirtual8086);
    }

    [Theory]
    [InlineData(0, 0UL)]
    [InlineData(3, 0x7000UL)]
    public void Software_interrupts_of_virtual_8086_code_need_iopl_3(int iopl, ulong handler)
    {
        using var bench = Virtual8086(iopl);
        bench.PutGate(0x21, Code, 0x7000, dpl: 3);
        bench.PutGate(13, Code, 0x8000);
        bench.Call(HelperId.SoftwareInterrupt, 0x21, 2);
        Assert.True(bench.Cpu.DeliverPending());
        Assert.Equal(handler == 0 ? 0x8000 : handler, bench.State->Rip);
    }

    [Fact]
    public void With_vme_a_redirected_interrupt_stays_in_the_8086_program()
    {
        using var bench = Virtual8086(iopl: 0);
        bench.State->Cr4 |= 1;
        bench.Write(TssAt + 0x66, 2, 0x88);
        bench.Write(0x21 * 4, 4, 0x0200_0345);
        bench.Cpu.Eflags |= 1 << 19;
        bench.Call(HelperId.SoftwareInterrupt, 0x21, 2);
        Assert.True(bench.Cpu.DeliverPending());
        Assert.Equal((0x345UL, 0x2000UL, true), (bench.State->Rip, bench.State->Cs.Base, bench.Cpu.IsVirtual8086));
        // The pushed image shows VIF as IF and IOPL 3; VIF is cleared, IF stays.
        Assert.Equal(0x3202UL, bench.Read(0x3000 + 0x7ffe, 2));
        Assert.Equal(1u << 9, bench.Cpu.Eflags & (1 << 9 | 1 << 19));
    }

    internal static SystemBench Virtual8086(int iopl)
    {
        var bench = SystemBench.Protected();
        bench.Cpu.Eflags = 0x20202 | (uint)iopl << 12;
        for (var segment = Segment.Es; segment <= Segment.Gs; segment++)
            bench.Cpu.SetSegment(segment, Selector(segment), (ulong)Selector(segment) << 4, 0xffff, 0xf3);
        bench.State->Rip = 0x20;
        bench.State->Gpr[4] = 0x8000;
        return bench;

        static ushort Selector(Segment segment) => segment switch
        {
            Segment.Cs => 0x100, Segment.Ss => 0x300, Segment.Es => 0x400, Segment.Ds => 0x500, Segment.Fs => 0x600, _ => 0x700,
        };
    }

    private static ulong[] Frame(SystemBench bench, int words, int slot)
    {
        var frame = new ulong[words];
        for (var i = 0; i < words; i++) frame[i] = bench.Read(bench.State->Gpr[4] + (ulong)(i * slot), slot);
        return frame;
    }
}

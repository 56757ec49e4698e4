using Tcg.Mttcg.Translator.Ir;
using Tcg.Mttcg.Translator.Runtime;
using static Tcg.Mttcg.Translator.Tests.SystemState.SystemBench;

namespace Tcg.Mttcg.Translator.Tests.SystemState;

public unsafe class TransferTests
{
    [Fact]
    public void A_far_jump_enters_long_mode_code()
    {
        using var bench = SystemBench.Long();
        bench.Cpu.SetSegment(Segment.Cs, Code, 0, uint.MaxValue, 0xc09b);
        bench.Call(HelperId.FarJump, Code64, 0x1234, 4);
        Assert.Equal((64, 0x1234UL), (bench.Cpu.ComputeContext().Bitness, bench.State->Rip));
    }

    [Fact]
    public void A_far_jump_after_setting_protection_loads_a_32_bit_segment()
    {
        using var bench = SystemBench.Protected();
        bench.Cpu.SetSegment(Segment.Cs, 0xf000, 0xf0000, 0xffff, 0x9b);
        bench.Cpu.SetSegment(Segment.Ss, 0, 0, 0xffff, 0x93);
        bench.Call(HelperId.FarJump, Code, 0x1_2345, 4);
        Assert.Equal((32, 0x12345UL, 0UL, 0), (bench.Cpu.ComputeContext().Bitness, bench.State->Rip, bench.State->Cs.Base, bench.Cpu.Cpl));
    }

    [Theory]
    [InlineData(0, 0u)]
    [InlineData(0x3, 0u)]
    [InlineData(0x200, 0x200u)]
    [InlineData(Data, 0x10u)]
    [InlineData(UserCode, 0x20u)]
    public void A_far_jump_to_the_wrong_thing_is_a_general_protection(int selector, uint error)
    {
        using var bench = SystemBench.Protected();
        bench.Call(HelperId.FarJump, (ulong)selector, 0, 4);
        bench.AssertRaised(ExceptionVector.GeneralProtection, error);
        Assert.Equal((0x5000UL, (int)Code), (bench.State->Rip, bench.State->Cs.Selector));
    }

    [Fact]
    public void An_absent_code_segment_is_not_present()
    {
        using var bench = SystemBench.Protected();
        bench.PutDescriptor(FirstFree, Descriptor(0, 0xfffff, 0x1b, 0xc));
        bench.Call(HelperId.FarJump, FirstFree, 0, 4);
        bench.AssertRaised(ExceptionVector.SegmentNotPresent, FirstFree);
    }

    [Fact]
    public void A_target_beyond_the_limit_is_refused()
    {
        using var bench = SystemBench.Protected();
        bench.Call(HelperId.FarJump, Code16, 0x10000, 4);
        bench.AssertRaised(ExceptionVector.GeneralProtection, 0);
    }

    [Theory]
    [InlineData(2, 4)]
    [InlineData(4, 8)]
    public void A_far_call_and_return_keep_the_stack(int size, int bytes)
    {
        using var bench = SystemBench.Protected();
        bench.Call(HelperId.FarCall, Code, 0x6000, (ulong)size | 0x5007 << 8);
        Assert.Equal((0x6000UL, KernelStack - (ulong)bytes), (bench.State->Rip, bench.State->Gpr[4]));
        bench.Call(HelperId.FarReturn, (ulong)size, 0);
        Assert.Equal((0x5007UL, (ulong)KernelStack), (bench.State->Rip, bench.State->Gpr[4]));
    }

    [Fact]
    public void Real_mode_calls_push_segment_and_offset()
    {
        using var bench = SystemBench.Real();
        bench.Call(HelperId.FarCall, 0x400, 0x10, 2 | 0x25 << 8);
        Assert.Equal((0x10UL, 0x4000UL, 0x0100_0025UL), (bench.State->Rip, bench.State->Cs.Base, bench.Read(0x7ffc, 4)));
        bench.Call(HelperId.FarReturn, 2, 6);
        Assert.Equal((0x25UL, 0x1000UL, 0x8006UL), (bench.State->Rip, bench.State->Cs.Base, bench.State->Gpr[4]));
    }

    [Fact]
    public void A_call_gate_changes_level_and_copies_parameters_and_the_return_undoes_it()
    {
        using var bench = SystemBench.Protected(3);
        bench.PutDescriptor(FirstFree, Gate(Code, 0x6000, 12, 3, count: 2));
        bench.State->Gpr[4] = UserStack - 8;
        bench.Write(UserStack - 8, 8, 0x2222_2222_1111_1111);
        bench.Call(HelperId.FarCall, FirstFree | 3, 0x9999, 4 | 0x5007 << 8);
        Assert.False(bench.Cpu.HasPending);
        Assert.Equal((0, 0x6000UL, KernelStack - 24UL), (bench.Cpu.Cpl, bench.State->Rip, bench.State->Gpr[4]));
        ulong[] expected = [0x5007, UserCode, 0x11111111, 0x22222222, UserStack - 8, UserData];
        for (var i = 0; i < 6; i++) Assert.Equal(expected[i], bench.Read(bench.State->Gpr[4] + (ulong)i * 4, 4));

        bench.Cpu.SetSegment(Segment.Es, Data, 0, uint.MaxValue, 0xc093);
        bench.Call(HelperId.FarReturn, 4, 8);
        Assert.Equal((3, 0x5007UL, (ulong)UserStack), (bench.Cpu.Cpl, bench.State->Rip, bench.State->Gpr[4]));
        // A kernel segment does not survive in user hands.
        Assert.Equal((0, (int)UserData), (bench.State->Es.Selector, bench.State->Ds.Selector));
    }

    [Fact]
    public void A_64_bit_call_gate_takes_rsp0_and_a_null_stack_segment()
    {
        using var bench = SystemBench.Long(3);
        bench.PutDescriptor(FirstFree, Gate(Code64, 0x6000, 12, 3));
        bench.Write(Gdt + FirstFree + 8, 8, 1);
        bench.Call(HelperId.FarCall, FirstFree | 3, 0, 8 | 0x5007 << 8);
        Assert.Equal((0, 0x1_0000_6000UL, KernelStack - 32UL, 0), (bench.Cpu.Cpl, bench.State->Rip, bench.State->Gpr[4], bench.State->Ss.Selector));
        bench.Call(HelperId.FarReturn, 8, 0);
        Assert.Equal((3, 0x5007UL, (ulong)UserStack, (int)UserData), (bench.Cpu.Cpl, bench.State->Rip, bench.State->Gpr[4], bench.State->Ss.Selector));
    }

    [Fact]
    public void An_interrupt_and_iretq_are_inverse()
    {
        using var bench = SystemBench.Long(3);
        bench.PutLongGate(0x30, Code64, 0x7000);
        bench.Cpu.Eflags = 0x3a93;
        bench.State->Fs = new SegmentRegister { Base = 0x7fff_1234_5678 };
        Assert.True(bench.Cpu.DeliverInterrupt(0x30));
        bench.Call(HelperId.InterruptReturn, 8);
        Assert.Equal((3, 0x5000UL, (ulong)UserStack, 0x3a93u), (bench.Cpu.Cpl, bench.State->Rip, bench.State->Gpr[4], bench.Cpu.Eflags));
        // FS with a null selector keeps its base: threads live there.
        Assert.Equal(0x7fff_1234_5678UL, bench.State->Fs.Base);
    }

    [Fact]
    public void Iret_to_the_same_level_in_64_bit_mode_pops_the_stack_too()
    {
        using var bench = SystemBench.Long();
        Push(bench, 8, 0, 0x8ff0, 0x202, Code64, 0x5555);
        bench.Call(HelperId.InterruptReturn, 8);
        Assert.False(bench.Cpu.HasPending);
        Assert.Equal((0x5555UL, 0x8ff0UL, 0), (bench.State->Rip, bench.State->Gpr[4], bench.State->Ss.Selector));
    }

    [Fact]
    public void Iret_goes_to_compatibility_code()
    {
        using var bench = SystemBench.Long();
        Push(bench, 8, UserData, UserStack, 0x202, UserCode, 0x5555);
        bench.Call(HelperId.InterruptReturn, 8);
        Assert.Equal((3, 32), (bench.Cpu.Cpl, bench.Cpu.ComputeContext().Bitness));
    }

    [Theory]
    [InlineData(UserCode64, 0x8000_0000_0000_0000UL, 0u)]
    [InlineData(Code64 | 3, 0x5555UL, 0x28u)]
    [InlineData(UserCode64 & ~3, 0x5555UL, 0x30u)]
    [InlineData(0, 0x5555UL, 0u)]
    public void Iret_refuses_a_bad_target_and_changes_nothing(int selector, ulong rip, uint error)
    {
        using var bench = SystemBench.Long();
        Push(bench, 8, UserData, UserStack, 0x202, (ulong)selector, rip);
        var top = bench.State->Gpr[4];
        bench.Call(HelperId.InterruptReturn, 8);
        bench.AssertRaised(ExceptionVector.GeneralProtection, error);
        Assert.Equal((top, 0x5000UL, 0x202u), (bench.State->Gpr[4], bench.State->Rip, bench.Cpu.Eflags));
    }

    [Theory]
    [InlineData(0, 0x3202u)]
    [InlineData(3, 0x0002u)]
    public void Iret_changes_iopl_and_if_only_with_privilege(int cpl, uint flags)
    {
        using var bench = SystemBench.Long(cpl);
        bench.Cpu.Eflags = 2;
        var user = cpl == 3;
        Push(bench, 8, user ? UserData : Data, bench.State->Gpr[4], 0x3202, user ? UserCode64 : Code64, 0x5555);
        bench.Call(HelperId.InterruptReturn, 8);
        Assert.Equal(flags, bench.Cpu.Eflags);
    }

    [Fact]
    public void Iret_ends_the_blocking_of_nmis()
    {
        using var bench = SystemBench.Long();
        bench.PutLongGate(2, Code64, 0x7000, ist: 1);
        Assert.True(bench.Cpu.DeliverNmi());
        bench.Call(HelperId.InterruptReturn, 8);
        Assert.Equal(0, bench.State->NmiBlocked);
    }

    [Fact]
    public void Syscall_and_sysret_go_there_and_back()
    {
        using var bench = SystemBench.Long(3);
        bench.State->Star = 0x0023_0010UL << 32;
        bench.State->LStar = 0xffff_ffff_8100_0000;
        bench.State->SfMask = 0x600;
        bench.Cpu.Eflags = 0x10a03;
        bench.Call(HelperId.SysCall, 0x5002);
        Assert.Equal((0, 0xffff_ffff_8100_0000UL, 0x5002UL, 0xa03UL), (bench.Cpu.Cpl, bench.State->Rip, bench.State->Gpr[1], bench.State->Gpr[11]));
        Assert.Equal((0x10, 0x18, 0x803u), (bench.State->Cs.Selector, bench.State->Ss.Selector, bench.Cpu.Eflags));
        Assert.Equal(64, bench.Cpu.ComputeContext().Bitness);
        bench.Call(HelperId.SysRet, 8);
        Assert.Equal((3, 0x5002UL, 0xa03u, 0x33, 0x2b), (bench.Cpu.Cpl, bench.State->Rip, bench.Cpu.Eflags, bench.State->Cs.Selector, bench.State->Ss.Selector));
        Assert.Equal(64, bench.Cpu.ComputeContext().Bitness);
    }

    [Theory]
    [InlineData(0x700UL, 0UL)]
    [InlineData(0x600UL, 0x4000UL)]
    public void Syscall_is_stepped_by_the_flags_it_leaves(ulong mask, ulong reported)
    {
        using var bench = SystemBench.Long(3);
        bench.PutLongGate(1, Code64, 0x7000);
        bench.State->SfMask = mask;
        bench.Cpu.Eflags |= 0x100;
        bench.Call(HelperId.SysCall, 0x5002);
        Assert.True(bench.Cpu.AfterInstruction(stepped: true));
        Assert.Equal(reported, bench.State->Dr[6] & 0x4000);
    }

    [Fact]
    public void Sysret_to_a_non_canonical_address_faults_in_the_kernel()
    {
        using var bench = SystemBench.Long();
        bench.State->Gpr[1] = 0x8000_0000_0000;
        bench.Call(HelperId.SysRet, 8);
        bench.AssertRaised(ExceptionVector.GeneralProtection, 0);
        Assert.Equal(0, bench.Cpu.Cpl);
    }

    [Fact]
    public void Sysenter_and_sysexit_use_their_registers()
    {
        using var bench = SystemBench.Protected(3);
        (bench.State->SysEnterCs, bench.State->SysEnterEsp, bench.State->SysEnterEip) = (0x8, 0x9000, 0x7000);
        bench.Call(HelperId.SysEnter, 0);
        Assert.Equal((0, 0x7000UL, 0x9000UL, 2u), (bench.Cpu.Cpl, bench.State->Rip, bench.State->Gpr[4], bench.Cpu.Eflags));
        (bench.State->Gpr[2], bench.State->Gpr[1]) = (0x5002, UserStack);
        bench.Call(HelperId.SysExit, 4);
        Assert.Equal((3, 0x5002UL, (ulong)UserStack, 0x1b, 0x23), (bench.Cpu.Cpl, bench.State->Rip, bench.State->Gpr[4], bench.State->Cs.Selector, bench.State->Ss.Selector));
    }

    [Fact]
    public void Enter_copies_the_display()
    {
        using var bench = SystemBench.Protected();
        bench.State->Gpr[5] = 0x8800;
        bench.Write(0x87fc, 4, 0xaaaa);
        bench.Call(HelperId.Enter, 4, 0x10, 2);
        Assert.Equal((KernelStack - 4UL, KernelStack - 4UL - 8 - 0x10), (bench.State->Gpr[5], bench.State->Gpr[4]));
        Assert.Equal((0x8800UL, 0xaaaaUL, KernelStack - 4UL), (bench.Read(KernelStack - 4, 4), bench.Read(KernelStack - 8, 4), bench.Read(KernelStack - 12, 4)));
    }

    private static void Push(SystemBench bench, int slot, params ulong[] values)
    {
        foreach (var value in values)
        {
            bench.State->Gpr[4] -= (ulong)slot;
            bench.Write(bench.State->Gpr[4], slot, value);
        }
    }
}

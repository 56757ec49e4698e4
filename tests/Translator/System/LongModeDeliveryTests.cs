using Tcg.Mttcg.Memory;
using Tcg.Mttcg.Memory.Paging;
using Tcg.Mttcg.Translator.Runtime;
using static Tcg.Mttcg.Translator.Tests.SystemState.SystemBench;

namespace Tcg.Mttcg.Translator.Tests.SystemState;

public unsafe class LongModeDeliveryTests
{
    [Fact]
    public void A_page_fault_pushes_six_quadwords_on_an_aligned_stack()
    {
        using var bench = SystemBench.Long();
        bench.PutLongGate(14, Code64, 0x1_2345_6789);
        bench.State->Gpr[4] = 0x8ffc;
        bench.Cpu.RaisePageFault(new GuestVirtual(0xdead000), PageFaultBits.Write | PageFaultBits.Present);
        Assert.True(bench.Cpu.DeliverPending());
        Assert.Equal((0x1_2345_6789UL, 0xdead000UL, 0x8fc0UL), (bench.State->Rip, bench.State->Cr2, bench.State->Gpr[4]));
        Assert.Equal([3UL, 0x5000UL, Code64, 0x10202UL, 0x8ffcUL, Data], Frame(bench, 6));
        Assert.Equal(2u, bench.Cpu.Eflags);
    }

    [Fact]
    public void A_trap_gate_leaves_interrupts_enabled()
    {
        using var bench = SystemBench.Long();
        bench.PutLongGate(6, Code64, 0x7000, type: 15);
        bench.Cpu.Raise(ExceptionVector.InvalidOpcode);
        Assert.True(bench.Cpu.DeliverPending());
        Assert.True(bench.Cpu.InterruptsEnabled);
    }

    [Fact]
    public void User_code_moves_to_rsp0_with_a_null_ss()
    {
        using var bench = SystemBench.Long(3);
        bench.PutLongGate(13, Code64, 0x7000);
        bench.Cpu.Raise(ExceptionVector.GeneralProtection, 0x48);
        Assert.True(bench.Cpu.DeliverPending());
        Assert.Equal((0, 0, KernelStack - 48UL), (bench.Cpu.Cpl, bench.State->Ss.Selector, bench.State->Gpr[4]));
        Assert.Equal([0x48UL, 0x5000UL, UserCode64, 0x10202UL, UserStack, UserData], Frame(bench, 6));
    }

    [Fact]
    public void An_ist_gate_changes_stacks_without_a_privilege_change()
    {
        using var bench = SystemBench.Long();
        bench.PutLongGate(2, Code64, 0x7000, ist: 1);
        Assert.True(bench.Cpu.DeliverNmi());
        Assert.Equal((IstStack - 40UL, (int)Data, 1), (bench.State->Gpr[4], bench.State->Ss.Selector, bench.State->NmiBlocked));
    }

    [Fact]
    public void An_interrupt_wakes_and_saves_no_resume_flag()
    {
        using var bench = SystemBench.Long();
        bench.PutLongGate(0x30, Code64, 0x7000);
        bench.State->Halted = 1;
        Assert.True(bench.Cpu.DeliverInterrupt(0x30));
        Assert.Equal([0x5000UL, Code64, 0x202UL, KernelStack, Data], Frame(bench, 5));
        Assert.Equal(0, bench.State->Halted);
    }

    [Theory]
    [InlineData(0x80, 3, true)]
    [InlineData(0x80, 0, false)]
    public void Software_interrupts_need_the_gates_privilege(int vector, int dpl, bool allowed)
    {
        using var bench = SystemBench.Long(3);
        bench.PutLongGate(vector, Code64, 0x7000, dpl: dpl);
        bench.PutLongGate(13, Code64, 0x8000);
        bench.Call(HelperId.SoftwareInterrupt, (ulong)vector, 2);
        Assert.True(bench.Cpu.DeliverPending());
        // Refused: #GP with the gate's own number, IDT bit set, EXT clear, and the RIP of the INT itself.
        if (allowed) Assert.Equal((0x7000UL, 0x5002UL), (bench.State->Rip, Frame(bench, 1)[0]));
        else Assert.Equal((0x8000UL, (ulong)vector * 8 + 2, 0x5000UL), (bench.State->Rip, Frame(bench, 2)[0], Frame(bench, 2)[1]));
    }

    [Fact]
    public void A_missing_gate_during_an_interrupt_is_an_external_general_protection()
    {
        using var bench = SystemBench.Long();
        bench.PutLongGate(13, Code64, 0x8000);
        Assert.True(bench.Cpu.DeliverInterrupt(0x30));
        Assert.Equal((0x8000UL, 0x30 * 8UL + 3), (bench.State->Rip, Frame(bench, 1)[0]));
    }

    [Fact]
    public void A_fault_while_delivering_a_contributory_fault_is_a_double_fault()
    {
        using var bench = SystemBench.Long();
        bench.PutLongGate(8, Code64, 0x8800);
        bench.Cpu.Raise(ExceptionVector.GeneralProtection, 0);
        Assert.True(bench.Cpu.DeliverPending());
        Assert.Equal((0x8800UL, 0UL, 0x5000UL), (bench.State->Rip, Frame(bench, 2)[0], Frame(bench, 2)[1]));
    }

    [Fact]
    public void A_benign_exception_never_makes_a_double_fault()
    {
        using var bench = SystemBench.Long();
        bench.PutLongGate(13, Code64, 0x8000);
        bench.Cpu.Raise(ExceptionVector.InvalidOpcode);
        Assert.True(bench.Cpu.DeliverPending());
        Assert.Equal((0x8000UL, 6 * 8UL + 3), (bench.State->Rip, Frame(bench, 1)[0]));
    }

    [Fact]
    public void A_page_fault_during_a_contributory_fault_is_just_a_page_fault()
    {
        using var bench = SystemBench.Long(3);
        bench.PutLongGate(13, Code64, 0x7000);
        bench.PutLongGate(14, Code64, 0x7700, ist: 1);
        bench.Write(TssAt + 4, 8, 0x100020);
        bench.Cpu.Raise(ExceptionVector.GeneralProtection, 0);
        Assert.True(bench.Cpu.DeliverPending());
        Assert.Equal((0x7700UL, 2UL), (bench.State->Rip, Frame(bench, 1)[0]));
    }

    [Fact]
    public void A_page_fault_on_the_stack_of_a_page_fault_is_a_double_fault_and_leaves_the_stack_alone()
    {
        using var bench = SystemBench.Long(3);
        bench.PutLongGate(14, Code64, 0x7000);
        bench.PutLongGate(8, Code64, 0x8800, ist: 1);
        bench.Write(TssAt + 4, 8, 0x100020);
        bench.Cpu.RaisePageFault(new GuestVirtual(0x123456), PageFaultBits.User);
        Assert.True(bench.Cpu.DeliverPending());
        Assert.Equal((0x8800UL, IstStack - 48UL), (bench.State->Rip, bench.State->Gpr[4]));
        Assert.Equal(0x100018UL, bench.State->Cr2);
        Assert.Equal(0UL, bench.Read(0x100000 - 16, 8));
    }

    [Fact]
    public void Without_any_gate_the_processor_shuts_down()
    {
        using var bench = SystemBench.Long();
        bench.Cpu.Raise(ExceptionVector.InvalidOpcode);
        Assert.False(bench.Cpu.DeliverPending());
        Assert.True(bench.Cpu.IsShutDown);
        Assert.False(bench.Cpu.DeliverPending());
        bench.Cpu.Reset();
        Assert.False(bench.Cpu.IsShutDown);
    }

    [Fact]
    public void A_non_canonical_stack_is_a_stack_fault()
    {
        using var bench = SystemBench.Long();
        bench.PutLongGate(6, Code64, 0x7000);
        bench.PutLongGate(12, Code64, 0x9900, ist: 1);
        bench.State->Gpr[4] = 0x8000_0000_0000_0010;
        bench.Cpu.Raise(ExceptionVector.InvalidOpcode);
        Assert.True(bench.Cpu.DeliverPending());
        Assert.Equal((0x9900UL, 1UL), (bench.State->Rip, Frame(bench, 1)[0]));
    }

    [Fact]
    public void The_first_exception_of_an_instruction_wins()
    {
        using var bench = SystemBench.Long();
        bench.Cpu.Raise(ExceptionVector.GeneralProtection, 8);
        bench.Cpu.RaisePageFault(new GuestVirtual(0x1000), PageFaultBits.None);
        bench.AssertRaised(ExceptionVector.GeneralProtection, 8);
        Assert.Equal(0UL, bench.State->Cr2);
    }

    [Fact]
    public void Single_step_is_a_trap_after_the_instruction()
    {
        using var bench = SystemBench.Long();
        bench.PutLongGate(1, Code64, 0x7000);
        bench.Cpu.Eflags |= 0x100;
        Assert.True(bench.Cpu.SingleStepping);
        Assert.True(bench.Cpu.AfterInstruction(stepped: true));
        Assert.Equal([0x5000UL, Code64, 0x302UL], Frame(bench, 3));
        Assert.False(bench.Cpu.SingleStepping);
        Assert.Equal(0xffff4ff0UL, bench.State->Dr[6]);
    }

    internal static ulong[] Frame(SystemBench bench, int words)
    {
        var frame = new ulong[words];
        for (var i = 0; i < words; i++) frame[i] = bench.Read(bench.State->Gpr[4] + (ulong)i * 8, 8);
        return frame;
    }
}

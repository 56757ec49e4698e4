using Tcg.Mttcg.Translator.Ir;
using Tcg.Mttcg.Translator.Runtime;
using static Tcg.Mttcg.Translator.Tests.SystemState.SystemBench;

namespace Tcg.Mttcg.Translator.Tests.SystemState;

public unsafe class TaskSwitchTests
{
    private const uint Other = 0x6000;
    private const ushort OtherTss = FirstFree;

    [Fact]
    public void A_call_links_nests_and_iret_comes_back()
    {
        using var bench = Ready();
        bench.State->Gpr[3] = 0x1234;
        bench.Call(HelperId.FarCall, OtherTss, 0, 4 | 0x5007 << 8);
        Assert.False(bench.Cpu.HasPending);
        Assert.Equal((0x7000UL, 0x9900UL, 0xb0b0UL, 0x4002u), (bench.State->Rip, bench.State->Gpr[4], bench.State->Gpr[3], bench.Cpu.Eflags));
        Assert.Equal((OtherTss, TssSelector), (bench.State->Tr.Selector, (ushort)bench.Read(Other, 2)));
        Assert.Equal((0x5007UL, 0x1234UL, 0x8bUL), (bench.Read(TssAt + 0x20, 4), bench.Read(TssAt + 0x34, 4), bench.Read(Gdt + OtherTss + 5, 1)));
        Assert.Equal(8UL, bench.State->Cr0 & 8);

        bench.Call(HelperId.InterruptReturn, 4);
        Assert.Equal((0x5007UL, 0x1234UL, TssSelector), (bench.State->Rip, bench.State->Gpr[3], bench.State->Tr.Selector));
        Assert.Equal((0x89UL, 0x202u), (bench.Read(Gdt + OtherTss + 5, 1), bench.Cpu.Eflags));
        // The task that returned is saved without NT.
        Assert.Equal(2UL, bench.Read(Other + 0x24, 4));
    }

    [Fact]
    public void A_jump_leaves_the_old_task_free()
    {
        using var bench = Ready();
        bench.Call(HelperId.FarJump, OtherTss, 0, 4 | 0x5007 << 8);
        Assert.Equal((0x89UL, 0x8bUL, 2u), (bench.Read(Gdt + TssSelector + 5, 1), bench.Read(Gdt + OtherTss + 5, 1), bench.Cpu.Eflags));
    }

    [Fact]
    public void An_exception_through_a_task_gate_pushes_its_error_code_there()
    {
        using var bench = Ready();
        bench.PutGate(8, OtherTss, 0, type: 5);
        bench.Cpu.Raise(ExceptionVector.DoubleFault, 0);
        Assert.True(bench.Cpu.DeliverPending());
        Assert.Equal((0x7000UL, 0x98fcUL, 0x5000UL), (bench.State->Rip, bench.State->Gpr[4], bench.Read(TssAt + 0x20, 4)));
    }

    [Theory]
    [InlineData(TssSelector, 13)]
    [InlineData(Data | 4, 13)]
    public void A_busy_or_wrong_task_is_refused(int selector, int vector)
    {
        using var bench = Ready();
        bench.Call(HelperId.FarJump, (ulong)selector, 0, 4);
        bench.AssertRaised(vector, (uint)selector & 0xfffc);
    }

    [Fact]
    public void A_task_with_a_bad_stack_faults_inside_the_new_task()
    {
        using var bench = Ready();
        bench.Write(Other + 0x50, 2, Code);
        bench.PutDescriptor(0x78, Descriptor(0, 0xfffff, 0x9f, 0xc));
        bench.PutGate(10, OtherTss, 0, type: 5);
        bench.PutGate(8, 0x70, 0, type: 5);
        bench.PutDescriptor(0x70, Descriptor(0x6800, 0x67, 0x89, 0));
        Fill(bench, 0x6800, 0x8888);
        bench.Call(HelperId.FarJump, OtherTss, 0, 4 | 0x5007 << 8);
        // #TS cannot be delivered (its task is busy), so the double fault's task runs.
        Assert.Equal((0x8888UL, 0x70), (bench.State->Rip, bench.State->Tr.Selector));
    }

    private static SystemBench Ready()
    {
        var bench = SystemBench.Protected();
        bench.PutDescriptor(OtherTss, Descriptor(Other, 0x67, 0x89, 0));
        Fill(bench, Other, 0x7000);
        return bench;
    }

    private static void Fill(SystemBench bench, uint at, uint eip)
    {
        bench.Write(at + 0x20, 4, eip);
        bench.Write(at + 0x24, 4, 2);
        bench.Write(at + 0x34, 4, 0xb0b0);
        bench.Write(at + 0x38, 4, 0x9900);
        for (var i = 0; i < 6; i++) bench.Write(at + 0x48 + (uint)i * 4, 2, (Segment)i == Segment.Cs ? Code : Data);
    }
}

using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Tests.SystemState;

public unsafe class ResetTests
{
    [Fact]
    public void Reset_is_table_10_1()
    {
        using var bench = new SystemBench();
        var state = bench.State;
        Assert.Equal((0xfff0UL, 0xf000, 0xffff0000UL), (state->Rip, state->Cs.Selector, state->Cs.Base));
        Assert.Equal((0x60000010UL, 0UL, 0UL, 0UL), (state->Cr0, state->Cr4, state->Efer, state->Cr3));
        Assert.Equal((2u, 0x1f80u, 1UL), (bench.Cpu.Eflags, state->MxCsr, state->Xcr0));
        Assert.Equal((0xffff0ff0UL, 0x400UL), (state->Dr[6], state->Dr[7]));
        Assert.Equal((0xffffu, 0xffffu), (state->GdtLimit, state->IdtLimit));
        Assert.Equal(bench.Cpu.Model.Signature, state->Gpr[2]);
        Assert.False(bench.Cpu.WaitsForStartUp);
    }

    [Fact]
    public void Init_keeps_vector_registers_and_cache_bits_but_not_paging()
    {
        using var bench = SystemBench.Long();
        bench.State->Vector[5] = 7;
        bench.State->LStar = 0x1234;
        bench.State->Cr0 &= ~(1UL << 30);
        bench.Cpu.Reset(init: true);
        Assert.Equal((7, 0x1234UL), (bench.State->Vector[5], bench.State->LStar));
        Assert.Equal(0x20000010UL, bench.State->Cr0);
        Assert.Equal((0UL, 0UL), (bench.State->Efer, bench.State->Cr4));
        Assert.Equal(0xfff0UL, bench.State->Rip);
    }

    [Fact]
    public void Application_processors_wait_for_their_start_up_vector()
    {
        using var bench = new SystemBench(index: 1);
        Assert.True(bench.Cpu.WaitsForStartUp);
        Assert.Equal(1, bench.State->Halted);
        bench.Cpu.StartUp(0x9a);
        Assert.False(bench.Cpu.WaitsForStartUp);
        Assert.Equal((0x9a00, 0x9a000UL, 0UL, 0), (bench.State->Cs.Selector, bench.State->Cs.Base, bench.State->Rip, bench.State->Halted));
        Assert.Equal(0x9a000UL, bench.Cpu.ComputeContext().Pc);
    }
}

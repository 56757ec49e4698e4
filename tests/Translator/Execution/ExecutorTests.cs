using Iced.Intel;
using Tcg.Mttcg.Translator.Runtime;
using Tcg.Mttcg.SelfTest.Machines;
using static Iced.Intel.AssemblerRegisters;

namespace Tcg.Mttcg.Translator.Tests.Execution;

public sealed unsafe class ExecutorTests
{
    public static TheoryData<Engine> Engines() => [.. Enum.GetValues<Engine>()];

    [Theory, MemberData(nameof(Engines))]
    public void A_loop_sums_and_halts(Engine engine)
    {
        using var machine = TestMachine.With(engine);
        var end = machine.Run(c =>
        {
            var loop = c.CreateLabel();
            c.mov(ecx, 100);
            c.xor(eax, eax);
            c.Label(ref loop);
            c.add(rax, rcx);
            c.dec(ecx);
            c.jne(loop);
        });
        Assert.Equal(SliceEnd.Halted, end);
        Assert.Equal(5050u, machine.State->Gpr[0]);
    }

    [Theory, MemberData(nameof(Engines))]
    public void Calls_stores_and_loads_reach_guest_memory(Engine engine)
    {
        using var machine = TestMachine.With(engine);
        machine.Run(c =>
        {
            Label function = c.CreateLabel(), over = c.CreateLabel();
            c.jmp(over);
            c.Label(ref function);
            c.mov(rax, __qword_ptr[rdi]);
            c.add(rax, 5);
            c.mov(__qword_ptr[rdi + 8], rax);
            c.ret();
            c.Label(ref over);
            c.mov(edi, (int)TestMachine.DataAt);
            c.mov(__qword_ptr[rdi], 37);
            c.call(function);
        });
        Assert.Equal(42u, machine.State->Gpr[0]);
        Assert.Equal(42, machine.Ram(TestMachine.DataAt + 8, 1)[0]);
        Assert.Equal(TestMachine.StackAt, machine.State->Gpr[4]);
    }

    [Theory, MemberData(nameof(Engines))]
    public void A_store_into_the_running_block_takes_effect_on_the_next_instruction(Engine engine)
    {
        using var machine = TestMachine.With(engine);
        machine.Run(c =>
        {
            Label target = c.CreateLabel();
            c.mov(ebx, 7);
            c.lea(rax, __[target]);
            c.mov(__byte_ptr[rax + 1], 9);
            c.Label(ref target);
            c.mov(ecx, 1);
        });
        Assert.Equal(9u, machine.State->Gpr[1]);
        Assert.True(machine.Coherence.CodeWrites > 0);
    }

    // The first page's half must not be written when the second page's half ends the running block.
    [Theory, MemberData(nameof(Engines))]
    public void A_read_modify_write_over_two_pages_that_hits_its_own_block_happens_once(Engine engine)
    {
        using var machine = TestMachine.With(engine);
        machine.Run(c =>
        {
            c.mov(ebx, 0x11111111);
            c.mov(edi, (int)TestMachine.CodeAt - 2);
            c.add(__dword_ptr[rdi], 5);
            c.nop();
        });
        Assert.True(machine.Coherence.CodeWrites > 0);
        Assert.Equal(5, machine.Ram(TestMachine.CodeAt - 2, 1)[0]);
    }
}

using Iced.Intel;
using Tcg.Mttcg.Memory.Contracts;
using Tcg.Mttcg.Translator.Runtime;
using Tcg.Mttcg.SelfTest.Machines;
using Tcg.Mttcg.Translator.Tests.SystemState;
using static Iced.Intel.AssemblerRegisters;

namespace Tcg.Mttcg.Translator.Tests.Execution;

public sealed unsafe class EventTests
{
    private const byte Vector = 0x40;
    private const uint Gdt = 0x6000, Idt = 0x4000, Handler = 0xc000;

    /// <summary>An interrupt between the two halves of a chaining must not lead the jump into its handler.</summary>
    [Theory]
    [InlineData(Engine.Interpreter)]
    [InlineData(Engine.X64)]
    public void An_interrupt_before_any_block_runs_its_handler_once(Engine engine)
    {
        for (var looks = 1; looks <= 16; looks++)
        {
            using var machine = TestMachine.With(engine);
            PutHandler(machine);
            machine.Interrupts.InterruptAfter(looks, Vector);
            var end = machine.Run(code =>
            {
                Label loop = code.CreateLabel(), even = code.CreateLabel(), next = code.CreateLabel();
                code.mov(ecx, 10);
                code.sti();
                code.Label(ref loop);
                code.test(ecx, 1);
                code.je(even);
                code.add(eax, 1);
                code.jmp(next);
                code.Label(ref even);
                code.add(eax, 100);
                code.Label(ref next);
                code.dec(ecx);
                code.jne(loop);
                code.cli();
            });
            Assert.Equal((SliceEnd.Halted, 505UL), (end, machine.State->Gpr[0]));
            Assert.Equal((TestMachine.StackAt, true), (machine.State->Gpr[4], machine.State->Gpr[3] <= 1));
        }
    }

    [Fact]
    public void A_start_up_message_to_a_processor_that_runs_is_dropped()
    {
        using var machine = TestMachine.With(Engine.Interpreter);
        machine.Interrupts.Send(ProcessorEvents.Sipi, 0x99);
        Assert.Equal(SliceEnd.Halted, machine.Run(code => code.mov(eax, 7)));
        Assert.Equal((7UL, 8), (machine.State->Gpr[0], machine.State->Cs.Selector));
    }

    private static void PutHandler(TestMachine machine)
    {
        var assembler = new Assembler(64);
        assembler.inc(ebx);
        assembler.iretq();
        using var stream = new MemoryStream();
        assembler.Assemble(new StreamCodeWriter(stream), Handler);
        stream.ToArray().CopyTo(machine.Ram(Handler, (int)stream.Length));
        Write(machine, Gdt + 8, SystemBench.Descriptor(0, 0xfffff, 0x9a, 0xa));
        Write(machine, Gdt + 16, SystemBench.Descriptor(0, 0xfffff, 0x92, 0xc));
        Write(machine, Idt + Vector * 16, SystemBench.Gate(8, Handler, 14, 0));
        Write(machine, Idt + Vector * 16 + 8, 0);
        (machine.State->GdtBase, machine.State->GdtLimit) = (Gdt, 0x1f);
        (machine.State->IdtBase, machine.State->IdtLimit) = (Idt, 0xfff);
    }

    private static void Write(TestMachine machine, ulong address, ulong value) => BitConverter.TryWriteBytes(machine.Ram(address, 8), value);
}

using Iced.Intel;
using Tcg.Mttcg.SelfTest.Machines;
using Tcg.Mttcg.Translator.Runtime;
using Tcg.Mttcg.Translator.Tests.SystemState;
using static Iced.Intel.AssemblerRegisters;

namespace Tcg.Mttcg.Translator.Tests.Vectors;

/// <summary>#XM: when the guest unmasks exceptions, and what it finds in its handler. The flags were read in a signal handler on a real processor.</summary>
public sealed unsafe class SimdExceptionTests
{
    private const uint Gdt = 0x6000, Idt = 0x4000, Handler = 0xc000;
    private const uint MaskAll = 0x1f80, I = 0x80, D = 0x100, Z = 0x200, O = 0x400, U = 0x800, P = 0x1000;
    private const uint Signalling = 0x7f800001, Huge = 0x7f7fffff, Tiny = 1, Least = 0x00800000, One = 0x3f800000, Two = 0x40000000, Half = 0x3f000000,
        Three = 0x40400000, Third = 0x3eaaaaab, Power127 = 0x7f000000, Zero = 0;

    private const ulong Old = 0x1122334455667788;

    public static TheoryData<Engine, string, uint, uint[], uint[], int> Cases()
    {
        // Lane 0 first; -1: no exception.
        (string, uint, uint[], uint[], int)[] rows =
        [
            ("add", I, [Signalling, Huge, One, Third], [One, Huge, One, Three], 0x01),
            ("add", I, [Signalling, Huge, Tiny, Third], [One, Huge, One, Three], 0x03),
            ("add", D, [Signalling, Huge, Tiny, Third], [One, Huge, One, Three], 0x03),
            ("add", O, [Signalling, Huge, Tiny, Third], [One, Huge, One, Three], 0x2b),
            ("add", O, [One, Huge, One, Third], [One, Huge, One, Three], 0x28),
            ("mul", O, [One, Power127, One, One], [One, Two, One, One], 0x08),
            ("mul", P, [One, Power127, One, One], [One, Two, One, One], 0x28),
            ("mul", U, [One, Least, One, One], [One, Half, One, One], 0x10),
            ("mul", U, [One, Least, One, One], [One, Third, One, One], 0x10),
            ("mul", P, [One, Least, One, One], [One, Third, One, One], 0x30),
            ("mul", P, [One, Least, One, One], [One, Half, One, One], -1),
            ("mul", U, [One, Huge, Least, One], [One, Huge, Half, One], 0x38),
            ("mul", O, [One, Huge, Least, One], [One, Huge, Half, One], 0x28),
            ("div", Z, [One, One, One, One], [One, Zero, One, Three], 0x04),
            ("div", P, [One, One, One, One], [One, Zero, One, Three], 0x24),
            ("div", Z, [One, One, Tiny, One], [One, Zero, One, Three], 0x06),
            ("div", Z, [One, Tiny, One, One], [One, Zero, One, One], 0x04),
            ("div", I | D | O | U, [One, One, One, One], [One, Zero, One, Three], -1),
            ("add", I | D | Z | O | U | P, [One, One, One, One], [One, One, One, Two], -1),
        ];
        var data = new TheoryData<Engine, string, uint, uint[], uint[], int>();
        foreach (var engine in Enum.GetValues<Engine>())
            foreach (var (operation, unmasked, a, b, flags) in rows) data.Add(engine, operation, unmasked, a, b, flags);
        return data;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void An_unmasked_exception_leaves_its_flags_and_the_destination(Engine engine, string operation, uint unmasked, uint[] a, uint[] b, int flags)
    {
        using var machine = Machine(engine);
        Put(machine, 1, a);
        Put(machine, 2, b);
        Run(machine, MaskAll & ~unmasked, code =>
        {
            code.mov(ecx, 5);
            code.cmp(ecx, 7);
            if (operation == "add") code.addps(xmm1, xmm2);
            else if (operation == "mul") code.mulps(xmm1, xmm2);
            else code.divps(xmm1, xmm2);
            code.mov(ecx, 6);
        });
        var raised = flags >= 0;
        Assert.Equal((raised ? 19ul : 0, raised ? 5ul : 6), (machine.State->Gpr[3], machine.State->Gpr[1]));
        if (!raised) return;
        Assert.Equal(a, new Span<uint>(machine.State->Vector + 64, 4).ToArray());
        Assert.Equal((uint)flags, machine.Cpu.CurrentMxCsr & 0x3f);
        Assert.Equal(CodeOf(Code.Addps_xmm_xmmm128, operation), Faulting(machine));
        Assert.Equal(0x91u, BitConverter.ToUInt32(machine.Ram(machine.State->Gpr[4] + 16, 4)) & 0x8d5);
    }

    [Theory]
    [InlineData(Engine.Interpreter)]
    [InlineData(Engine.X64)]
    public void Flags_registers_and_memory_are_left_alone_too(Engine engine)
    {
        Action<Assembler>[] instructions =
        [
            code => code.comiss(xmm1, xmm2),
            code => code.cvtss2si(rdx, xmm1),
            code => code.cvttss2si(edx, __dword_ptr[TestMachine.DataAt]),
            code => code.cvtps2dq(xmm3, xmm1),
            code => code.sqrtss(xmm3, xmm1),
            code => code.roundps(xmm3, xmm1, 0),
            code => code.cmpsd(xmm3, xmm1, 1),
            code => code.haddps(xmm3, xmm1),
        ];
        foreach (var instruction in instructions)
        {
            using var machine = Machine(engine);
            Put(machine, 1, [Signalling, 0x7ff00000, One, One]);
            Put(machine, 2, [One, One, One, One]);
            Put(machine, 3, [One, Two, Three, Half]);
            BitConverter.TryWriteBytes(machine.Ram(TestMachine.DataAt, 4), Signalling);
            Run(machine, MaskAll & ~I, code =>
            {
                code.mov(rdx, Old);
                code.cmp(edx, 1);
                code.stc();
                instruction(code);
            });
            Assert.Equal((19ul, Old), (machine.State->Gpr[3], machine.State->Gpr[2]));
            Assert.Equal([One, Two, Three, Half], new Span<uint>(machine.State->Vector + 192, 4).ToArray());
            Assert.Equal(1u, machine.Cpu.CurrentMxCsr & 0x3f);
            Assert.Equal(1u, BitConverter.ToUInt32(machine.Ram(machine.State->Gpr[4] + 16, 4)) & 0x41);
        }
    }

    [Theory]
    [InlineData(Engine.Interpreter)]
    [InlineData(Engine.X64)]
    public void Without_osxmmexcpt_it_is_undefined(Engine engine)
    {
        using var machine = Machine(engine);
        machine.State->Cr4 &= ~Cr4.OsXmmExcpt;
        machine.Cpu.InvalidateContext();
        Put(machine, 1, [One, One, One, One]);
        Run(machine, MaskAll & ~Z, code => code.divps(xmm1, xmm2));
        Assert.Equal(6ul, machine.State->Gpr[3]);
    }

    [Theory]
    [InlineData(Engine.Interpreter)]
    [InlineData(Engine.X64)]
    public void The_flags_of_masked_exceptions_gather_while_others_are_unmasked(Engine engine)
    {
        using var machine = Machine(engine);
        Put(machine, 1, [One, One, One, One]);
        Put(machine, 2, [Three, Zero, Three, Three]);
        Put(machine, 4, [Huge, Huge, Huge, Huge]);
        Run(machine, MaskAll & ~I, code =>
        {
            code.divps(xmm1, xmm2);
            code.addps(xmm4, xmm4);
            code.cvtss2si(edx, xmm2);
            code.comiss(xmm1, xmm2);
            code.setb(dl);
        });
        Assert.Equal(0ul, machine.State->Gpr[3]);
        Assert.Equal(0x2cu, machine.Cpu.CurrentMxCsr & 0x3f);
        Assert.Equal([Third, 0x7f800000, Third, Third], new Span<uint>(machine.State->Vector + 64, 4).ToArray());
        Assert.Equal(1ul, machine.State->Gpr[2]);
    }

    [Theory]
    [InlineData(Engine.Interpreter)]
    [InlineData(Engine.X64)]
    public void Unmasking_counts_from_the_next_instruction_and_masking_again_too(Engine engine)
    {
        using var machine = Machine(engine);
        foreach (var register in (int[])[1, 3, 4]) Put(machine, register, [One, One, One, One]);
        BitConverter.TryWriteBytes(machine.Ram(TestMachine.DataAt, 4), MaskAll & ~Z);
        BitConverter.TryWriteBytes(machine.Ram(TestMachine.DataAt + 4, 4), MaskAll);
        Run(machine, MaskAll, code =>
        {
            code.divps(xmm1, xmm2);
            code.ldmxcsr(__dword_ptr[TestMachine.DataAt]);
            code.ldmxcsr(__dword_ptr[TestMachine.DataAt + 4]);
            code.divps(xmm3, xmm2);
            code.mov(ecx, 1);
            code.ldmxcsr(__dword_ptr[TestMachine.DataAt]);
            code.divps(xmm4, xmm2);
            code.mov(ecx, 2);
        });
        Assert.Equal((19ul, 1ul), (machine.State->Gpr[3], machine.State->Gpr[1]));
    }

    private static Code CodeOf(Code add, string operation) => operation switch { "add" => add, "mul" => Code.Mulps_xmm_xmmm128, _ => Code.Divps_xmm_xmmm128 };

    // The return address of the handler.
    private static Code Faulting(TestMachine machine)
    {
        var rip = BitConverter.ToUInt64(machine.Ram(machine.State->Gpr[4], 8));
        return Decoder.Create(64, machine.Ram(rip, 15).ToArray(), rip).Decode().Code;
    }

    private static void Run(TestMachine machine, uint mxcsr, Action<Assembler> code)
    {
        BitConverter.TryWriteBytes(machine.Ram(TestMachine.DataAt + 64, 4), mxcsr);
        machine.Run(assembler =>
        {
            assembler.ldmxcsr(__dword_ptr[TestMachine.DataAt + 64]);
            code(assembler);
        });
    }

    private static void Put(TestMachine machine, int register, uint[] lanes) => lanes.CopyTo(new Span<uint>(machine.State->Vector + 64 * register, 4));

    // Handlers put their vector into EBX and halt on their own stack frame.
    private static TestMachine Machine(Engine engine)
    {
        var machine = TestMachine.With(engine);
        foreach (var vector in (byte[])[6, 19])
        {
            byte[] code = [0xbb, vector, 0, 0, 0, 0xf4];
            code.CopyTo(machine.Ram(Handler + vector * 16u, code.Length));
            Write(machine, Idt + vector * 16u, SystemBench.Gate(8, Handler + vector * 16u, 14, 0));
        }
        Write(machine, Gdt + 8, SystemBench.Descriptor(0, 0xfffff, 0x9a, 0xa));
        Write(machine, Gdt + 16, SystemBench.Descriptor(0, 0xfffff, 0x92, 0xc));
        (machine.State->GdtBase, machine.State->GdtLimit) = (Gdt, 0x1f);
        (machine.State->IdtBase, machine.State->IdtLimit) = (Idt, 0xfff);
        return machine;
    }

    private static void Write(TestMachine machine, ulong address, ulong value) => BitConverter.TryWriteBytes(machine.Ram(address, 8), value);
}

using Iced.Intel;
using Tcg.Mttcg.Translator.Runtime;
using Tcg.Mttcg.SelfTest.Machines;
using static Iced.Intel.AssemblerRegisters;

namespace Tcg.Mttcg.Translator.Tests.SystemState;

/// <summary>Guests that start as a processor does, in real mode, and work their way up: the whole of the processor state under real code.</summary>
public unsafe class StartUpTests
{
    private const uint Real = 0x7000, Protected = 0x8000, Long = 0x9000, User = 0xa000, Kernel = 0xb000, Handlers = 0xc000, Gdt = 0x6000, Idt = 0x4000, TssAt = 0x5000,
        Pointers = 0x6800;

    [Theory]
    [InlineData(Engine.Interpreter)]
    [InlineData(Engine.X64)]
    public void From_real_mode_to_user_code_and_back_by_syscall(Engine engine)
    {
        using var machine = TestMachine.With(engine);
        PutTables(machine);
        Put(machine, 16, Real, code =>
        {
            code.cli();
            code.xor(ax, ax);
            code.mov(ds, ax);
            code.lgdt(__[(ushort)Pointers]);
            code.mov(eax, cr0);
            code.or(eax, 1);
            code.mov(cr0, eax);
            // jmp 0x08:Protected, 32-bit
            code.db(0x66, 0xea, 0, (byte)(Protected >> 8), 0, 0, 8, 0);
        });
        Put(machine, 32, Protected, code =>
        {
            code.mov(ax, 0x10);
            code.mov(ds, ax);
            code.mov(ss, ax);
            code.mov(esp, 0x80000);
            code.mov(eax, cr4);
            code.or(eax, 0x20);
            code.mov(cr4, eax);
            code.mov(eax, (uint)TestMachine.Tables);
            code.mov(cr3, eax);
            code.mov(ecx, 0xc0000080);
            code.rdmsr();
            code.or(eax, 0x101);
            code.wrmsr();
            code.mov(eax, cr0);
            code.or(eax, 0x80000000);
            code.mov(cr0, eax);
            code.db(0xea, 0, (byte)(Long >> 8), 0, 0, 0x18, 0);
        });
        Put(machine, 64, Long, code =>
        {
            code.lidt(__[Pointers + 16]);
            code.mov(ax, 0x30);
            code.ltr(ax);
            code.xor(ebx, ebx);
            code.ud2();
            code.xor(ecx, ecx);
            code.div(rcx);
            code.mov(rsi, 0x4000_0000L);
            code.mov(rax, __[rsi]);
            code.mov(ecx, 0xc0000081);
            code.xor(eax, eax);
            code.mov(edx, 0x00180018);
            code.wrmsr();
            code.mov(ecx, 0xc0000082);
            code.mov(eax, Kernel);
            code.xor(edx, edx);
            code.wrmsr();
            code.push(0x2b);
            code.push(0x90000);
            code.push(0x3002);
            code.push(0x23);
            code.push((int)User);
            code.iretq();
        });
        Put(machine, 64, User, code =>
        {
            code.mov(ebp, cs);
            code.ud2();
            code.@int(0x80);
            code.cli();
            code.syscall();
        });
        Put(machine, 64, Kernel, code =>
        {
            code.mov(r15d, cs);
            code.mov(r14, rsp);
            code.hlt();
        });
        PutHandlers(machine);

        machine.Cpu.Reset();
        machine.Cpu.SetSegment(Tcg.Mttcg.Translator.Ir.Segment.Cs, 0, 0, 0xffff, 0x9b);
        Assert.Equal(SliceEnd.Halted, RunFrom(machine, Real));
        var gpr = machine.State->Gpr;
        // #UD, #DE and #PF in the kernel, #UD in user code; the software interrupt.
        Assert.Equal((4UL, 1UL), (gpr[3], gpr[13]));
        Assert.Equal((0x23UL, 0x18UL, 0x90000UL), (gpr[5], gpr[15], gpr[14]));
        Assert.Equal((0x4000_0000UL, 0), (machine.State->Cr2, machine.Cpu.Cpl));
    }

    [Theory]
    [InlineData(Engine.Interpreter)]
    [InlineData(Engine.X64)]
    public void Single_steps_are_counted_one_by_one(Engine engine)
    {
        using var machine = TestMachine.With(engine);
        PutTables(machine);
        PutHandlers(machine);
        machine.State->IdtBase = Idt;
        machine.State->IdtLimit = 0xfff;
        machine.State->GdtBase = Gdt;
        machine.State->GdtLimit = 0x7f;
        machine.State->Cs.Selector = 0x18;
        machine.Cpu.Eflags |= 0x100;
        Assert.Equal(SliceEnd.Halted, machine.Run(code =>
        {
            code.mov(eax, 1);
            code.add(eax, eax);
            code.add(eax, eax);
            code.pushfq();
            code.and(__qword_ptr[rsp], ~0x100);
            code.popfq();
            code.nop();
        }));
        Assert.Equal((4UL, 6UL), (machine.State->Gpr[0], machine.State->Gpr[12]));
    }

    [Theory]
    [InlineData(Engine.Interpreter)]
    [InlineData(Engine.X64)]
    public void Strings_and_x87_run_from_real_code(Engine engine)
    {
        using var machine = TestMachine.With(engine);
        machine.Run(code =>
        {
            code.mov(rdi, (long)TestMachine.DataAt);
            code.mov(ecx, 100_000);
            code.mov(al, 0x5a);
            code.rep.stosb();
            code.mov(rsi, (long)TestMachine.DataAt);
            code.mov(rdi, (long)TestMachine.DataAt + 0x40123);
            code.mov(ecx, 100_000);
            code.rep.movsb();
            code.fninit();
            code.fldpi();
            code.fadd(st0, st0);
            code.fstp(__qword_ptr[TestMachine.DataAt]);
            code.mov(rax, __qword_ptr[TestMachine.DataAt]);
        });
        Assert.Equal(2 * Math.PI, BitConverter.UInt64BitsToDouble(machine.State->Gpr[0]));
        Assert.Equal((TestMachine.DataAt + 0x40123 + 100_000, 0UL), (machine.State->Gpr[7], machine.State->Gpr[1]));
        Assert.Equal(-1, machine.Ram(TestMachine.DataAt + 0x40123, 100_000).IndexOfAnyExcept((byte)0x5a));
    }

    private static SliceEnd RunFrom(TestMachine machine, uint rip)
    {
        machine.State->Rip = rip;
        machine.State->Halted = 0;
        SliceEnd end;
        while ((end = machine.Executor.Run()) is SliceEnd.Paused or SliceEnd.Kicked) ;
        if (end == SliceEnd.Failure) throw new InvalidOperationException("the emulator failed", machine.Cpu.Failure);
        return end;
    }

    private static void Put(TestMachine machine, int bitness, uint at, Action<Assembler> code)
    {
        var assembler = new Assembler(bitness);
        code(assembler);
        using var stream = new MemoryStream();
        assembler.Assemble(new StreamCodeWriter(stream), at);
        stream.ToArray().CopyTo(machine.Ram(at, (int)stream.Length));
    }

    private static void PutTables(TestMachine machine)
    {
        // User code may reach everything.
        machine.Ram(TestMachine.Tables, 1)[0] |= 4;
        machine.Ram(TestMachine.Tables + 0x1000, 1)[0] |= 4;
        for (ulong i = 0; i < 8; i++) machine.Ram(TestMachine.Tables + 0x2000 + i * 8, 1)[0] |= 4;
        ulong[] descriptors =
        [
            0,
            SystemBench.Descriptor(0, 0xfffff, 0x9a, 0xc),
            SystemBench.Descriptor(0, 0xfffff, 0x92, 0xc),
            SystemBench.Descriptor(0, 0xfffff, 0x9a, 0xa),
            SystemBench.Descriptor(0, 0xfffff, 0xfa, 0xa),
            SystemBench.Descriptor(0, 0xfffff, 0xf2, 0xc),
            SystemBench.Descriptor(TssAt, 0x67, 0x89, 0),
            0,
        ];
        for (var i = 0; i < descriptors.Length; i++) Write(machine, Gdt + (uint)i * 8, descriptors[i]);
        Write(machine, TssAt + 4, 0x70000);
        Write(machine, Pointers, 0x7f | (ulong)Gdt << 16);
        Write(machine, Pointers + 16, 0xfff | (ulong)Idt << 16);
    }

    private static void PutHandlers(TestMachine machine)
    {
        Handle(0, 0, code => { code.add(__qword_ptr[rsp], 3); code.inc(ebx); code.iretq(); });
        Handle(1, 1, code => { code.inc(r12d); code.iretq(); });
        Handle(6, 2, code => { code.add(__qword_ptr[rsp], 2); code.inc(ebx); code.iretq(); });
        Handle(14, 3, code => { code.add(rsp, 8); code.add(__qword_ptr[rsp], 3); code.inc(ebx); code.iretq(); });
        Handle(0x80, 4, code => { code.inc(r13d); code.iretq(); });

        void Handle(int vector, uint slot, Action<Assembler> code)
        {
            var at = Handlers + slot * 64;
            Put(machine, 64, at, code);
            Write(machine, Idt + (uint)vector * 16, SystemBench.Gate(0x18, at, 14, 3));
            Write(machine, Idt + (uint)vector * 16 + 8, 0);
        }
    }

    private static void Write(TestMachine machine, ulong address, ulong value) => BitConverter.TryWriteBytes(machine.Ram(address, 8), value);
}

using Tcg.Mttcg.Guests.SelfCheck.Kit;
using static Iced.Intel.AssemblerRegisters;

namespace Tcg.Mttcg.Guests.SelfCheck.Checks;

/// <summary>Gates of protected mode: interrupt, trap and call gates of both widths, returns, errors (SDM 3A 5.8, 6.12).</summary>
internal static class Gates32
{
    public static void Add(LegacyMonitor m)
    {
        Interrupts(m);
        Calls(m);
        Returns(m);
        Errors(m);
    }

    private static void Interrupts(LegacyMonitor m)
    {
        m.Check("a 16-bit interrupt gate pushes words and clears IF", "3A 6.11, 6.12.1", () =>
        {
            var handler = m.Program.Code32((c, _) =>
            {
                c.mov(ebx, __dword_ptr[esp]);
                c.movzx(ecx, __word_ptr[esp + 4]);
                c.mov(edx, esp);
            });
            var code = m.Program.Code32((c, f) =>
            {
                c.@int(0x20);
                f.Mark();
            });
            m.Gate(0x20, Sel.Code32, handler.Start & 0xffff, GateType.Interrupt16);
            // A 16-bit gate has 16 bits of offset: a code segment that begins where the handler's upper half says.
            m.Descriptor(Sel.Free, Descriptors.Segment(handler.Start & 0xffff0000, 0xffff, Descriptors.Code0, 4));
            m.Gate(0x20, Sel.Free, handler.Start & 0xffff, GateType.Interrupt16);
            m.Run(code, Start.Kernel32 with { Flags = Ef.Fixed | Ef.If });
            m.Expect(Field.Vector, Vec.Done);
            m.Expect(Field.Bx, (code.At() & 0xffff) | (ulong)Sel.Code32 << 16);
            m.Expect(Field.Cx, Ef.Fixed | Ef.If);
            m.Expect(Field.Dx, CheckMap.KernelStack - 6);
            m.ExpectFlags(0, Ef.If);
        });
        m.Trap("a trap gate keeps IF, clears NT and TF", "3A 6.12.1.3", Start.User32 with { Flags = Ef.Fixed | Ef.If | Ef.Nt }, 0x20, (c, f) =>
        {
            c.@int(0x20);
            f.Mark();
        }, () => m.Gate(0x20, Sel.Code32, CheckMap.Stubs32 + 0x20 * 16, GateType.Trap, dpl: 3), () =>
        {
            m.Expect(Field.HandlerFlags, Ef.If, Ef.If | Ef.Nt);
            m.ExpectFlags(Ef.Nt);
        });
        m.Check("a handler of DPL 1 takes SS1:ESP1", "3A 5.8.5", () =>
        {
            var handler = m.Program.Code32((c, _) =>
            {
                c.mov(eax, ss);
                c.mov(ebx, cs);
                c.mov(ecx, esp);
            });
            var code = m.Program.Code32((c, _) => c.@int(0x20));
            m.Gate(0x20, Sel.Ring1Code32, handler.Start, dpl: 3);
            m.Run(code, Start.User32);
            m.ExpectDone(handler);
            m.Expect(Field.Ax, Sel.Ring1Data);
            m.Expect(Field.Bx, Sel.Ring1Code32);
            m.Expect(Field.Cx, CheckMap.Ring1Stack - 20);
        });
        m.Fault("#GP: INT n through a gate of DPL 0", "3A 6.12.1.2", Start.User32, Vec.Gp, 0x20 * 8 + 2, (c, _) => c.@int(0x20));
        m.Fault("#GP: INT n beyond the IDT's limit", "3A 6.13", Start.Kernel32, Vec.Gp, 0x80 * 8 + 2, (c, _) => c.@int(0x80));
        m.Fault("#NP: a gate that is not present", "3A 6.13", Start.Kernel32, Vec.Np, 0x20 * 8 + 2, (c, _) => c.@int(0x20), () => m.Poke(CheckMap.Idt32 + 0x105, 1, 0x0e));
        m.Fault("#TS: a null SS0 in the TSS", "3A 6.13, 5.8.5", Start.User32, Vec.Df, 0, (c, _) => c.ud2(), () =>
        {
            m.Poke(CheckMap.Tss32 + 8, 4, 0);
            Tasks.ToTask(m, Vec.Df);
        });
        m.Fault("#TS: the stack in the TSS is of another level; #TS has a task of its own", "3A 5.8.5", Start.User32, Vec.Ts, (Sel.UserData & ~3u) + 1, (c, _) => c.ud2(), () =>
        {
            m.Poke(CheckMap.Tss32 + 8, 4, Sel.UserData);
            Tasks.ToTask(m, Vec.Ts);
        });
        m.Fault("#SS: the stack in the TSS is not present", "3A 5.8.5", Start.User32, Vec.Ss, Sel.Free + 1, (c, _) => c.ud2(), () =>
        {
            m.Descriptor(Sel.Free, Descriptors.Flat(Descriptors.Data0 & ~0x80, 4));
            m.Poke(CheckMap.Tss32 + 8, 4, Sel.Free);
            Tasks.ToTask(m, Vec.Ss);
        });
    }

    private static void FarCall(Iced.Intel.Assembler c, uint selector)
    {
        c.db(0x9a);
        c.dd(0xdeadbeef);
        c.dw((ushort)selector);
    }

    private static void PushWord(Iced.Intel.Assembler c, uint value) => c.db(0x66, 0x68, (byte)value, (byte)(value >> 8));

    private static void Calls(LegacyMonitor m)
    {
        m.Check("a call gate to an inner level copies its parameters; RETF n releases them on both stacks", "3A 5.8.5, 5.8.6", () =>
        {
            var target = m.Program.Code32((c, _) =>
            {
                c.mov(eax, __dword_ptr[esp + 8]);
                c.mov(ebx, __dword_ptr[esp + 12]);
                c.mov(ecx, __dword_ptr[esp + 16]);
                c.mov(edx, esp);
                c.retf(8);
            });
            var code = m.Program.Code32((c, _) =>
            {
                c.push(0x1111);
                c.push(0x2222);
                FarCall(c, Sel.Free | 3);
            });
            m.Descriptor(Sel.Free, Descriptors.Gate(Sel.Code32, target.Start, GateType.CallGate, 3, 2));
            m.Run(code, Start.User32);
            m.ExpectDone(code);
            m.Expect(Field.Ax, 0x2222);
            m.Expect(Field.Bx, 0x1111);
            m.Expect(Field.Cx, CheckMap.UserStack - 8);
            m.Expect(Field.Dx, CheckMap.KernelStack - 24);
            m.Expect(Field.Sp, CheckMap.UserStack);
            m.Expect(Field.Cs, Sel.UserCode32);
        });
        m.Check("a call gate to the same level copies nothing", "3A 5.8.4", () =>
        {
            var target = m.Program.Code32((c, _) => c.mov(edx, esp));
            var code = m.Program.Code32((c, _) => FarCall(c, Sel.Free));
            m.Descriptor(Sel.Free, Descriptors.Gate(Sel.Code32, target.Start, GateType.CallGate, 0, 5));
            m.Run(code, Start.Kernel32);
            m.ExpectDone(target);
            m.Expect(Field.Dx, CheckMap.KernelStack - 8);
        });
        m.Check("a 16-bit call gate pushes words", "3A 5.8.3", () =>
        {
            var target = m.Program.Code32((c, _) =>
            {
                c.mov(edx, esp);
                c.mov(eax, __dword_ptr[esp]);
            });
            var code = m.Program.Code32((c, f) =>
            {
                FarCall(c, Sel.Free);
                f.Mark();
                c.nop();
            });
            m.Descriptor(Sel.Free2, Descriptors.Segment(target.Start & 0xffff0000, 0xffff, Descriptors.Code0, 4));
            m.Descriptor(Sel.Free, Descriptors.Gate(Sel.Free2, target.Start & 0xffff, GateType.CallGate16));
            m.Run(code, Start.Kernel32);
            m.Expect(Field.Vector, Vec.Done);
            m.Expect(Field.Dx, CheckMap.KernelStack - 4);
            m.Expect(Field.Ax, (code.At() & 0xffff) | (ulong)Sel.Code32 << 16);
        });
        m.Check("a call gate to conforming code keeps the level", "3A 5.8.4", () =>
        {
            var target = m.Program.Code32((c, _) => c.mov(eax, cs));
            var code = m.Program.Code32((c, _) => FarCall(c, Sel.Free | 3));
            m.Descriptor(Sel.Free, Descriptors.Gate(Sel.Conforming32, target.Start, GateType.CallGate, 3));
            m.Run(code, Start.User32);
            m.ExpectDone(target);
            m.Expect(Field.Ax, Sel.Conforming32 | 3);
        });
        void Bad(string name, int vector, uint error, Start start, ulong gate, Action? before = null) => m.Fault(name, "2A CALL", start, vector, error, (c, _) => FarCall(c, Sel.Free), () =>
        {
            m.Descriptor(Sel.Free, gate);
            before?.Invoke();
        });
        var code0 = CheckMap.Fragments;
        Bad("#GP: a call gate of a lower DPL", Vec.Gp, Sel.Free, Start.User32, Descriptors.Gate(Sel.Code32, code0, GateType.CallGate, 0));
        Bad("#NP: a call gate that is not present", Vec.Np, Sel.Free, Start.Kernel32, Descriptors.Gate(Sel.Code32, code0, GateType.CallGate, 0, 0, present: false));
        Bad("#GP: a call gate with a null selector", Vec.Gp, 0, Start.Kernel32, Descriptors.Gate(0, code0, GateType.CallGate));
        Bad("#GP: a call gate to data", Vec.Gp, Sel.Data, Start.Kernel32, Descriptors.Gate(Sel.Data, code0, GateType.CallGate));
        Bad("#GP: a call gate to an outer level", Vec.Gp, Sel.UserCode32 & ~3u, Start.Kernel32, Descriptors.Gate(Sel.UserCode32, code0, GateType.CallGate));
        Bad("#GP: a call gate beyond the code's limit", Vec.Gp, 0, Start.Kernel32, Descriptors.Gate(Sel.Code16, 0x10000, GateType.CallGate));
        Bad("#NP: a call gate to code that is not present", Vec.Np, Sel.Free2, Start.Kernel32, Descriptors.Gate(Sel.Free2, code0, GateType.CallGate), () => m.Descriptor(Sel.Free2, Descriptors.Flat(Descriptors.Code0 & ~0x80, 4)));
    }

    private static void Returns(LegacyMonitor m)
    {
        m.Check("RETF to an outer level empties DS and ES that it may not hold, and no others", "3A 5.8.6", () =>
        {
            var target = m.Program.Code32((c, _) =>
            {
                c.mov(eax, ds);
                c.mov(ebx, es);
            });
            var code = m.Program.Code32((c, _) =>
            {
                c.mov(eax, Sel.UserData);
                c.mov(es, ax);
                c.push(Sel.UserData);
                c.push((int)CheckMap.UserStack);
                c.push(Sel.UserCode32);
                c.push((int)target.Start);
                c.retf();
            });
            m.Run(code, Start.Kernel32);
            m.ExpectDone(target);
            m.Expect(Field.Ax, 0);
            m.Expect(Field.Bx, Sel.UserData);
        });
        void Bad(string name, int vector, uint error, uint cs, uint ss, Start start, uint ip = CheckMap.Fragments) => m.Fault(name, "2A IRET", start, vector, error, (c, f) =>
        {
            c.push((int)ss);
            c.push((int)CheckMap.UserStack);
            c.push(2);
            c.push((int)cs);
            c.push((int)ip);
            f.Mark();
            c.iretd();
        });
        Bad("#GP: IRETD to a null CS", Vec.Gp, 0, 0, Sel.UserData, Start.Kernel32);
        Bad("#GP: IRETD to an inner level", Vec.Gp, Sel.Code32, Sel.Code32, Sel.Data, Start.User32);
        Bad("#GP: IRETD to data", Vec.Gp, Sel.Data, Sel.Data, Sel.Data, Start.Kernel32);
        Bad("#GP: IRETD to a null SS", Vec.Gp, 0, Sel.UserCode32, 0, Start.Kernel32);
        Bad("#GP: IRETD to an SS of another level", Vec.Gp, Sel.Data, Sel.UserCode32, Sel.Data, Start.Kernel32);
        Bad("#GP: IRETD beyond the limit of CS", Vec.Gp, 0, Sel.UserCode16, Sel.UserData, Start.Kernel32, 0x10000);
        m.Check("IRET with a 16-bit operand pops words", "2A IRET", () =>
        {
            var target = m.Program.Code16((c, _) => c.mov(bx, cs));
            var code = m.Program.Code32((c, _) =>
            {
                PushWord(c, 2);
                PushWord(c, Sel.Code16);
                PushWord(c, target.Start);
                c.iret();
            });
            m.Run(code, Start.Kernel32);
            m.ExpectDone(target);
            m.Expect(Field.Bx, Sel.Code16);
        });
    }

    private static void Errors(LegacyMonitor m)
    {
        m.Fault("#DF: #GP and then #NP; its handler is a task", "3A table 6-5, 6.12.2", Start.User32, Vec.Df, 0, (c, _) => c.hlt(), () =>
        {
            m.Poke(CheckMap.Idt32 + Vec.Gp * 8 + 5, 1, 0x0e);
            Tasks.ToTask(m, Vec.Df);
        });
        m.Fault("#NP with EXT: the gate of #UD is not present", "3A 6.13", Start.User32, Vec.Np, Vec.Ud * 8 + 3, (c, _) => c.ud2(), () => m.Poke(CheckMap.Idt32 + Vec.Ud * 8 + 5, 1, 0x0e));
        m.Fault("#UD: SYSRET needs 64-bit mode", "2B SYSRET", Start.Kernel32, Vec.Ud, 0, (c, _) => c.db(0x0f, 0x07));
        m.Fault("#AC: misaligned read at CPL 3 in 32-bit code", "3A 6.15 #AC", Start.User32 with { Bx = CheckMap.Scratch + 1, Flags = Ef.Fixed | Ef.Ac }, Vec.Ac, 0, (c, _) => c.mov(eax, __dword_ptr[ebx]), () => m.SetCr0(LegacyMonitor.Cr0 | 1 << 18));
        m.Fault("#GP: a port that the bitmap closes", "1 18.5.2", Start.User32 with { Dx = 0x80 }, Vec.Gp, 0, (c, _) => c.@in(al, dx));
        m.Check("SYSENTER and SYSEXIT in 32-bit mode", "2B SYSENTER", () =>
        {
            var back = m.Program.Code32((c, _) => c.mov(eax, cs));
            var kernel = m.Program.Code32((c, _) =>
            {
                c.mov(ebx, cs);
                c.mov(edi, esp);
                c.mov(ecx, CheckMap.UserStack);
                c.mov(edx, back.Start);
                c.sysexit();
            });
            var code = m.Program.Code32((c, _) => c.sysenter());
            const uint entry = 0x140;
            m.Descriptor((ushort)entry, Descriptors.Flat(Descriptors.Code0, 4));
            m.Descriptor((ushort)(entry + 8), Descriptors.Flat(Descriptors.Data0, 4));
            m.Descriptor((ushort)(entry + 16), Descriptors.Flat(Descriptors.Code3, 4));
            m.Descriptor((ushort)(entry + 24), Descriptors.Flat(Descriptors.Data3, 4));
            foreach (var (index, value) in ((uint, uint)[])[(0x174, entry), (0x175, CheckMap.KernelStack), (0x176, kernel.Start)])
            {
                m.C.mov(ecx, index);
                m.C.mov(eax, value);
                m.C.xor(edx, edx);
                m.C.wrmsr();
            }
            m.Run(code, Start.User32);
            m.ExpectDone(back);
            m.Expect(Field.Bx, entry);
            m.Expect(Field.Di, CheckMap.KernelStack);
            m.Expect(Field.Ax, (entry + 16) | 3);
        });
    }
}

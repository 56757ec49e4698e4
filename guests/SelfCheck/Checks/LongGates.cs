using Tcg.Mttcg.Guests.SelfCheck.Kit;
using static Iced.Intel.AssemblerRegisters;

namespace Tcg.Mttcg.Guests.SelfCheck.Checks;

/// <summary>Interrupt, trap and call gates of long mode, IST, IRET, far transfers and compatibility mode (SDM 3A 5.8, 6.14).</summary>
internal static class LongGates
{
    private const ulong NonCanonical = 0x0000_8000_0000_0000;
    private const uint Stub20 = CheckMap.Stubs64 + 0x20 * CheckMap.StubBytes;

    public static void Add(LongMonitor m)
    {
        Entry(m);
        Broken(m);
        Return(m);
        CallGates(m);
        Far(m);
        Compatibility(m);
    }

    private static void Entry(LongMonitor m)
    {
        const uint noisy = Ef.Fixed | Ef.If | Ef.Nt | Ef.Df | Ef.Ac;
        m.Trap("an interrupt gate clears IF, TF, NT and RF only", "3A 6.12.1.3", Start.User64 with { Flags = noisy }, 0x20, (c, f) =>
        {
            c.@int(0x20);
            f.Mark();
        }, () => m.Gate(0x20, Sel.Code64, Stub20, dpl: 3), () => m.Expect(Field.HandlerFlags, Ef.Df | Ef.Ac, Ef.If | Ef.Tf | Ef.Nt | Ef.Rf | Ef.Df | Ef.Ac));
        m.Trap("a trap gate keeps IF", "3A 6.12.1.3", Start.User64 with { Flags = noisy }, 0x20, (c, f) =>
        {
            c.@int(0x20);
            f.Mark();
        }, () => m.Gate(0x20, Sel.Code64, Stub20, GateType.Trap, dpl: 3), () => m.Expect(Field.HandlerFlags, Ef.If, Ef.If | Ef.Nt));
        foreach (var start in (Start[])[Start.User64, Start.Kernel64])
        {
            m.Trap($"IST from CPL {start.Cs & 3}: the stack of the TSS, whatever the level", "3A 6.14.5", start, 0x20, (c, f) =>
            {
                c.@int(0x20);
                f.Mark();
            }, () => m.Gate(0x20, Sel.Code64, Stub20, dpl: 3, ist: 1), () =>
            {
                m.Expect(Field.HandlerSp, CheckMap.IstStack - 40);
                m.Expect(Field.Sp, start.Sp);
                m.Expect(Field.Ss, start.Ss);
            });
        }
        m.Check("a conforming handler runs at the interrupted level, on its stack", "3A 6.12.1.2", () =>
        {
            var handler = m.Program.Code64((c, f) =>
            {
                c.mov(eax, cs);
                c.mov(rbx, rsp);
            });
            var code = m.Program.Code64((c, _) => c.@int(0x20));
            m.Gate(0x20, Sel.Conforming64, handler.Linear, dpl: 3);
            m.Run(code, Start.User64);
            m.ExpectDone(handler);
            m.Expect(Field.Ax, Sel.Conforming64 | 3);
            m.Expect(Field.Bx, CheckMap.UserStack - 40);
        });
        m.Check("a handler of DPL 1 runs at CPL 1 on RSP1 with SS 1", "3A 6.14.2", () =>
        {
            var handler = m.Program.Code64((c, f) =>
            {
                c.mov(eax, ss);
                c.mov(ebx, cs);
                c.mov(rcx, rsp);
            });
            var code = m.Program.Code64((c, _) => c.@int(0x20));
            m.Gate(0x20, Sel.Ring1Code64, handler.Linear, dpl: 3);
            m.Run(code, Start.User64);
            m.ExpectDone(handler);
            m.Expect(Field.Ax, 1);
            m.Expect(Field.Bx, Sel.Ring1Code64);
            m.Expect(Field.Cx, CheckMap.Ring1Stack - 40);
        });
    }

    private static void Broken(LongMonitor m)
    {
        void Bad(string name, uint error, Action before, int vector = Vec.Gp) =>
            m.Fault($"#{(vector == Vec.Gp ? "GP" : vector == Vec.Ts ? "TS" : "NP")}: " + name, "2A INT n", Start.Kernel64, vector, error, (c, _) => c.@int(0x20), before);
        Bad("a gate to a data segment", Sel.Data, () => m.Gate(0x20, Sel.Data, Stub20));
        Bad("a gate to 32-bit code", Sel.Code32, () => m.Gate(0x20, Sel.Code32, Stub20));
        Bad("a gate to the null selector", 0, () => m.Gate(0x20, 0, Stub20));
        Bad("a gate to a selector beyond the GDT", 0x3000, () => m.Gate(0x20, 0x3000, Stub20));
        Bad("a gate to less privileged code", Sel.UserCode64 & ~3u, () => m.Gate(0x20, Sel.UserCode64, Stub20));
        Bad("a gate of a type that long mode does not have", 0x20 * 8 + 2, () => m.Gate(0x20, Sel.Code64, Stub20, GateType.TaskGate));
        Bad("a gate to a non-canonical offset", 0, () =>
        {
            m.Gate(0x20, Sel.Code64, Stub20);
            m.Poke(CheckMap.Idt64 + 0x208, 4, 0x8000);
        });
        Bad("a gate to code that is not present", Sel.Free, () =>
        {
            m.Descriptor(Sel.Free, Descriptors.Flat(Descriptors.Code0 & ~0x80, 2));
            m.Gate(0x20, Sel.Free, Stub20);
        }, Vec.Np);
        Bad("the IST slot lies beyond the TSS", Sel.Free, () =>
        {
            m.Descriptor(Sel.Free, Descriptors.Segment(CheckMap.Tss64, 0x27, 0x89, 0));
            m.Poke(CheckMap.Gdt + Sel.Free + 8, 8, 0);
            m.C.mov(eax, Sel.Free);
            m.C.ltr(ax);
            m.Gate(0x20, Sel.Code64, Stub20, ist: 1);
        }, Vec.Ts);
    }

    private static void Frame(Iced.Intel.Assembler c, uint cs, uint ss, uint flags = Ef.Fixed, ulong? sp = null)
    {
        c.mov(rcx, sp ?? CheckMap.UserStack);
        c.push((int)ss);
        c.push(rcx);
        c.push((int)flags);
        c.push((int)cs);
        c.push(rax);
    }

    private static void Return(LongMonitor m)
    {
        var kernel = Start.Kernel64;
        void To(string name, uint cs, uint ss, int bits, Action<Fragment> after, ulong? sp = null, uint flags = Ef.Fixed) => m.Check(name, "2A IRET", () =>
        {
            var target = m.Program.Code(bits, (c, _) =>
            {
                if (bits == 64) c.mov(ebx, ss);
                else c.nop();
            });
            var code = m.Program.Code64((c, _) =>
            {
                c.mov(eax, target.Start);
                Frame(c, cs, ss, flags, sp);
                c.iretq();
            });
            m.Run(code, kernel);
            m.ExpectDone(target);
            m.Expect(Field.Cs, cs);
            after(target);
        });
        To("IRETQ to CPL 3 in 64-bit code", Sel.UserCode64, Sel.UserData, 64, _ => m.Expect(Field.Sp, CheckMap.UserStack));
        To("IRETQ to CPL 3 in 32-bit code", Sel.UserCode32, Sel.UserData, 32, _ => m.Expect(Field.Sp, CheckMap.UserStack));
        To("IRETQ to CPL 3 in 16-bit code", Sel.UserCode16, Sel.UserData, 16, _ => m.Expect(Field.Sp, CheckMap.UserStack));
        To("IRETQ to the same level loads SS:RSP", Sel.Code64, Sel.Data, 64, _ => m.Expect(Field.Sp, CheckMap.KernelStack - 8), CheckMap.KernelStack - 8);
        To("IRETQ with a null SS to 64-bit code at CPL 0", Sel.Code64, 0, 64, _ => m.Expect(Field.Ss, 0), CheckMap.KernelStack);
        To("IRETQ loads IOPL, IF and AC at CPL 0", Sel.UserCode64, Sel.UserData, 64, _ => m.ExpectFlags(Ef.Iopl3 | Ef.If | Ef.Ac | Ef.Id), null, Ef.Fixed | Ef.Iopl3 | Ef.If | Ef.Ac | Ef.Id);
        m.Check("IRETQ at CPL 3 cannot change IOPL and IF", "2A IRET", () =>
        {
            var target = m.Program.Code64((c, _) => c.nop());
            var code = m.Program.Code64((c, _) =>
            {
                c.mov(eax, target.Start);
                Frame(c, Sel.UserCode64, Sel.UserData, Ef.Fixed | Ef.Iopl3 | Ef.If | Ef.Ac);
                c.iretq();
            });
            m.Run(code, Start.User64);
            m.ExpectDone(target);
            m.ExpectFlags(Ef.Ac, Ef.Iopl3 | Ef.If);
        });
        void Bad(string name, uint error, uint cs, uint ss, ulong rip, Start? start = null, uint flags = Ef.Fixed, Action? before = null) =>
            m.Fault("#GP: " + name, "2A IRET", (start ?? kernel) with { Ax = rip }, Vec.Gp, error, (c, f) =>
            {
                Frame(c, cs, ss, flags);
                f.Mark();
                c.iretq();
            }, before);
        Bad("IRETQ to a non-canonical RIP", 0, Sel.UserCode64, Sel.UserData, NonCanonical);
        Bad("IRETQ to a null CS", 0, 0, Sel.UserData, CheckMap.Fragments);
        Bad("IRETQ to a null SS at CPL 3", 0, Sel.UserCode64, 0, CheckMap.Fragments);
        Bad("IRETQ to an inner level", Sel.Code64, Sel.Code64, Sel.Data, CheckMap.Fragments, Start.User64);
        Bad("IRETQ to an SS of another level", Sel.Data, Sel.UserCode64, Sel.Data, CheckMap.Fragments);
        Bad("IRETQ beyond the limit of a 16-bit code segment", 0, Sel.UserCode16, Sel.UserData, 0x10000);
        m.Fault("#GP: IRETQ with NT", "2A IRET", kernel with { Flags = Ef.Fixed | Ef.Nt }, Vec.Gp, 0, (c, f) =>
        {
            Frame(c, Sel.Code64, Sel.Data);
            f.Mark();
            c.iretq();
        });
        m.Fault("#SS: IRETQ from a non-canonical stack", "2A IRET", kernel with { Sp = NonCanonical + 64 }, Vec.Ss, 0, (c, _) => c.iretq(), () =>
        {
            foreach (var vector in (int[])[Vec.Ss, Vec.Gp]) m.Gate(vector, Sel.Code64, CheckMap.Stubs64 + (uint)vector * 16, ist: 1);
        });
        m.Runs("RF in the image of IRETQ reaches EFLAGS and lasts for one instruction", "3A 6.8.3", kernel, (c, _) =>
        {
            var to = c.CreateLabel();
            c.lea(rax, __[to]);
            Frame(c, Sel.UserCode64, Sel.UserData, Ef.Fixed | Ef.Rf);
            c.iretq();
            c.Label(ref to);
            c.nop();
        }, null, () => m.ExpectFlags(0, Ef.Rf));
    }

    private static void CallGate(LongMonitor m, uint offset, ushort code, int dpl, ulong high = 0)
    {
        m.Descriptor(Sel.Free, Descriptors.Gate(code, offset, GateType.CallGate, dpl));
        m.Poke(CheckMap.Gdt + Sel.Free + 8, 8, high);
    }

    // CALL and JMP m16:64 through a pointer in the scratch page.
    private const uint Pointer = CheckMap.Scratch + 0x200;

    private static void CallGates(LongMonitor m)
    {
        static void Call(Iced.Intel.Assembler c) => c.db(0x48, 0xff, 0x1c, 0x25, (byte)(Pointer & 0xff), (byte)(Pointer >> 8 & 0xff), (byte)(Pointer >> 16), 0);
        static void Jump(Iced.Intel.Assembler c) => c.db(0x48, 0xff, 0x2c, 0x25, (byte)(Pointer & 0xff), (byte)(Pointer >> 8 & 0xff), (byte)(Pointer >> 16), 0);
        void Operand(uint selector) => m.Poke(Pointer + 8, 2, selector);
        m.Check("a call gate to the same level pushes CS:RIP", "3A 5.8.4", () =>
        {
            var target = m.Program.Code64((c, _) => c.mov(rbx, __qword_ptr[rsp]));
            var code = m.Program.Code64((c, f) =>
            {
                Call(c);
                f.Mark();
                c.nop();
            });
            CallGate(m, target.Start, Sel.Code64, 0);
            Operand(Sel.Free);
            m.Run(code, Start.Kernel64);
            m.ExpectDone(target);
            m.Expect(Field.Bx, code.At());
            m.Expect(Field.Sp, CheckMap.KernelStack - 16);
        });
        m.Check("a call gate from CPL 3 to CPL 0: RSP0, SS null, old SS:RSP and CS:RIP pushed; RETFQ comes back", "3A 5.8.5.1", () =>
        {
            var target = m.Program.Code64((c, _) =>
            {
                c.mov(rax, rsp);
                c.mov(ebx, ss);
                c.mov(rcx, __qword_ptr[rsp + 16]);
                c.mov(rdx, __qword_ptr[rsp + 24]);
                c.db(0x48, 0xcb);
            });
            var code = m.Program.Code64((c, f) =>
            {
                Call(c);
                c.mov(esi, cs);
            });
            CallGate(m, target.Start, Sel.Code64, 3);
            Operand(Sel.Free);
            m.Run(code, Start.User64);
            m.ExpectDone(code);
            m.Expect(Field.Ax, CheckMap.KernelStack - 32);
            m.Expect(Field.Bx, 0);
            m.Expect(Field.Cx, CheckMap.UserStack);
            m.Expect(Field.Dx, Sel.UserData);
            m.Expect(Field.Si, Sel.UserCode64);
            m.Expect(Field.Sp, CheckMap.UserStack);
        });
        void Bad(string name, int vector, uint error, uint selector, Start start, Action before, bool jump = false) =>
            m.Fault(name, "2A CALL", start, vector, error, (c, _) =>
            {
                if (jump) Jump(c);
                else Call(c);
            }, () =>
            {
                Operand(selector);
                before();
            });
        Bad("#GP: a call gate of a lower DPL", Vec.Gp, Sel.Free, Sel.Free | 3, Start.User64, () => CallGate(m, CheckMap.Fragments, Sel.Code64, 0));
        Bad("#GP: a call gate whose RPL is above its DPL", Vec.Gp, Sel.Free, Sel.Free | 3, Start.Kernel64, () => CallGate(m, CheckMap.Fragments, Sel.Code64, 0));
        Bad("#GP: a call gate to 32-bit code", Vec.Gp, Sel.Code32, Sel.Free, Start.Kernel64, () => CallGate(m, CheckMap.Fragments, Sel.Code32, 0));
        Bad("#GP: a type in the upper half of a call gate", Vec.Gp, Sel.Free, Sel.Free, Start.Kernel64, () => CallGate(m, CheckMap.Fragments, Sel.Code64, 0, 1UL << 40));
        Bad("#GP: a call gate to a non-canonical offset", Vec.Gp, 0, Sel.Free, Start.Kernel64, () => CallGate(m, CheckMap.Fragments, Sel.Code64, 0, 0x8000));
        Bad("#NP: a call gate that is not present", Vec.Np, Sel.Free, Sel.Free, Start.Kernel64, () =>
        {
            CallGate(m, CheckMap.Fragments, Sel.Code64, 0);
            m.Poke(CheckMap.Gdt + Sel.Free + 5, 1, GateType.CallGate);
        });
        Bad("#GP: JMP through a call gate to an inner level", Vec.Gp, Sel.Code64, Sel.Free, Start.User64, () => CallGate(m, CheckMap.Fragments, Sel.Code64, 3), jump: true);
        Bad("#GP: CALL to a TSS in long mode", Vec.Gp, Sel.TaskB, Sel.TaskB, Start.Kernel64, () => { });
        Bad("#GP: CALL to a data segment", Vec.Gp, Sel.Data, Sel.Data, Start.Kernel64, () => { });
        Bad("#GP: CALL to the null selector", Vec.Gp, 0, 0, Start.Kernel64, () => { });
        Bad("#GP: CALL to a more privileged code segment", Vec.Gp, Sel.Code64, Sel.Code64, Start.User64, () => { });
    }

    private static void Far(LongMonitor m)
    {
        m.Check("RETFQ to CPL 3 empties DS, ES, FS and GS of more privileged segments", "3A 5.8.6", () =>
        {
            var target = m.Program.Code64((c, _) =>
            {
                c.mov(eax, fs);
                c.mov(ebx, ds);
            });
            var code = m.Program.Code64((c, _) =>
            {
                c.mov(eax, Sel.Data);
                c.mov(fs, ax);
                c.mov(ds, ax);
                c.push(Sel.UserData);
                c.push((int)(CheckMap.UserStack));
                c.push(Sel.UserCode64);
                c.push((int)(target.Start));
                c.db(0x48, 0xcb);
            });
            m.Run(code, Start.Kernel64);
            m.ExpectDone(target);
            m.Expect(Field.Ax, 0);
            m.Expect(Field.Bx, 0);
        });
        m.Check("RETFQ imm16 releases bytes of both stacks", "2B RET", () =>
        {
            var target = m.Program.Code64((c, _) => c.nop());
            var code = m.Program.Code64((c, _) =>
            {
                c.push(Sel.UserData);
                c.push((int)(CheckMap.UserStack - 0x100));
                c.push(0);
                c.push(0);
                c.push(Sel.UserCode64);
                c.push((int)(target.Start));
                c.db(0x48, 0xca, 16, 0);
            });
            m.Run(code, Start.Kernel64);
            m.ExpectDone(target);
            m.Expect(Field.Sp, CheckMap.UserStack - 0x100 + 16);
        });
        foreach (var (name, body) in ((string, Action<Iced.Intel.Assembler>)[])[("JMP", c => c.jmp(rax)), ("CALL", c => c.call(rax))])
        {
            m.Fault($"#GP: {name} to a non-canonical address; the stack pointer stays", $"2A {name}", Start.User64 with { Ax = NonCanonical }, Vec.Gp, 0, (c, _) => body(c), null, () => m.Expect(Field.Sp, CheckMap.UserStack));
        }
        m.Fault("#GP: RET to a non-canonical address; the stack pointer stays", "2B RET", Start.User64 with { Ax = NonCanonical }, Vec.Gp, 0, (c, f) =>
        {
            c.push(rax);
            f.Mark();
            c.ret(8);
        }, null, () => m.Expect(Field.Sp, CheckMap.UserStack - 8));
        m.Check("#GP: code runs into non-canonical addresses", "1 3.3.7.1", () =>
        {
            LongExceptions.MapTop(m);
            m.Poke(CheckMap.Scratch + 0xfff, 1, 0x90);
            var code = m.Program.Code64((c, _) => c.nop());
            m.Run(code, Start.User64 with { Ip = NonCanonical - 1 });
            m.Expect(Field.Vector, Vec.Gp);
            m.Expect(Field.Rip, NonCanonical);
        });
    }

    private static void Compatibility(LongMonitor m)
    {
        m.Runs("compatibility 32: upper halves of registers do not take part", "1 3.4.1.1", Start.User32 with { Bx = CheckMap.Scratch }, (c, _) =>
        {
            c.mov(__dword_ptr[ebx], 0x12345678);
            c.mov(eax, __dword_ptr[ebx]);
        }, null, () => m.Expect(Field.Ax, 0x12345678));
        m.Runs("compatibility 16: offsets in a segment with a base", "3A 3.4.2.1", Start.User16 with { Ds = Sel.UserData }, (c, _) => c.mov(ax, __word_ptr[0x7004]), () => m.Poke(0x7004, 2, 2), () => m.Expect(Field.Ax, 2, 0xffff));
        m.Fault("#GP: compatibility: a read through a null DS", "3A 5.4.1", Start.User32 with { Ds = 0 }, Vec.Gp, 0, (c, _) => c.mov(eax, __dword_ptr[ebx]));
        m.Fault("#UD: SYSCALL outside 64-bit mode", "2B SYSCALL", Start.User32, Vec.Ud, 0, (c, _) => c.syscall());
        m.Check("far transfers from compatibility to 64-bit code and back", "3A 5.8.1", () =>
        {
            var end = m.Program.Code32((c, _) => c.mov(edx, cs));
            var middle = m.Program.Code64((c, _) =>
            {
                c.mov(rax, 0x123456789a);
                c.mov(ebx, cs);
                c.push(Sel.UserCode32);
                c.push((int)(end.Start));
                c.db(0x48, 0xcb);
            });
            var code = m.Program.Code32((c, _) =>
            {
                c.db(0xea);
                c.dd(middle.Start);
                c.dw(Sel.UserCode64);
            });
            m.Run(code, Start.User32);
            m.ExpectDone(end);
            m.Expect(Field.Bx, Sel.UserCode64);
            m.Expect(Field.Dx, Sel.UserCode32);
        });
        m.Check("#GP: a code segment with both L and D", "3A 5.2.1", () =>
        {
            var code = m.Program.Code32((c, _) =>
            {
                c.db(0xea);
                c.dd(CheckMap.Fragments);
                c.dw(Sel.Free);
            });
            m.Descriptor(Sel.Free, Descriptors.Flat(Descriptors.Code3, 6));
            m.Run(code, Start.User32);
            m.ExpectFault(Vec.Gp, code, Sel.Free);
        });
        m.Fault("compatibility: a 64-bit interrupt frame, also from 32-bit code", "3A 6.14.2", Start.User32 with { Sp = CheckMap.UserStack - 5 }, Vec.Ud, 0, (c, _) => c.ud2(), null, () =>
        {
            m.Expect(Field.Ss, Sel.UserData);
            m.Expect(Field.Sp, CheckMap.UserStack - 5);
            m.Expect(Field.HandlerSp, CheckMap.KernelStack - 40);
        });
        m.Check("conforming code that CPL 3 jumps to runs at CPL 3", "3A 5.8.1.2", () =>
        {
            var target = m.Program.Code32((c, _) => c.mov(eax, cs));
            var code = m.Program.Code32((c, _) =>
            {
                c.db(0xea);
                c.dd(target.Start);
                c.dw(Sel.Conforming32);
            });
            m.Run(code, Start.User32);
            m.ExpectDone(target);
            m.Expect(Field.Ax, Sel.Conforming32 | 3);
        });
    }
}

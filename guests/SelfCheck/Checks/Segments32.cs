using Tcg.Mttcg.Guests.SelfCheck.Kit;
using static Iced.Intel.AssemblerRegisters;

namespace Tcg.Mttcg.Guests.SelfCheck.Checks;

/// <summary>Segmentation in 32-bit and 16-bit protected mode: limits, types, privilege, stacks (SDM 3A chapters 3 and 5).</summary>
internal static class Segments32
{
    public static void Add(LegacyMonitor m)
    {
        m.Runs("protected 32: code runs to an INT at CPL 3", "3A 6.12.1", Start.User32, (c, _) => c.mov(eax, 5), null, () =>
        {
            m.Expect(Field.Ax, 5);
            m.Expect(Field.Cs, Sel.UserCode32);
            m.Expect(Field.Ss, Sel.UserData);
            m.Expect(Field.Sp, CheckMap.UserStack);
            m.Expect(Field.HandlerSp, CheckMap.KernelStack - 20);
            m.Expect(Field.HandlerSs, Sel.Data);
            m.Expect(Field.HandlerCs, Sel.Code32);
        });
        m.Runs("protected 32: no stack switch at CPL 0", "3A 6.12.1", Start.Kernel32 with { Sp = CheckMap.KernelStack - 7 }, (c, _) => c.nop(), null, () => m.Expect(Field.HandlerSp, CheckMap.KernelStack - 7 - 12));
        m.Runs("protected 16: code runs to an INT", "3A 6.12.1", Start.User16, (c, _) => c.mov(eax, 5), null, () => m.Expect(Field.Ax, 5));
        Limits(m);
        Types(m);
        Loads(m);
        Code(m);
        Stacks(m);
        Inspection(m);
    }

    private static void Segment(LegacyMonitor m, uint limit, int access, int flags, uint address = CheckMap.Scratch) =>
        m.Descriptor(Sel.Free, Descriptors.Segment(address, limit, access, flags));

    private static void Limits(LegacyMonitor m)
    {
        var user = Start.User32 with { Ds = Sel.Free | 3 };
        void Inside(string name, uint limit, int access, int flags, uint offset, uint address = CheckMap.Scratch) =>
            m.Runs(name, "3A 5.3", user with { Bx = offset }, (c, _) => c.mov(eax, __dword_ptr[ebx]), () => Segment(m, limit, access, flags, address));
        void Outside(string name, uint limit, int access, int flags, uint offset) =>
            m.Fault("#GP: " + name, "3A 5.3", user with { Bx = offset }, Vec.Gp, 0, (c, _) => c.mov(eax, __dword_ptr[ebx]), () => Segment(m, limit, access, flags));
        Inside("the last doubleword within the limit", 0xff, Descriptors.Data3, 4, 0xfc);
        Outside("a doubleword that ends beyond the limit", 0xff, Descriptors.Data3, 4, 0xfd);
        Outside("a doubleword beyond the limit", 0xff, Descriptors.Data3, 4, 0x1000);
        Outside("an offset that wraps at 4 GiB", 0xff, Descriptors.Data3, 4, 0xfffffffe);
        Inside("expand-down: above the limit", 0xff, 0xf7, 4, 0x100);
        Outside("expand-down: at the limit", 0xff, 0xf7, 4, 0xff);
        Outside("expand-down: within the limit", 0xff, 0xf7, 4, 0x10);
        Inside("expand-down with D clear reaches to 64 KiB", 0xff, 0xf7, 0, 0xfffc, CheckMap.Scratch - 0xf000);
        Outside("expand-down with D clear ends at 64 KiB", 0xff, 0xf7, 0, 0x10000);
        m.Fault("#SS: an access by EBP beyond the stack segment's limit", "3A 5.3", Start.Kernel32 with { Bp = 0x1000 }, Vec.Ss, 0, (c, f) =>
        {
            c.mov(eax, Sel.Free);
            c.mov(ss, ax);
            f.Mark();
            c.mov(ecx, __dword_ptr[ebp]);
        }, () =>
        {
            Segment(m, 0xff, Descriptors.Data0, 4, 0);
            // The handler needs a stack that works: a task of its own.
            StackTask(m, Vec.Ss);
        });
        m.Runs("a base is added and wraps at 4 GiB", "3A 3.4.2", user with { Bx = CheckMap.Scratch + 0x1000 }, (c, _) => c.mov(eax, __dword_ptr[ebx]), () =>
        {
            Segment(m, uint.MaxValue, Descriptors.Data3, 4, 0xfffff000);
            m.Poke(CheckMap.Scratch, 4, 0x99);
        }, () => m.Expect(Field.Ax, 0x99));
    }

    /// <summary>An exception with error code goes to a task whose stack and code are the monitor's.</summary>
    private static void StackTask(LegacyMonitor m, int vector)
    {
        m.Poke(CheckMap.Scratch + 0x800, 4, 0);
        m.Task(CheckMap.TaskC, Tasks.Arrival(m, vector), CheckMap.DoubleFaultStack);
        m.Poke(CheckMap.Idt32 + (uint)vector * 8, 8, Descriptors.Gate(Sel.TaskC, 0, GateType.TaskGate));
    }

    private static void Types(LegacyMonitor m)
    {
        var user = Start.User32 with { Ds = Sel.Free | 3 };
        m.Fault("#GP: a write to read-only data", "3A 5.5", user, Vec.Gp, 0, (c, _) => c.mov(__dword_ptr[ebx], eax), () => Segment(m, 0xfff, 0xf1, 4));
        m.Runs("a read of readable code", "3A 5.5", user, (c, _) => c.mov(eax, __dword_ptr[ebx]), () => Segment(m, 0xfff, 0xfb, 4));
        m.Fault("#GP: a write to readable code", "3A 5.5", user, Vec.Gp, 0, (c, _) => c.mov(__dword_ptr[ebx], eax), () => Segment(m, 0xfff, 0xfb, 4));
        m.Fault("#GP: a write through CS", "3A 5.5", Start.User32 with { Bx = CheckMap.Scratch }, Vec.Gp, 0, (c, _) => c.mov(__dword_ptr.cs[ebx], eax));
        m.Fault("#GP: a read through a null DS", "3A 5.4.1", Start.User32 with { Ds = 0 }, Vec.Gp, 0, (c, _) => c.mov(eax, __dword_ptr[ebx]));
        m.Fault("#GP: a string store through a null ES", "3A 5.4.1", Start.User32 with { Ds = 0, Cx = 3 }, Vec.Gp, 0, (c, _) => c.rep.stosb(), null, () => m.Expect(Field.Cx, 3));
        m.Fault("#GP: PUSHA that leaves the segment moves nothing", "3A 5.3", Start.User32 with { Ds = 0 }, Vec.Gp, 0, (c, _) => c.fld(__dword_ptr[ebx]));
        m.Runs("a load sets the accessed bit of the descriptor", "3A 3.4.5.1", Start.User32, (c, _) =>
        {
            c.mov(eax, Sel.Free | 3);
            c.mov(es, ax);
        }, () => Segment(m, 0xfff, 0xf2, 4), () => m.ExpectMemory("access byte", CheckMap.Gdt + Sel.Free + 5, 1, 0xf3));
    }

    private static void Loads(LegacyMonitor m)
    {
        void Refused(string name, int vector, uint selector, ulong? descriptor, Start start, uint? error = null, bool stack = false) =>
            m.Fault(name, "2B MOV", start with { Ax = selector }, vector, error ?? selector & 0xfffc, (c, _) => c.mov(stack ? ss : es, ax), () =>
            {
                if (descriptor is { } value) m.Descriptor(Sel.Free, value);
            });
        Refused("#GP: ES beyond the GDT's limit", Vec.Gp, 0x200, null, Start.Kernel32);
        Refused("#GP: ES from an LDT that is not there", Vec.Gp, 0x0c, null, Start.Kernel32);
        Refused("#GP: ES of a system segment", Vec.Gp, Sel.Tss32, null, Start.Kernel32);
        Refused("#GP: ES of execute-only code", Vec.Gp, Sel.Free, Descriptors.Flat(0x99, 4), Start.Kernel32);
        Refused("#GP: ES of data of an inner level", Vec.Gp, Sel.Data, null, Start.User32);
        Refused("#GP: ES by a selector whose RPL is above the DPL", Vec.Gp, Sel.Data | 3, null, Start.Kernel32);
        Refused("#NP: ES not present", Vec.Np, Sel.Free, Descriptors.Flat(Descriptors.Data0 & ~0x80, 4), Start.Kernel32);
        Refused("#GP: a null SS", Vec.Gp, 0, null, Start.Kernel32, 0, stack: true);
        Refused("#GP: SS of read-only data", Vec.Gp, Sel.Free, Descriptors.Flat(0x91, 4), Start.Kernel32, null, stack: true);
        Refused("#GP: SS of code", Vec.Gp, Sel.Code32, null, Start.Kernel32, null, stack: true);
        Refused("#GP: SS of another level", Vec.Gp, Sel.UserData, null, Start.Kernel32, null, stack: true);
        Refused("#SS: SS not present", Vec.Ss, Sel.Free, Descriptors.Flat(Descriptors.Data0 & ~0x80, 4), Start.Kernel32, null, stack: true);
        m.Runs("ES of conforming code of an inner level", "3A 5.5", Start.User32 with { Ax = Sel.Conforming32 | 3 }, (c, _) => c.mov(es, ax));
        m.Runs("selectors of the LDT", "3A 3.4.2", Start.Kernel32 with { Ax = Sel.Ldt, Bx = 0x14 }, (c, _) =>
        {
            c.lldt(ax);
            c.mov(es, bx);
            c.mov(ecx, __dword_ptr.es[CheckMap.Scratch]);
        });
        m.Fault("#NP: an LDT segment that is not present", "2B MOV", Start.Kernel32 with { Ax = Sel.Ldt, Bx = 0x1c }, Vec.Np, 0x1c, (c, f) =>
        {
            c.lldt(ax);
            f.Mark();
            c.mov(es, bx);
        });
        m.Fault("#NP: LLDT of a descriptor that is not present", "2A LLDT", Start.Kernel32 with { Ax = Sel.Free }, Vec.Np, Sel.Free, (c, _) => c.lldt(ax), () => m.Descriptor(Sel.Free, Descriptors.Segment(CheckMap.Ldt, 0xff, GateType.Ldt, 0)));
        m.Fault("#GP: LTR of a busy TSS", "2A LTR", Start.Kernel32 with { Ax = Sel.Tss32 }, Vec.Gp, Sel.Tss32, (c, _) => c.ltr(ax));
        m.Fault("#GP: LTR at CPL 3", "2A LTR", Start.User32 with { Ax = Sel.TaskB }, Vec.Gp, 0, (c, _) => c.ltr(ax));
    }

    private static void Code(LegacyMonitor m)
    {
        m.Check("#GP: a jump beyond CS's limit is a fault of the jump", "2A JMP", () =>
        {
            var code = m.Program.Code32((c, f) =>
            {
                c.nop();
                f.Mark();
                c.db(0xe9, 0, 0x10, 0, 0);
            });
            m.Descriptor(Sel.Free, Descriptors.Segment(0, code.End + 4, Descriptors.Code3, 4));
            m.Run(code, Start.User32 with { Cs = Sel.Free | 3 });
            m.ExpectFault(Vec.Gp, code, 0);
        });
        m.Check("#GP: CALL beyond CS's limit pushes nothing", "2A CALL", () =>
        {
            var code = m.Program.Code32((c, f) => c.call(eax));
            m.Descriptor(Sel.Free, Descriptors.Segment(0, code.End + 4, Descriptors.Code3, 4));
            m.Run(code, Start.User32 with { Cs = Sel.Free | 3, Ax = 0x80000 });
            m.ExpectFault(Vec.Gp, code, 0);
            m.Expect(Field.Sp, CheckMap.UserStack);
        });
        m.Check("#GP: RET beyond CS's limit pops nothing", "2B RET", () =>
        {
            var code = m.Program.Code32((c, f) =>
            {
                c.push(eax);
                f.Mark();
                c.ret(4);
            });
            m.Descriptor(Sel.Free, Descriptors.Segment(0, code.End + 4, Descriptors.Code3, 4));
            m.Run(code, Start.User32 with { Cs = Sel.Free | 3, Ax = 0x80000 });
            m.ExpectFault(Vec.Gp, code, 0);
            m.Expect(Field.Sp, CheckMap.UserStack - 4);
        });
        m.Check("#GP: a conditional jump beyond CS's limit, if it is taken", "2A Jcc", () =>
        {
            var code = m.Program.Code32((c, f) =>
            {
                c.cmp(eax, 1);
                c.db(0x0f, 0x84, 0, 0x10, 0, 0);
                c.cmp(eax, 0);
                f.Mark();
                c.db(0x0f, 0x84, 0, 0x10, 0, 0);
            });
            m.Descriptor(Sel.Free, Descriptors.Segment(0, code.End + 4, Descriptors.Code3, 4));
            m.Run(code, Start.User32 with { Cs = Sel.Free | 3 });
            m.ExpectFault(Vec.Gp, code, 0);
        });
        m.Check("#GP: an instruction that reaches over CS's limit", "3A 5.3", () =>
        {
            var code = m.Program.Code32((c, f) =>
            {
                c.nop();
                f.Mark();
                c.mov(eax, 0x12345678);
            });
            m.Descriptor(Sel.Free, Descriptors.Segment(0, code.At() + 3, Descriptors.Code3, 4));
            m.Run(code, Start.User32 with { Cs = Sel.Free | 3 });
            m.ExpectFault(Vec.Gp, code, 0);
        });
        m.Check("an instruction that ends at CS's limit", "3A 5.3", () =>
        {
            var code = m.Program.Code32((c, _) => c.mov(eax, 0x12345678));
            m.Descriptor(Sel.Free, Descriptors.Segment(0, code.End - 1, Descriptors.Code3, 4));
            m.Run(code, Start.User32 with { Cs = Sel.Free | 3 });
            m.ExpectDone(code);
        });
        void FarJump(string name, int vector, uint error, uint selector, Start start, uint offset = CheckMap.Fragments, Action? before = null) => m.Fault(name, "2A JMP", start, vector, error, (c, _) =>
        {
            c.db(0xea);
            c.dd(offset);
            c.dw((ushort)selector);
        }, before);
        FarJump("#GP: a far jump to the null selector", Vec.Gp, 0, 0, Start.Kernel32);
        FarJump("#GP: a far jump to data", Vec.Gp, Sel.Data, Sel.Data, Start.Kernel32);
        FarJump("#GP: a far jump to an inner level", Vec.Gp, Sel.Code32, Sel.Code32, Start.User32);
        FarJump("#GP: a far jump to an outer level", Vec.Gp, Sel.UserCode32 & ~3u, Sel.UserCode32, Start.Kernel32);
        FarJump("#GP: a far jump beyond the new segment's limit", Vec.Gp, 0, Sel.Code16, Start.Kernel32, 0x10000);
        FarJump("#NP: a far jump to code that is not present", Vec.Np, Sel.Free, Sel.Free, Start.Kernel32, 0, () => m.Descriptor(Sel.Free, Descriptors.Flat(Descriptors.Code0 & ~0x80, 4)));
        m.Check("far jumps between 32-bit and 16-bit code", "3A 21.3", () =>
        {
            var end = m.Program.Code32((c, _) => c.mov(ecx, cs));
            var middle = m.Program.Code16((c, _) =>
            {
                c.mov(bx, cs);
                c.db(0x66, 0xea);
                c.dd(end.Start);
                c.dw(Sel.Code32);
            });
            var code = m.Program.Code32((c, _) =>
            {
                c.db(0xea);
                c.dd(middle.Start);
                c.dw(Sel.Code16);
            });
            m.Run(code, Start.Kernel32);
            m.ExpectDone(end);
            m.Expect(Field.Bx, Sel.Code16);
            m.Expect(Field.Cx, Sel.Code32);
        });
        m.Check("a far call to conforming code and the return from it stay at CPL 3", "3A 5.8.1.2", () =>
        {
            var target = m.Program.Code32((c, _) =>
            {
                c.mov(eax, cs);
                c.retf();
            });
            var code = m.Program.Code32((c, _) =>
            {
                c.db(0x9a);
                c.dd(target.Start);
                c.dw(Sel.Conforming32);
            });
            m.Run(code, Start.User32);
            m.ExpectDone(code);
            m.Expect(Field.Ax, Sel.Conforming32 | 3);
        });
    }

    private static void Stacks(LegacyMonitor m)
    {
        m.Check("a 16-bit stack wraps SP and keeps the upper half of ESP", "3A 6.2.3", () =>
        {
            var code = m.Program.Code32((c, _) =>
            {
                c.mov(eax, Sel.Free);
                c.mov(ss, ax);
                c.mov(esp, 0x12340000);
                c.push(0x55aa);
                c.mov(ebx, esp);
                c.pop(ecx);
                c.mov(edx, esp);
                c.mov(eax, Sel.Data);
                c.mov(ss, ax);
                c.mov(esp, CheckMap.KernelStack);
            });
            m.Descriptor(Sel.Free, Descriptors.Segment(0x50000, 0xffff, Descriptors.Data0, 0));
            m.Run(code, Start.Kernel32);
            m.ExpectDone(code);
            m.Expect(Field.Bx, 0x1234fffc);
            m.Expect(Field.Cx, 0x55aa);
            m.Expect(Field.Dx, 0x12340000);
        });
        m.Runs("PUSHA, POPA, ENTER and LEAVE in 16-bit code on a 32-bit stack", "2B PUSHA", Start.User16 with { Ax = 0x11111111, Bp = (CheckMap.UserStack & 0xffff0000) | 0x2222 }, (c, _) =>
        {
            c.pusha();
            c.popa();
            c.db(0xc8, 8, 0, 0);
            c.leave();
        }, null, () =>
        {
            m.Expect(Field.Ax, 0x11111111);
            m.Expect(Field.Bp, (CheckMap.UserStack & 0xffff0000) | 0x2222);
            m.Expect(Field.Sp, CheckMap.UserStack);
        });
        m.Fault("#BR: BOUND", "3A 6.15 #BR", Start.User32 with { Bx = CheckMap.Scratch, Ax = 11 }, Vec.Br, 0, (c, _) => c.bound(eax, __qword_ptr[ebx]), () =>
        {
            m.Poke(CheckMap.Scratch, 4, 0xffffffff);
            m.Poke(CheckMap.Scratch + 4, 4, 10);
        });
        m.Runs("BOUND within its bounds", "2A BOUND", Start.User32 with { Bx = CheckMap.Scratch, Ax = 0xffffffff }, (c, _) => c.bound(eax, __qword_ptr[ebx]), () => m.Poke(CheckMap.Scratch, 4, 0xffffffff));
        m.Trap("#OF: INTO is a trap", "3A 6.15 #OF", Start.User32, Vec.Of, (c, f) =>
        {
            c.mov(al, 0x7f);
            c.inc(al);
            c.into();
            f.Mark();
        });
        m.Runs("INTO without OF", "2A INT", Start.User32, (c, _) => c.into());
        m.Fault("#DE: AAM by zero", "2A AAM", Start.User32, Vec.De, 0, (c, _) => c.db(0xd4, 0));
    }

    private static void Inspection(LegacyMonitor m)
    {
        m.Runs("LAR and LSL of a visible segment", "2A LAR, LSL", Start.User32 with { Bx = Sel.UserData }, (c, _) =>
        {
            c.lar(eax, ebx);
            c.lsl(ecx, ebx);
            c.pushfd();
            c.pop(edx);
        }, null, () =>
        {
            m.Expect(Field.Ax, 0x00cff300);
            m.Expect(Field.Cx, 0xffffffff);
            m.Expect(Field.Dx, Ef.Zf, Ef.Zf);
        });
        m.Runs("LAR of a segment of an inner level: ZF clear, nothing written", "2A LAR", Start.User32 with { Bx = Sel.Data, Ax = 0x55 }, (c, _) => c.lar(eax, ebx), null, () =>
        {
            m.Expect(Field.Ax, 0x55);
            m.ExpectFlags(0, Ef.Zf);
        });
        m.Runs("VERR and VERW", "2B VERR", Start.User32 with { Bx = Sel.UserCode32 }, (c, _) =>
        {
            c.verr(bx);
            c.sete(al);
            c.verw(bx);
            c.sete(cl);
        }, null, () =>
        {
            m.Expect(Field.Ax, 1, 0xff);
            m.Expect(Field.Cx, 0, 0xff);
        });
        m.Runs("ARPL raises the RPL", "2A ARPL", Start.User32 with { Ax = 0x10, Bx = 3 }, (c, _) => c.arpl(ax, bx), null, () =>
        {
            m.Expect(Field.Ax, 0x13);
            m.ExpectFlags(Ef.Zf);
        });
    }
}

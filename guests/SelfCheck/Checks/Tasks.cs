using Tcg.Mttcg.Guests.SelfCheck.Kit;
using static Iced.Intel.AssemblerRegisters;

namespace Tcg.Mttcg.Guests.SelfCheck.Checks;

/// <summary>Hardware task switches by JMP, CALL, IRET and interrupts, with 32-bit and 16-bit TSSs (SDM 3A chapter 7).</summary>
internal static class Tasks
{
    private const uint BusyBit = 2;

    public static void Add(LegacyMonitor m)
    {
        Switches(m);
        Narrow(m);
        Gates(m);
        Errors(m);
    }

    /// <summary>
    /// Has an exception with an error code end in the monitor by way of a task of its own, for stacks and states that cannot take a frame. The interrupted
    /// task's registers are read back from its TSS.
    /// </summary>
    public static void ToTask(LegacyMonitor m, int vector)
    {
        m.Task(CheckMap.TaskC, Arrival(m, vector), CheckMap.DoubleFaultStack);
        m.Poke(CheckMap.Idt32 + (uint)vector * 8, 8, Descriptors.Gate(Sel.TaskC, 0, GateType.TaskGate));
    }

    /// <summary>Code that enters the monitor as if the interrupted task's exception had been pushed on this stack, on top of which its error code lies.</summary>
    public static uint Arrival(LegacyMonitor m, int vector) => m.Program.Code32((c, _) =>
    {
        c.pop(ebx);
        foreach (var offset in (int[])[0x50, 0x38, 0x24, 0x4c, 0x20]) c.push(__dword_ptr[CheckMap.Tss32 + offset]);
        c.push(ebx);
        c.push(vector);
        c.jmp(CheckMap.Kit32);
    }).Start;

    private static byte Access(int type) => (byte)(0x80 | type);

    private static void FarCall(Iced.Intel.Assembler c, uint selector, bool jump = false)
    {
        c.db(jump ? (byte)0xea : (byte)0x9a);
        c.dd(0);
        c.dw((ushort)selector);
    }

    private static void ExpectBusy(LegacyMonitor m, ushort selector, bool busy) =>
        m.ExpectMemory($"busy bit of {selector:x}", CheckMap.Gdt + selector + 5, 1, busy ? BusyBit : 0, BusyBit);

    private static void Switches(LegacyMonitor m)
    {
        m.Check("JMP to a TSS: registers, CR0.TS, busy bits, no link, NT clear", "3A 7.3", () =>
        {
            var target = m.Program.Code32((c, _) => c.mov(ecx, cr0));
            var code = m.Program.Code32((c, f) =>
            {
                FarCall(c, Sel.TaskB, jump: true);
                f.Mark();
            });
            m.Task(CheckMap.TaskB, target.Start, CheckMap.IstStack, 0x28, 0x1234, 0x44, 0x5678, 0, 0x5555);
            m.Run(code, Start.Kernel32 with { Ax = 0x4711 });
            m.ExpectDone(target);
            m.Expect(Field.Ax, 0x1234);
            m.Expect(Field.Di, 0x5678);
            m.Expect(Field.Cx, 8, 8);
            m.Expect(Field.Tr, Sel.TaskB);
            m.ExpectFlags(0, Ef.Nt);
            m.ExpectMemory("saved eip", CheckMap.Tss32 + 0x20, 4, code.At());
            m.ExpectMemory("saved eax", CheckMap.Tss32 + 0x28, 4, 0x4711);
            m.ExpectMemory("saved cs", CheckMap.Tss32 + 0x4c, 2, Sel.Code32);
            m.ExpectMemory("link", CheckMap.TaskB, 2, 0x5555);
            ExpectBusy(m, Sel.Tss32, false);
            ExpectBusy(m, Sel.TaskB, true);
        });
        m.Check("CALL to a TSS: link, NT, both busy; IRET comes back", "3A 7.3, 7.4", () =>
        {
            var target = m.Program.Code32((c, _) =>
            {
                c.pushfd();
                c.pop(__dword_ptr[CheckMap.Scratch]);
                c.mov(al, __byte_ptr[CheckMap.Gdt + Sel.Tss32 + 5]);
                c.mov(__byte_ptr[CheckMap.Scratch + 4], al);
                c.iretd();
            });
            var code = m.Program.Code32((c, _) =>
            {
                FarCall(c, Sel.TaskB);
                c.str(ecx);
            });
            m.Task(CheckMap.TaskB, target.Start, CheckMap.IstStack);
            m.Run(code, Start.Kernel32 with { Bx = 0x77 });
            m.ExpectDone(code);
            m.Expect(Field.Bx, 0x77);
            m.Expect(Field.Cx, Sel.Tss32, 0xffff);
            m.ExpectMemory("link", CheckMap.TaskB, 2, Sel.Tss32);
            m.ExpectMemory("flags in the task", CheckMap.Scratch, 4, Ef.Nt, Ef.Nt);
            m.ExpectMemory("access byte in the task", CheckMap.Scratch + 4, 1, Access(11));
            m.ExpectMemory("saved flags", CheckMap.TaskB + 0x24, 4, 0, Ef.Nt);
            ExpectBusy(m, Sel.TaskB, false);
            ExpectBusy(m, Sel.Tss32, true);
            m.ExpectFlags(0, Ef.Nt);
        });
        m.Check("a task at CPL 3, with an LDT", "3A 7.2.1", () =>
        {
            var target = m.Program.Code32((c, _) =>
            {
                c.mov(eax, cs);
                c.mov(ebx, ds);
            });
            var code = m.Program.Code32((c, _) => FarCall(c, Sel.TaskB));
            m.Task(CheckMap.TaskB, target.Start, CheckMap.UserStack, 0x4c, Sel.UserCode32, 0x50, Sel.UserData, 0x54, 0x27, 0x48, Sel.UserData, 0x60, Sel.Ldt, 4, CheckMap.IstStack, 8, Sel.Data);
            m.Poke(CheckMap.Ldt + 0x20, 8, Descriptors.Flat(Descriptors.Data3, 4));
            m.Run(code, Start.Kernel32);
            m.ExpectDone(target);
            m.Expect(Field.Ax, Sel.UserCode32);
            m.Expect(Field.Bx, 0x27);
            m.Expect(Field.HandlerSp, CheckMap.IstStack - 20);
        });
        m.Check("#DB: the T bit of a TSS traps before the task's first instruction", "3B 18.3.1.5", () =>
        {
            var target = m.Program.Code32((c, _) => c.mov(eax, 5));
            var code = m.Program.Code32((c, _) => FarCall(c, Sel.TaskB, jump: true));
            m.Task(CheckMap.TaskB, target.Start, CheckMap.IstStack);
            m.Poke(CheckMap.TaskB + 0x64, 2, 1);
            m.Run(code, Start.Kernel32);
            m.ExpectEvent(Vec.Db, target.Start);
            m.Expect(Field.Dr6, 0xffff0ff0 | 1 << 15);
            m.Expect(Field.Ax, 0);
        });
        m.Check("a task switch disables local breakpoints and leaves global ones", "3B 18.2.4", () =>
        {
            var target = m.Program.Code32((c, _) => c.mov(eax, dr7));
            var code = m.Program.Code32((c, _) => FarCall(c, Sel.TaskB, jump: true));
            m.Task(CheckMap.TaskB, target.Start, CheckMap.IstStack);
            m.C.mov(eax, 0x8000000);
            m.C.mov(dr0, eax);
            m.C.mov(dr1, eax);
            m.C.mov(eax, 0x109);
            m.C.mov(dr7, eax);
            m.Run(code, Start.Kernel32);
            m.ExpectDone(target);
            m.Expect(Field.Ax, 0x408);
        });
        m.Check("a task has its own CR3 when paging is on", "3A 7.3", () =>
        {
            var target = m.Program.Code32((c, _) =>
            {
                c.mov(eax, cr3);
                c.mov(ebx, __dword_ptr[CheckMap.Pages]);
            });
            var code = m.Program.Code32((c, _) => FarCall(c, Sel.TaskB, jump: true));
            m.Task(CheckMap.TaskB, target.Start, CheckMap.IstStack, 0x1c, CheckMap.SpareDirectory);
            m.Poke(CheckMap.Pages, 4, 1);
            m.Poke(CheckMap.Pages + 0x1000, 4, 2);
            // The task's tables show the next page in its place.
            m.C.mov(esi, CheckMap.Table32);
            m.C.mov(edi, CheckMap.SpareTable);
            m.C.mov(ecx, 1024);
            m.C.rep.movsd();
            m.Poke(CheckMap.SpareTable + (CheckMap.Pages >> 12) * 4, 4, (CheckMap.Pages + 0x1000) | 7);
            m.Poke(CheckMap.SpareDirectory, 4, CheckMap.SpareTable | 7);
            m.EnablePaging(CheckMap.Directory32);
            m.Run(code, Start.Kernel32);
            m.ExpectDone(target);
            m.Expect(Field.Ax, CheckMap.SpareDirectory);
            m.Expect(Field.Bx, 2);
        });
    }

    private static void Narrow(LegacyMonitor m)
    {
        m.Check("JMP to a 16-bit TSS and back to a 32-bit one", "3A 7.6", () =>
        {
            var back = m.Program.Code32((c, _) => c.str(edx));
            var target = m.Program.Code32((c, _) =>
            {
                c.mov(__dword_ptr[CheckMap.Scratch], eax);
                FarCall(c, Sel.TaskB, jump: true);
            });
            var code = m.Program.Code32((c, _) => FarCall(c, Sel.Task16, jump: true));
            m.Descriptor(Sel.Free, Descriptors.Segment(target.Start & 0xffff0000, 0xffff, Descriptors.Code0, 4));
            m.Task(CheckMap.TaskB, back.Start, CheckMap.IstStack);
            m.Poke(CheckMap.Task16 + 0x0e, 2, target.Start & 0xffff);
            m.Poke(CheckMap.Task16 + 0x10, 2, 2);
            m.Poke(CheckMap.Task16 + 0x12, 2, 0xabcd);
            m.Poke(CheckMap.Task16 + 0x1a, 2, CheckMap.IstStack & 0xffff);
            m.Poke(CheckMap.Task16 + 0x22, 2, Sel.Data);
            m.Poke(CheckMap.Task16 + 0x24, 2, Sel.Free);
            m.Poke(CheckMap.Task16 + 0x26, 2, Sel.KitData16);
            m.Poke(CheckMap.Task16 + 0x28, 2, Sel.Data);
            m.Run(code, Start.Kernel32);
            m.ExpectDone(back);
            m.Expect(Field.Dx, Sel.TaskB, 0xffff);
            m.ExpectMemory("ax in the task", CheckMap.Scratch, 2, 0xabcd);
            m.ExpectMemory("saved ip", CheckMap.Task16 + 0x0e, 2, (target.End - 2) & 0xffff);
            ExpectBusy(m, Sel.Task16, false);
        });
    }

    private static void Gates(LegacyMonitor m)
    {
        m.Check("CALL through a task gate; its DPL counts, not the TSS's", "3A 7.2.5", () =>
        {
            var target = m.Program.Code32((c, _) => c.str(eax));
            var code = m.Program.Code32((c, _) => FarCall(c, Sel.Free | 3));
            m.Task(CheckMap.TaskB, target.Start, CheckMap.IstStack);
            m.Descriptor(Sel.Free, Descriptors.Gate(Sel.TaskB, 0, GateType.TaskGate, 3));
            m.Run(code, Start.User32);
            m.ExpectDone(target);
            m.Expect(Field.Ax, Sel.TaskB, 0xffff);
            m.ExpectMemory("saved cs", CheckMap.Tss32 + 0x4c, 2, Sel.UserCode32);
        });
        m.Check("an exception through a task gate: RF and EIP of the fault are saved, IRET goes back to it", "3A 6.12.2", () =>
        {
            var code = m.Program.Code32((c, f) =>
            {
                c.nop();
                f.Mark();
                c.ud2();
                c.mov(ebx, 9);
            });
            var handler = m.Program.Code32((c, _) =>
            {
                c.mov(eax, __dword_ptr[CheckMap.Tss32 + 0x20]);
                c.mov(__dword_ptr[CheckMap.Scratch], eax);
                c.mov(eax, __dword_ptr[CheckMap.Tss32 + 0x24]);
                c.mov(__dword_ptr[CheckMap.Scratch + 4], eax);
                c.add(__dword_ptr[CheckMap.Tss32 + 0x20], 2);
                c.iretd();
            });
            m.Task(CheckMap.TaskB, handler.Start, CheckMap.IstStack);
            m.Poke(CheckMap.Idt32 + Vec.Ud * 8, 8, Descriptors.Gate(Sel.TaskB, 0, GateType.TaskGate));
            m.Run(code, Start.User32);
            m.ExpectDone(code);
            m.Expect(Field.Bx, 9);
            m.ExpectMemory("saved eip", CheckMap.Scratch, 4, code.At());
            m.ExpectMemory("saved flags", CheckMap.Scratch + 4, 4, Ef.Rf, Ef.Rf | Ef.Nt);
        });
        m.Fault("an exception with an error code through a task gate pushes it on the new stack", "3A 6.12.2", Start.User32, Vec.Gp, 0, (c, _) => c.hlt(), () => ToTask(m, Vec.Gp));
        m.Check("the processor's DF of a broken stack: #SS cannot push, its task can", "3A 6.12.2", () =>
        {
            var code = m.Program.Code32((c, f) =>
            {
                c.mov(esp, 0x20);
                f.Mark();
                c.push(eax);
            });
            m.Descriptor(Sel.Free, Descriptors.Segment(0, 0x0f, Descriptors.Data0, 4));
            ToTask(m, Vec.Ss);
            m.Run(code, Start.Kernel32 with { Ss = Sel.Data });
            m.Expect(Field.Vector, Vec.Done);
        });
    }

    private static void Errors(LegacyMonitor m)
    {
        void Bad(string name, int vector, uint error, Action before, uint selector = Sel.TaskB) => m.Fault(name, "3A table 7-1", Start.Kernel32, vector, error, (c, _) => FarCall(c, selector, jump: true), () =>
        {
            m.Task(CheckMap.TaskB, CheckMap.Fragments, CheckMap.IstStack);
            before();
        });
        Bad("#GP: JMP to a busy TSS", Vec.Gp, Sel.TaskB, () => m.Poke(CheckMap.Gdt + Sel.TaskB + 5, 1, Access(11)));
        Bad("#NP: JMP to a TSS that is not present", Vec.Np, Sel.TaskB, () => m.Poke(CheckMap.Gdt + Sel.TaskB + 5, 1, 9));
        Bad("#TS: a TSS shorter than 104 bytes", Vec.Ts, Sel.TaskB, () => m.Poke(CheckMap.Gdt + Sel.TaskB, 2, 0x66));
        Bad("#GP: a task gate to the null selector", Vec.Gp, 0, () => m.Descriptor(Sel.Free, Descriptors.Gate(0, 0, GateType.TaskGate)), Sel.Free);
        Bad("#GP: a task gate to a code segment", Vec.Gp, Sel.Code32, () => m.Descriptor(Sel.Free, Descriptors.Gate(Sel.Code32, 0, GateType.TaskGate)), Sel.Free);
        Bad("#NP: a task gate that is not present", Vec.Np, Sel.Free, () => m.Descriptor(Sel.Free, Descriptors.Gate(Sel.TaskB, 0, GateType.TaskGate, 0, 0, present: false)), Sel.Free);
        m.Fault("#TS: IRET with NT to a task that is not busy", "3A table 7-1", Start.Kernel32 with { Flags = Ef.Fixed | Ef.Nt }, Vec.Ts, Sel.TaskB, (c, _) => c.iretd(), () =>
        {
            m.Poke(CheckMap.Tss32, 2, Sel.TaskB);
            m.Task(CheckMap.TaskB, CheckMap.Fragments, CheckMap.IstStack);
        });
        void InTask(string name, uint error, uint offset, uint value, int vector = Vec.Ts) => m.Check(name, "3A table 7-1", () =>
        {
            var target = m.Program.Code32((c, _) => c.nop());
            var code = m.Program.Code32((c, _) => FarCall(c, Sel.TaskB, jump: true));
            m.Task(CheckMap.TaskB, target.Start, CheckMap.IstStack, offset, value);
            // The new task's stack may be the fault: the handler is a task again, which reads the new task's registers.
            m.Task(CheckMap.TaskC, Faulted(m, vector), CheckMap.DoubleFaultStack);
            m.Poke(CheckMap.Idt32 + (uint)vector * 8, 8, Descriptors.Gate(Sel.TaskC, 0, GateType.TaskGate));
            m.Run(code, Start.Kernel32);
            m.ExpectEvent(vector, target.Start);
            m.Expect(Field.Error, error);
            ExpectBusy(m, Sel.TaskB, true);
        });
        InTask("#TS: the new task's CS is data", Sel.Data, 0x4c, Sel.Data);
        InTask("#TS: the new task's CS is null", 0, 0x4c, 0);
        InTask("#TS: the new task's SS is null", 0, 0x50, 0);
        InTask("#TS: the new task's SS is of another level", Sel.UserData & ~3u, 0x50, Sel.UserData);
        InTask("#TS: the new task's DS is a TSS", Sel.Tss32, 0x54, Sel.Tss32);
        InTask("#TS: the new task's LDT is none", Sel.Data, 0x60, Sel.Data);
    }

    // As Arrival, for a fault of task B.
    private static uint Faulted(LegacyMonitor m, int vector) => m.Program.Code32((c, _) =>
    {
        c.pop(ebx);
        foreach (var offset in (int[])[0x24, 0x4c, 0x20]) c.push(__dword_ptr[CheckMap.TaskB + offset]);
        c.mov(__dword_ptr[esp + 4], Sel.Code32);
        c.push(ebx);
        c.push(vector);
        c.jmp(CheckMap.Kit32);
    }).Start;
}

using Tcg.Mttcg.Guests.SelfCheck.Kit;
using static Iced.Intel.AssemblerRegisters;

namespace Tcg.Mttcg.Guests.SelfCheck.Checks;

/// <summary>External interrupts and NMIs from this processor's own local APIC: masking, shadows, HLT, and string instructions that are interrupted.</summary>
internal static class LongInterrupts
{
    private const uint Icr = LongMonitor.Apic + 0x300, IcrHigh = LongMonitor.Apic + 0x310, Eoi = LongMonitor.Apic + 0xb0, Spurious = LongMonitor.Apic + 0xf0, Id = LongMonitor.Apic + 0x20;
    private const uint Self = 0x44000, Nmi = 0x4400, TimerEntry = LongMonitor.Apic + 0x320, TimerCount = LongMonitor.Apic + 0x380, TimerDivide = LongMonitor.Apic + 0x3e0;

    public static void Add(LongMonitor m)
    {
        Masking(m);
        Nmis(m);
        Strings(m);
    }

    private static void Enable(LongMonitor m)
    {
        m.C.mov(eax, Spurious);
        m.C.mov(__dword_ptr[rax], 0x1ff);
    }

    /// <summary>Code that sends an interrupt to its own processor. Clobbers RDI.</summary>
    private static void Send(Iced.Intel.Assembler c, uint vector)
    {
        c.mov(edi, Icr);
        c.mov(__dword_ptr[rdi], Self | vector);
    }

    private static void Acknowledge(LongMonitor m)
    {
        m.C.mov(eax, Eoi);
        m.C.mov(__dword_ptr[rax], 0);
    }

    private static void Masking(LongMonitor m)
    {
        var kernel = Start.Kernel64;
        void Arrives(string name, string source, Action<Iced.Intel.Assembler, Fragment> body, Action? after = null) => m.Trap(name, source, kernel, Vec.Ipi, (c, f) =>
        {
            Send(c, Vec.Ipi);
            // Sending takes its time.
            Wait(c);
            body(c, f);
        }, () => Enable(m), () =>
        {
            m.ExpectFlags(Ef.If);
            after?.Invoke();
            Acknowledge(m);
        });
        Arrives("an interrupt waits for IF; STI lets one more instruction run", "3A 6.8.1, 2B STI", (c, f) =>
        {
            c.sti();
            c.inc(ebx);
            f.Mark();
            c.inc(ecx);
        }, () =>
        {
            m.Expect(Field.Bx, 1);
            m.Expect(Field.Cx, 0);
            m.Expect(Field.HandlerFlags, 0, Ef.If);
        });
        Arrives("POPF that sets IF lets no further instruction run", "2B POPF", (c, f) =>
        {
            c.push(0x202);
            c.popfq();
            f.Mark();
            c.inc(ecx);
        }, () => m.Expect(Field.Cx, 0));
        Arrives("STI and HLT: the interrupt wakes the processor", "2A HLT", (c, f) =>
        {
            c.sti();
            c.hlt();
            f.Mark();
            c.inc(ecx);
        });
        m.Trap("a load of SS holds interrupts off for one instruction", "3A 6.8.3", kernel with { Ax = Sel.Data }, Vec.Ipi, (c, f) =>
        {
            c.mov(r8d, Icr);
            c.sti();
            c.nop();
            c.cli();
            Send(c, Vec.Ipi);
            Wait(c);
            c.push(0x202);
            c.push(0x202);
            // The load of SS takes effect with IF clear; its shadow covers the POPF, after which the interrupt comes.
            c.mov(ss, ax);
            c.popfq();
            f.Mark();
            c.nop();
        }, () => Enable(m), () => Acknowledge(m));
        m.Runs("CLI right behind STI: nothing comes between", "2B STI", kernel, (c, f) =>
        {
            Send(c, Vec.Ipi);
            Wait(c);
            c.sti();
            c.cli();
            c.inc(ebx);
        }, () => Enable(m), () =>
        {
            m.Expect(Field.Bx, 1);
            // Let it come, or the next check would have it.
            var drain = m.Program.Code64((c, _) =>
            {
                c.sti();
                c.nop();
                c.nop();
            });
            m.Run(drain, kernel);
            m.Expect(Field.Vector, Vec.Ipi);
            Acknowledge(m);
        });
        m.Check("the task priority holds an interrupt of its class back", "3A 10.8.3.1", () =>
        {
            Enable(m);
            var code = m.Program.Code64((c, f) =>
            {
                c.mov(eax, 3);
                c.mov(cr8, rax);
                Send(c, Vec.Ipi);
                Wait(c);
                c.sti();
                c.nop();
                c.nop();
                c.xor(eax, eax);
                c.mov(cr8, rax);
                f.Mark();
                c.nop();
            });
            m.Run(code, kernel);
            m.ExpectEvent(Vec.Ipi, code.At());
            Acknowledge(m);
        });
    }

    private static void Wait(Iced.Intel.Assembler c)
    {
        var again = c.CreateLabel();
        c.mov(r9d, 200);
        c.Label(ref again);
        c.@in(al, 0x80);
        c.dec(r9d);
        c.jne(again);
        c.mov(eax, Sel.Data);
    }

    private static void SendNmi(Iced.Intel.Assembler c)
    {
        c.mov(edi, Id);
        c.mov(eax, __dword_ptr[rdi]);
        c.mov(edi, IcrHigh);
        c.mov(__dword_ptr[rdi], eax);
        c.mov(edi, Icr);
        c.mov(__dword_ptr[rdi], Nmi);
        Wait(c);
    }

    private static void Nmis(LongMonitor m)
    {
        m.Check("an NMI comes with IF clear", "3A 6.7", () =>
        {
            Enable(m);
            var code = m.Program.Code64((c, f) => SendNmi(c));
            m.Run(code, Start.Kernel64);
            m.Expect(Field.Vector, Vec.Nmi);
            m.ExpectFlags(0, Ef.If);
            Unblock(m);
        });
        m.Check("a second NMI waits for the IRET of the first", "3A 6.7.1", () =>
        {
            Enable(m);
            // The handler counts in EBX. The first time it sends another NMI, waits, and notes in ESI how many have come.
            var handler = m.Program.Code64((c, _) =>
            {
                var second = c.CreateLabel();
                c.inc(ebx);
                c.cmp(ebx, 1);
                c.jne(second);
                c.push(r9);
                SendNmi(c);
                c.pop(r9);
                c.mov(esi, ebx);
                c.Label(ref second);
                c.iretq();
            });
            var code = m.Program.Code64((c, _) => SendNmi(c));
            m.Gate(Vec.Nmi, handler);
            m.Run(code, Start.Kernel64);
            m.ExpectDone(code);
            m.Expect(Field.Si, 1);
            m.Expect(Field.Bx, 2);
        });
    }

    // The kit's own way back is no IRET.
    private static void Unblock(LongMonitor m)
    {
        var code = m.Program.Code64((c, _) =>
        {
            c.mov(rax, rsp);
            c.push(Sel.Data);
            c.push(rax);
            c.push(2);
            c.push(Sel.Code64);
            var to = c.CreateLabel();
            c.lea(rax, __[to]);
            c.push(rax);
            c.iretq();
            c.Label(ref to);
            c.nop();
        });
        m.Run(code, Start.Kernel64);
    }

    private static void Strings(LongMonitor m) => m.Check("a long REP is interrupted between elements and can go on", "2B REP", () =>
    {
        const uint count = 0x60000;
        Enable(m);
        var code = m.Program.Code64((c, f) =>
        {
            c.mov(edi, TimerDivide);
            c.mov(__dword_ptr[rdi], 0xb);
            c.mov(edi, TimerEntry);
            c.mov(__dword_ptr[rdi], Vec.Timer);
            c.mov(edi, TimerCount);
            c.mov(__dword_ptr[rdi], 20000);
            c.sti();
            var again = c.CreateLabel();
            c.Label(ref again);
            c.xor(esi, esi);
            c.mov(ecx, count);
            f.Mark();
            c.rep.lodsb();
            f.Mark();
            c.jmp(again);
        });
        m.Run(code, Start.Kernel64 with { Si = 0 });
        m.Expect(Field.Vector, Vec.Timer);
        // Wherever it came: elements done and elements left make up the whole, unless it came outside the REP.
        var outside = m.C.CreateLabel();
        m.C.mov(eax, code.At());
        m.C.cmp(__dword_ptr[Fields.At(Field.Rip)], eax);
        m.C.jne(outside);
        m.C.mov(eax, __dword_ptr[Fields.At(Field.Cx)]);
        m.C.add(eax, __dword_ptr[Fields.At(Field.Si)]);
        m.ExpectRax("done and left", count);
        m.C.Label(ref outside);
        Acknowledge(m);
    });
}

using Iced.Intel;
using Tcg.Mttcg.Guests.SelfCheck.Kit;
using static Iced.Intel.AssemblerRegisters;

namespace Tcg.Mttcg.Guests.SelfCheck.Checks;

/// <summary>Virtual-8086 mode, with and without its extensions (SDM 3B chapter 21).</summary>
internal static class Virtual86
{
    private const uint Vme = 1;
    private const uint Cs = CheckMap.Fragments >> 4;

    public static void Add(LegacyMonitor m)
    {
        Entering(m);
        Privileged(m);
        Extensions(m);
    }

    private static void Entering(LegacyMonitor m)
    {
        var open = Start.Virtual with { Flags = Ef.Fixed | Ef.Vm | Ef.Iopl3 };
        m.Runs("virtual-8086: IRETD enters; the frame of an interrupt holds all segments, and they are null in the handler", "3B 21.2.5, 21.3.1", open with { Fs = 0x1234, Gs = 0x4321 }, (c, _) => c.mov(eax, 0x12345678), null, () =>
        {
            m.Expect(Field.Ax, 0x12345678);
            m.Expect(Field.Cs, Cs);
            m.Expect(Field.Ss, open.Ss);
            m.Expect(Field.Sp, open.Sp);
            m.Expect(Field.Ds, open.Ds);
            m.Expect(Field.Es, open.Ds);
            m.Expect(Field.Fs, 0x1234);
            m.Expect(Field.Gs, 0x4321);
            m.Expect(Field.HandlerSp, CheckMap.KernelStack - 36);
            m.ExpectFlags(Ef.Vm | Ef.Iopl3);
        });
        m.Runs("virtual-8086: a segment is its selector times 16", "3B 21.1.1", open with { Bx = 0x10 }, (c, _) =>
        {
            c.mov(__word_ptr[bx], 0x55aa);
            c.mov(ax, (ushort)((CheckMap.Scratch + 0x20) >> 4));
            c.mov(es, ax);
            c.mov(cx, __word_ptr.es[bx - 0x20]);
        }, () => { }, () =>
        {
            m.ExpectMemory("memory", CheckMap.Scratch + 0x10, 2, 0x55aa);
        });
        m.Fault("#GP: virtual-8086: a word at offset FFFFh", "3B 21.1.1", open with { Bx = 0xffff }, Vec.Gp, 0, (c, _) => c.mov(ax, __word_ptr[bx]));
        m.Fault("#SS: virtual-8086: a word at SS:FFFFh", "3B 21.1.1", open with { Bp = 0xffff }, Vec.Ss, 0, (c, _) => c.mov(ax, __word_ptr[bp]));
        m.Fault("#UD: virtual-8086: ARPL, LAR and their kin do not exist", "3B 21.2.1", open, Vec.Ud, 0, (c, _) => c.lar(eax, ebx));
        m.Fault("#GP: virtual-8086: IRETD to an EIP beyond FFFFh", "2A IRET", Start.Kernel32, Vec.Gp, 0, (c, f) =>
        {
            foreach (var value in (int[])[0, 0, 0, 0, (int)open.Ss, 0x1000, (int)(Ef.Vm | Ef.Fixed), (int)Cs, 0x10000]) c.push(value);
            f.Mark();
            c.iretd();
        });
        m.Fault("#GP: virtual-8086: a gate to CPL 1", "3B 21.3.1", open, Vec.Gp, Sel.Ring1Code32 & ~3u, (c, _) => c.@int(0x20), () => m.Gate(0x20, Sel.Ring1Code32, CheckMap.Stubs32, dpl: 3));
        m.Check("a task switch into virtual-8086 mode", "3B 21.2.5", () =>
        {
            var target = m.Program.Code16((c, _) => c.mov(ax, cs));
            var code = m.Program.Code32((c, _) =>
            {
                c.db(0xea);
                c.dd(0);
                c.dw(Sel.TaskB);
            });
            m.Task(CheckMap.TaskB, target.Start, 0x1000, 0x24, Ef.Vm | Ef.Fixed | Ef.Iopl3, 0x48, 0, 0x4c, Cs, 0x50, open.Ss, 0x54, 0, 4, CheckMap.IstStack, 8, Sel.Data);
            m.Run(code, Start.Kernel32);
            m.ExpectDone(target);
            m.Expect(Field.Ax, Cs);
            m.Expect(Field.HandlerSp, CheckMap.IstStack - 36);
        });
    }

    private static void Privileged(LegacyMonitor m)
    {
        var closed = Start.Virtual;
        foreach (var (name, body) in ((string, Action<Assembler>)[])
            [
                ("CLI", c => c.cli()), ("STI", c => c.sti()), ("PUSHF", c => c.pushf()), ("POPF", c => c.popf()), ("INT n", c => c.@int(0x3e)), ("IRET", c => c.iret()),
                ("PUSHFD", c => c.pushfd()),
            ])
        {
            m.Fault($"#GP: virtual-8086 with IOPL 0: {name}", "3B 21.2.7", closed, Vec.Gp, 0, (c, _) => body(c));
        }
        foreach (var (name, body) in ((string, Action<Assembler>)[])[("HLT", c => c.hlt()), ("MOV CR0", c => c.mov(eax, cr0)), ("LMSW", c => c.lmsw(ax))])
        {
            m.Fault($"#GP: virtual-8086 with IOPL 3: {name}", "3B 21.2.1", closed with { Flags = Ef.Fixed | Ef.Vm | Ef.Iopl3 }, Vec.Gp, 0, (c, _) => body(c));
        }
        m.Trap("virtual-8086 with IOPL 0: INT3 goes through the IDT", "3B 21.3.3", closed, Vec.Bp, (c, f) =>
        {
            c.int3();
            f.Mark();
        });
        m.Fault("#GP: virtual-8086: the I/O bitmap rules, whatever IOPL", "3B 21.2.8.1", closed with { Flags = Ef.Fixed | Ef.Vm | Ef.Iopl3, Dx = 0x80 }, Vec.Gp, 0, (c, _) => c.@in(al, dx));
        m.Trap("virtual-8086: the I/O bitmap opens a port", "3B 21.2.8.1", closed with { Dx = 0x80 }, Vec.Bp, (c, f) =>
        {
            c.@in(al, dx);
            c.int3();
            f.Mark();
        }, () => m.Poke(CheckMap.Tss32 + CheckMap.Tss32IoMap + 0x10, 1, 0xfe));
        m.Runs("virtual-8086 with IOPL 3: CLI, STI, PUSHF and POPF work on IF", "3B 21.2.7", closed with { Flags = Ef.Fixed | Ef.Vm | Ef.Iopl3 | Ef.If }, (c, _) =>
        {
            c.cli();
            c.pushf();
            c.pop(ax);
            c.push(0);
            c.popf();
        }, null, () =>
        {
            m.Expect(Field.Ax, Ef.Iopl3, Ef.Iopl3 | Ef.If);
            m.ExpectFlags(Ef.Iopl3 | Ef.Vm, Ef.If);
        });
    }

    private static void Extensions(LegacyMonitor m)
    {
        var closed = Start.Virtual with { Flags = Ef.Fixed | Ef.Vm | Ef.If };
        void On() => m.SetCr4(Vme);
        m.Trap("VME: CLI and STI work on VIF", "3B 21.3.2", closed, Vec.Bp, (c, f) =>
        {
            c.sti();
            c.pushf();
            c.pop(ax);
            c.cli();
            c.pushf();
            c.pop(bx);
            c.int3();
            f.Mark();
        }, On, () =>
        {
            m.Expect(Field.Ax, Ef.If | Ef.Iopl3, Ef.If | Ef.Iopl3);
            m.Expect(Field.Bx, Ef.Iopl3, Ef.If | Ef.Iopl3);
            m.ExpectFlags(Ef.If, Ef.Vif);
        }, CpuidBit.Vme);
        m.Trap("VME: POPF moves IF to VIF", "2B POPF", closed, Vec.Bp, (c, f) =>
        {
            c.push(0x202);
            c.popf();
            c.int3();
            f.Mark();
        }, On, () => m.ExpectFlags(Ef.If | Ef.Vif), CpuidBit.Vme);
        m.Fault("#GP: VME: STI with VIP", "3B 21.3.2", closed with { Flags = closed.Flags | Ef.Vip }, Vec.Gp, 0, (c, _) => c.sti(), On, null, CpuidBit.Vme);
        m.Fault("#GP: VME: POPF that sets TF", "2B POPF", closed, Vec.Gp, 0, (c, f) =>
        {
            c.push(0x102);
            f.Mark();
            c.popf();
        }, On, null, CpuidBit.Vme);
        m.Fault("#GP: VME: PUSHFD", "2B PUSHF", closed, Vec.Gp, 0, (c, _) => c.pushfd(), On, null, CpuidBit.Vme);
        m.Check("VME: INT n by the program's own vector table where the redirection map is clear", "3B 21.3.3.4", () =>
        {
            var handler = m.Program.Code16((c, f) =>
            {
                c.pop(ax);
                c.pop(bx);
                c.pop(cx);
                c.int3();
                f.Mark();
            });
            var code = m.Program.Code16((c, f) =>
            {
                c.@int(0x3e);
                f.Mark();
            });
            m.Poke(CheckMap.Tss32 + 0x68 + 0x3e / 8, 1, 0xbf);
            m.Poke(0x3e * 4, 4, Cs << 16 | handler.Start);
            On();
            m.Run(code, closed with { Flags = closed.Flags | Ef.Vif });
            m.ExpectEvent(Vec.Bp, handler.At());
            m.Expect(Field.Ax, code.At());
            m.Expect(Field.Bx, Cs);
            m.Expect(Field.Cx, Ef.If | Ef.Iopl3, Ef.If | Ef.Iopl3);
            m.ExpectFlags(Ef.If, Ef.Vif);
        }, CpuidBit.Vme);
        m.Fault("#GP: VME: INT n where the redirection map is set", "3B 21.3.3.4", closed, Vec.Gp, 0, (c, _) => c.@int(0x3e), () =>
        {
            m.Poke(CheckMap.Tss32 + 0x68 + 0x3e / 8, 1, 0xff);
            On();
        }, null, CpuidBit.Vme);
    }
}

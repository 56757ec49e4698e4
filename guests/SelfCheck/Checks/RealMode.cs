using Tcg.Mttcg.Guests.SelfCheck.Kit;
using static Iced.Intel.AssemblerRegisters;

namespace Tcg.Mttcg.Guests.SelfCheck.Checks;

/// <summary>Real-address mode, and the ways into and out of it (SDM 3A 9.9, 3B 20.1). No error codes here.</summary>
internal static class RealMode
{
    public static void Add(LegacyMonitor m)
    {
        var real = Start.Real;
        m.Runs("real: code runs to an INT; IF, TF and AC are clear in the handler", "3B 20.1.4", real with { Flags = Ef.Fixed | Ef.If | Ef.Df }, (c, _) => c.mov(eax, 0x12345678), null, () =>
        {
            m.Expect(Field.Ax, 0x12345678);
            m.Expect(Field.Cs, CheckMap.Fragments >> 4);
            m.Expect(Field.Sp, 0x1000, 0xffff);
            m.Expect(Field.HandlerFlags, Ef.Df, Ef.If | Ef.Tf | Ef.Df);
            m.ExpectFlags(Ef.If | Ef.Df);
        });
        m.Fault("real: #DE is a fault", "3A 6.15 #DE", real, Vec.De, 0, (c, _) => c.div(cl));
        m.Fault("real: #UD", "3B 20.1.4", real, Vec.Ud, 0, (c, _) => c.ud2());
        m.Trap("real: INT3 is a trap", "3B 20.1.4", real, Vec.Bp, (c, f) =>
        {
            c.int3();
            f.Mark();
        });
        m.Fault("real: #GP: a word at offset FFFFh", "3B 20.1.1", real with { Bx = 0xffff }, Vec.Gp, 0, (c, _) => c.mov(ax, __word_ptr[bx]));
        m.Fault("real: #GP: a 32-bit offset beyond 64 KiB", "3B 20.1.1", real with { Bx = 0x10000 }, Vec.Gp, 0, (c, _) => c.mov(al, __byte_ptr[ebx]));
        m.Fault("real: #SS: a word at SS:FFFFh", "3B 20.1.1", real with { Bp = 0xffff }, Vec.Ss, 0, (c, _) => c.mov(ax, __word_ptr[bp]));
        m.Fault("real: #GP: a jump beyond 64 KiB", "2A JMP", real, Vec.Gp, 0, (c, f) =>
        {
            c.nop();
            f.Mark();
            c.db(0x66, 0xe9, 0, 0, 1, 0);
        });
        m.Fault("real: #GP: an interrupt vector beyond the IDT's limit", "3B 20.1.4", real, Vec.Gp, 0, (c, _) => c.@int(0x80));
        m.Fault("real: #UD: LLDT and LTR do not exist", "2A LLDT", real, Vec.Ud, 0, (c, _) => c.lldt(ax));
        m.Fault("real: #NM with CR0.TS", "3A 2.5", real, Vec.Nm, 0, (c, f) =>
        {
            c.mov(eax, cr0);
            c.or(al, 8);
            c.mov(cr0, eax);
            f.Mark();
            c.fld1();
        });
        m.Trap("real: single step", "3B 18.3.1.4", real with { Flags = Ef.Fixed | Ef.Tf }, Vec.Db, (c, f) =>
        {
            c.mov(al, 1);
            f.Mark();
            c.nop();
        }, null, () => m.Expect(Field.Dr6, 0xffff4ff0));
        m.Fault("real: #BR", "3A 6.15 #BR", real with { Ax = 5 }, Vec.Br, 0, (c, _) => c.bound(ax, __dword_ptr[bx]));
        m.Runs("real: far call and return", "2A CALL", real, (c, _) =>
        {
            var skip = c.CreateLabel();
            var sub = c.CreateLabel();
            c.jmp(skip);
            c.Label(ref sub);
            c.mov(bx, cs);
            c.retf();
            c.Label(ref skip);
            c.push(cs);
            c.call(sub);
        }, null, () => m.Expect(Field.Bx, CheckMap.Fragments >> 4));
        m.Runs("real: IRET pops IP, CS and FLAGS", "2A IRET", real, (c, _) =>
        {
            var to = c.CreateLabel();
            c.push(0x203);
            c.push(cs);
            c.call(to);
            c.jmp(to);
            c.Label(ref to);
            c.pop(ax);
            c.add(ax, 8);
            c.push(ax);
            c.iret();
            for (var i = 0; i < 8; i++) c.nop();
        }, null, () => m.ExpectFlags(Ef.If | Ef.Cf));
        m.Runs("real: IRETD pops doublewords", "2A IRET", real, (c, _) =>
        {
            var here = c.CreateLabel();
            c.mov(eax, 3);
            c.push(eax);
            c.mov(ax, cs);
            c.push(eax);
            c.call(here);
            c.Label(ref here);
            c.pop(ax);
            c.add(eax, 16);
            c.push(eax);
            c.iretd();
            for (var i = 0; i < 16; i++) c.nop();
        }, null, () =>
        {
            m.ExpectFlags(Ef.Cf);
            m.Expect(Field.Sp, 0x1000, 0xffff);
        });
        m.Check("real: PUSH CS, PUSH imm and CALL with a 66h prefix push doublewords", "2A 2.1.1", () =>
        {
            var code = m.Program.Code16((c, f) =>
            {
                c.db(0x66, 0x68, 0x78, 0x56, 0x34, 0x12);
                c.db(0x66, 0x0e);
                c.db(0x66, 0xe8, 0, 0, 0, 0);
                f.Mark();
                c.pop(eax);
                c.pop(ebx);
                c.pop(ecx);
            });
            m.RunReal(code, real);
            m.ExpectDone(code);
            m.Expect(Field.Ax, code.At());
            m.Expect(Field.Bx, CheckMap.Fragments >> 4);
            m.Expect(Field.Cx, 0x12345678);
            m.Expect(Field.Sp, 0x1000, 0xffff);
        });
        m.Runs("big real mode: a 4 GiB limit loaded in protected mode stays", "3A 9.9.2", real, (c, _) =>
        {
            c.cli();
            c.mov(eax, cr0);
            c.or(al, 1);
            c.mov(cr0, eax);
            c.mov(bx, Sel.Data);
            c.mov(es, bx);
            c.and(al, unchecked((sbyte)0xfe));
            c.mov(cr0, eax);
            c.xor(bx, bx);
            c.mov(es, bx);
            c.mov(ecx, CheckMap.Results + 0x8000);
            c.mov(__dword_ptr.es[ecx], 0x4711);
            c.mov(edx, __dword_ptr.es[ecx]);
        }, null, () => m.Expect(Field.Dx, 0x4711));
        m.Runs("real: SMSW, LMSW into protected mode, and MOV to CR0 out of it", "3A 9.9", real, (c, _) =>
        {
            c.smsw(ax);
            c.mov(bx, ax);
            c.or(al, 1);
            c.lmsw(ax);
            c.smsw(cx);
            c.mov(eax, cr0);
            c.and(al, unchecked((sbyte)0xfe));
            c.mov(cr0, eax);
        }, null, () =>
        {
            m.Expect(Field.Bx, 0, 1);
            m.Expect(Field.Cx, 1, 1);
        });
        m.Runs("real: REP MOVSB with SI that wraps at 64 KiB", "2B REP", real with { Si = 0xfffe, Di = 0x100, Cx = 4 }, (c, _) =>
        {
            c.mov(ax, (ushort)(CheckMap.Scratch >> 4));
            c.mov(es, ax);
            c.mov(ax, 0x5000);
            c.mov(ds, ax);
            c.rep.movsb();
        }, () =>
        {
            m.Poke(0x5fffe, 2, 0x2211);
            m.Poke(0x50000, 2, 0x4433);
        }, () =>
        {
            m.ExpectMemory("memory", CheckMap.Scratch + 0x100, 4, 0x44332211);
            m.Expect(Field.Si, 2);
        });
    }
}

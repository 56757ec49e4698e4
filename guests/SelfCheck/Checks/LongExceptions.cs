using Tcg.Mttcg.Guests.SelfCheck.Kit;
using static Iced.Intel.AssemblerRegisters;

namespace Tcg.Mttcg.Guests.SelfCheck.Checks;

/// <summary>Exceptions in 64-bit mode: vector, error code, frame (SDM 3A chapter 6).</summary>
internal static class LongExceptions
{
    private const ulong NonCanonical = 0x0000_8000_0000_0000;
    private const uint Ts = 8, Em = 4, Mp = 2, Am = 1 << 18;

    public static void Add(LongMonitor m)
    {
        Frames(m);
        Instructions(m);
        Coprocessor(m);
        Stack(m);
        Alignment(m);
        Nested(m);
    }

    private static void Frames(LongMonitor m)
    {
        m.Runs("64-bit code at CPL 3 runs to an INT", "3A 6.14.2", Start.User64 with { Bx = 0x1234567890 }, (c, _) => c.mov(eax, 5), null, () =>
        {
            m.Expect(Field.Ax, 5);
            m.Expect(Field.Bx, 0x1234567890);
            m.Expect(Field.Cs, Sel.UserCode64);
            m.Expect(Field.Ss, Sel.UserData);
            m.Expect(Field.Sp, CheckMap.UserStack);
            m.Expect(Field.HandlerCs, Sel.Code64);
            m.Expect(Field.HandlerSs, 0);
            m.Expect(Field.HandlerSp, CheckMap.KernelStack - 40);
        });
        m.Runs("64-bit code at CPL 0: SS:RSP is pushed too, on a stack aligned to 16", "3A 6.14.2", Start.Kernel64 with { Sp = CheckMap.KernelStack - 3 }, (c, _) => c.nop(), null, () =>
        {
            m.Expect(Field.Sp, CheckMap.KernelStack - 3);
            m.Expect(Field.Ss, Sel.Data);
            m.Expect(Field.HandlerSs, Sel.Data);
            m.Expect(Field.HandlerSp, CheckMap.KernelStack - 16 - 40);
        });
    }

    private static void Instructions(LongMonitor m)
    {
        var user = Start.User64;
        m.Fault("#DE: DIV by zero", "3A 6.15 #DE", user with { Dx = 1 }, Vec.De, 0, (c, f) =>
        {
            c.mov(eax, 7);
            f.Mark();
            c.div(ecx);
        }, null, () =>
        {
            m.Expect(Field.Ax, 7);
            m.Expect(Field.Dx, 1);
            m.ExpectFlags(Ef.Rf);
        });
        m.Fault("#DE: the quotient of DIV does not fit", "3A 6.15 #DE", user with { Dx = 5, Cx = 5 }, Vec.De, 0, (c, _) => c.div(rcx));
        m.Fault("#DE: the quotient of IDIV is 2^31", "3A 6.15 #DE", user with { Ax = 0x80000000, Dx = 0xffffffff, Cx = 0xffffffff }, Vec.De, 0, (c, _) => c.idiv(ecx));
        m.Trap("#BP: INT3 is a trap, RF is clear in the image", "3A 6.15 #BP", user, Vec.Bp, (c, f) =>
        {
            c.int3();
            f.Mark();
        }, null, () => m.ExpectFlags(0, Ef.Rf));
        m.Fault("#GP: INT3 through a gate of DPL 0", "3A 6.12.1.2", user, Vec.Gp, Vec.Bp * 8 + 2, (c, _) => c.int3(), () => m.Gate(Vec.Bp, Sel.Code64, CheckMap.Stubs64 + Vec.Bp * 16));
        m.Fault("#GP: INT n through a gate of DPL 0", "3A 6.12.1.2", user, Vec.Gp, 0x20 * 8 + 2, (c, _) => c.@int(0x20));
        m.Fault("#GP: INT n beyond the IDT's limit", "3A 6.13", Start.Kernel64, Vec.Gp, 0x80 * 8 + 2, (c, _) => c.@int(0x80));
        m.Fault("#UD: UD2", "3A 6.15 #UD", user, Vec.Ud, 0, (c, _) => c.ud2());
        m.Fault("#UD: INTO does not exist in 64-bit mode", "2A INTO", user, Vec.Ud, 0, (c, _) => c.db(0xce));
        m.Fault("#UD: LOCK on an instruction that does not take it", "2A LOCK", user, Vec.Ud, 0, (c, _) => c.db(0xf0, 0x01, 0xc8));
        m.Fault("#UD: PUSH ES does not exist in 64-bit mode", "2B PUSH", user, Vec.Ud, 0, (c, _) => c.db(0x06));
        m.Fault("#GP: an instruction of 16 bytes", "2A 2.3.11", user, Vec.Gp, 0, (c, _) => c.db(0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x90));
        m.Fault("#GP: non-canonical read", "1 3.3.7.1", user with { Bx = NonCanonical }, Vec.Gp, 0, (c, _) => c.mov(rax, __qword_ptr[rbx]));
        m.Fault("#GP: non-canonical write", "1 3.3.7.1", user with { Bx = NonCanonical }, Vec.Gp, 0, (c, _) => c.mov(__qword_ptr[rbx], rax));
        m.Fault("#GP: a read that runs into non-canonical addresses", "1 3.3.7.1", user with { Bx = NonCanonical - 4 }, Vec.Gp, 0, (c, _) => c.mov(rax, __qword_ptr[rbx]), () => MapTop(m));
        m.Fault("#GP: a misaligned MOVAPS", "2B MOVAPS", user with { Bx = CheckMap.Scratch + 8 }, Vec.Gp, 0, (c, _) => c.movaps(xmm0, __xmmword_ptr[rbx]));
        m.Fault("#GP: a misaligned CMPXCHG16B", "2A CMPXCHG16B", user with { Di = CheckMap.Scratch + 8 }, Vec.Gp, 0, (c, _) => c.cmpxchg16b(__xmmword_ptr[rdi]), null, null, CpuidBit.Cx16);
        m.Fault("#NP: DS of a segment that is not present", "2B MOV", Start.Kernel64 with { Ax = Sel.Free }, Vec.Np, Sel.Free, (c, _) => c.mov(ds, ax), () => m.Descriptor(Sel.Free, Descriptors.Flat(Descriptors.Data0 & ~0x80, 4)));
        m.Fault("#GP: DS of a more privileged segment", "3A 5.5", user with { Ax = Sel.Data }, Vec.Gp, Sel.Data, (c, _) => c.mov(ds, ax));
        m.Fault("#GP: a selector beyond the GDT", "3A 3.5.1", user with { Ax = 0x3000 }, Vec.Gp, 0x3000, (c, _) => c.mov(ds, ax));
        m.Fault("#UD: MOV to CS", "2B MOV", user, Vec.Ud, 0, (c, _) => c.db(0x8e, 0xc8));
        m.Runs("null selectors in DS and ES are no obstacle in 64-bit mode", "3A 5.4.1.1", user with { Bx = CheckMap.Scratch }, (c, _) =>
        {
            c.xor(eax, eax);
            c.mov(ds, ax);
            c.mov(es, ax);
            c.mov(eax, __dword_ptr[rbx]);
        });
        foreach (var (name, body) in ((string, Action<Iced.Intel.Assembler>)[])
            [
                ("HLT", c => c.hlt()), ("MOV CR0", c => c.mov(rax, cr0)), ("MOV DR7", c => c.mov(rax, dr7)), ("RDMSR", c => c.rdmsr()), ("LGDT", c => c.lgdt(__[rbx])),
                ("LTR", c => c.ltr(ax)), ("INVLPG", c => c.invlpg(__byte_ptr[rbx])), ("WBINVD", c => c.wbinvd()), ("CLTS", c => c.clts()), ("SWAPGS", c => c.swapgs()),
                ("LMSW", c => c.lmsw(ax)),
            ])
        {
            m.Fault($"#GP: {name} at CPL 3", "3A 5.9", user with { Bx = CheckMap.Scratch }, Vec.Gp, 0, (c, _) => body(c));
        }
        m.Fault("#GP: XSETBV at CPL 3", "3A 5.9", user, Vec.Gp, 0, (c, _) => c.db(0x0f, 0x01, 0xd1), () => m.SetCr4(1 << 18), null, CpuidBit.Xsave);
    }

    /// <summary>The last page below the non-canonical addresses shows the scratch page.</summary>
    internal static void MapTop(LongMonitor m)
    {
        m.Poke(CheckMap.Pml4 + 255 * 8, 8, CheckMap.Pdpt | 7);
        m.Poke(CheckMap.Directory + 511 * 8, 8, CheckMap.SpareTable | 7);
        m.Poke(CheckMap.SpareTable + 511 * 8, 8, CheckMap.Scratch | 7);
        m.FlushAll();
    }

    private static void Coprocessor(LongMonitor m)
    {
        var user = Start.User64 with { Bx = CheckMap.Scratch };
        var cr0 = LongMonitor.Cr0;
        m.Fault("#NM: x87 with CR0.TS", "3A 2.5", user, Vec.Nm, 0, (c, _) => c.fld1(), () => m.SetCr0(cr0 | Ts));
        m.Fault("#NM: SSE with CR0.TS", "3A 2.5", user, Vec.Nm, 0, (c, _) => c.addps(xmm0, xmm1), () => m.SetCr0(cr0 | Ts));
        m.Fault("#NM: x87 with CR0.EM", "3A 2.5", user, Vec.Nm, 0, (c, _) => c.fld1(), () => m.SetCr0(cr0 | Em));
        m.Fault("#UD: SSE with CR0.EM", "3A 2.5", user, Vec.Ud, 0, (c, _) => c.addps(xmm0, xmm1), () => m.SetCr0(cr0 | Em));
        m.Fault("#UD: SSE without CR4.OSFXSR", "3A 2.5", user, Vec.Ud, 0, (c, _) => c.addps(xmm0, xmm1), () =>
        {
            m.C.mov(eax, 0x20);
            m.C.mov(cr4, rax);
        });
        m.Fault("#NM: WAIT with CR0.TS and CR0.MP", "3A 2.5", user, Vec.Nm, 0, (c, _) => c.wait(), () => m.SetCr0(cr0 | Ts | Mp));
        m.Runs("WAIT with CR0.TS but not CR0.MP", "3A 2.5", user, (c, _) => c.wait(), () => m.SetCr0((cr0 | Ts) & ~(ulong)Mp));
        m.Fault("#MF: an unmasked x87 exception waits for the next waiting instruction", "3A 6.15 #MF", user, Vec.Mf, 0, (c, f) =>
        {
            DivideByZero(c);
            c.fnstsw(ax);
            f.Mark();
            c.fld1();
        }, null, () => m.Expect(Field.Ax, 0x8084, 0x80ff | 0x8000));
        m.Fault("#MF: WAIT reports it too", "3A 6.15 #MF", user, Vec.Mf, 0, (c, f) =>
        {
            DivideByZero(c);
            f.Mark();
            c.wait();
        });
        m.Runs("FNINIT, FNCLEX and FNSTENV do not wait", "1 8.3.12", user, (c, _) =>
        {
            DivideByZero(c);
            c.fnstenv(__[rbx]);
            c.fnclex();
            c.fninit();
            c.wait();
        });
        m.Runs("x87 pointers: the last instruction and its operand", "1 8.1.8", user, (c, f) =>
        {
            f.Mark();
            c.fld(__dword_ptr[rbx + 256]);
            c.nop();
            c.fxsave64(__[rbx]);
        }, null, () => m.ExpectMemory("fdp", CheckMap.Scratch + 16, 8, CheckMap.Scratch + 256));
        m.Fault("#XM: an unmasked SSE exception", "3A 6.15 #XM", user, Vec.Xm, 0, (c, f) =>
        {
            Unmask(c);
            f.Mark();
            c.divps(xmm0, xmm1);
        });
        m.Fault("#UD: an unmasked SSE exception without CR4.OSXMMEXCPT", "3A 2.5", user, Vec.Ud, 0, (c, f) =>
        {
            Unmask(c);
            f.Mark();
            c.divps(xmm0, xmm1);
        }, () =>
        {
            m.C.mov(eax, 0x220);
            m.C.mov(cr4, rax);
        });
        m.Fault("#GP: reserved bits of MXCSR", "2A LDMXCSR", user, Vec.Gp, 0, (c, f) =>
        {
            c.mov(__dword_ptr[rbx], unchecked((int)0x80001f80));
            f.Mark();
            c.ldmxcsr(__dword_ptr[rbx]);
        });
    }

    private static void DivideByZero(Iced.Intel.Assembler c)
    {
        c.mov(__word_ptr[rbx], 0x37b);
        c.fldcw(__word_ptr[rbx]);
        c.fld1();
        c.fldz();
        c.fdivp(st1, st0);
    }

    private static void Unmask(Iced.Intel.Assembler c)
    {
        c.mov(__dword_ptr[rbx], 0x1d80);
        c.ldmxcsr(__dword_ptr[rbx]);
        c.mov(eax, 0x3f800000);
        c.movd(xmm0, eax);
        c.xorps(xmm1, xmm1);
    }

    private static void Stack(LongMonitor m)
    {
        var user = Start.User64;
        m.Fault("#SS: non-canonical PUSH", "2B PUSH", user with { Sp = NonCanonical + 64 }, Vec.Ss, 0, (c, _) => c.push(rax), null, () => m.Expect(Field.Sp, NonCanonical + 64));
        m.Fault("#SS: non-canonical POP", "2B POP", user with { Sp = NonCanonical }, Vec.Ss, 0, (c, _) => c.pop(rax));
        m.Fault("#SS: non-canonical CALL", "2A CALL", user with { Sp = NonCanonical + 64 }, Vec.Ss, 0, (c, f) => c.db(0xe8, 0, 0, 0, 0));
        m.Fault("#SS: non-canonical access by RBP", "3A 6.15 #SS", user with { Bp = NonCanonical }, Vec.Ss, 0, (c, _) => c.mov(eax, __dword_ptr[rbp + 8]));
        m.Fault("#SS: non-canonical access by RSP", "3A 6.15 #SS", user with { Sp = NonCanonical }, Vec.Ss, 0, (c, _) => c.add(__dword_ptr[rsp], eax));
        m.Fault("#GP: non-canonical access by RBP in FS", "1 3.7.5.1", user with { Bp = NonCanonical }, Vec.Gp, 0, (c, _) => c.mov(eax, __dword_ptr.fs[rbp]));
        m.Fault("#SS: SS of a segment that is not present", "2B MOV", Start.Kernel64 with { Ax = Sel.Free }, Vec.Ss, Sel.Free, (c, _) => c.mov(ss, ax), () => m.Descriptor(Sel.Free, Descriptors.Flat(Descriptors.Data0 & ~0x80, 4)));
        m.Fault("#GP: null SS at CPL 3", "2B MOV", user, Vec.Gp, 0, (c, _) => c.mov(ss, ax));
        m.Runs("null SS at CPL 0 in 64-bit mode", "2B MOV", Start.Kernel64, (c, _) => c.mov(ss, ax), null, () => m.Expect(Field.Ss, 0));
    }

    private static void Alignment(LongMonitor m)
    {
        var odd = Start.User64 with { Bx = CheckMap.Scratch + 1, Flags = Ef.Fixed | Ef.Ac, Si = CheckMap.Scratch + 1, Di = CheckMap.Scratch + 0x101 };
        void On() => m.SetCr0(LongMonitor.Cr0 | Am);
        m.Fault("#AC: misaligned read at CPL 3", "3A 6.15 #AC", odd, Vec.Ac, 0, (c, _) => c.mov(eax, __dword_ptr[rbx]), On);
        m.Fault("#AC: misaligned write at CPL 3 changes nothing", "3A 6.15 #AC", odd with { Ax = 0x55 }, Vec.Ac, 0, (c, _) => c.mov(__word_ptr[rbx], ax), On, () => m.ExpectMemory("memory", CheckMap.Scratch, 8, 0));
        m.Fault("#AC: misaligned read-modify-write", "3A 6.15 #AC", odd, Vec.Ac, 0, (c, _) => c.@lock.add(__qword_ptr[rbx], rax), On);
        m.Fault("#AC: misaligned PUSH", "3A 6.15 #AC", odd with { Sp = CheckMap.UserStack - 3 }, Vec.Ac, 0, (c, _) => c.push(rax), On);
        m.Fault("#AC: misaligned x87 operand", "3A table 6-7", odd with { Bx = CheckMap.Scratch + 4 }, Vec.Ac, 0, (c, _) => c.fld(__qword_ptr[rbx]), On);
        m.Fault("#AC: misaligned string element", "3A table 6-7", odd with { Cx = 2 }, Vec.Ac, 0, (c, _) => c.rep.movsd(), On, () => m.Expect(Field.Cx, 2));
        m.Fault("#AC: misaligned CMPXCHG8B", "3A table 6-7", odd with { Di = CheckMap.Scratch + 4 }, Vec.Ac, 0, (c, _) => c.cmpxchg8b(__qword_ptr[rdi]), On);
        m.Runs("no #AC for bytes and for what is aligned", "3A 6.15 #AC", odd, (c, _) =>
        {
            c.mov(al, __byte_ptr[rbx]);
            c.mov(ax, __word_ptr[rbx + 1]);
            c.mov(eax, __dword_ptr[rbx + 3]);
            c.mov(rax, __qword_ptr[rbx + 7]);
        }, On);
        m.Runs("no #AC without CR0.AM", "3A 6.15 #AC", odd, (c, _) => c.mov(eax, __dword_ptr[rbx]));
        m.Runs("no #AC without EFLAGS.AC", "3A 6.15 #AC", odd with { Flags = Ef.Fixed }, (c, _) => c.mov(eax, __dword_ptr[rbx]), On);
        m.Runs("no #AC at CPL 0", "3A 6.15 #AC", Start.Kernel64 with { Bx = CheckMap.Scratch + 1, Flags = Ef.Fixed | Ef.Ac }, (c, _) => c.mov(eax, __dword_ptr[rbx]), On);
        m.Fault("#AC: EFLAGS.AC set by POPF takes effect at once", "3A 6.15 #AC", odd with { Flags = Ef.Fixed, Sp = CheckMap.UserStack - 64 }, Vec.Ac, 0, (c, f) =>
        {
            c.pushfq();
            c.or(__dword_ptr[rsp], (int)Ef.Ac);
            c.popfq();
            f.Mark();
            c.mov(eax, __dword_ptr[rbx]);
        }, On);
    }

    private static void Nested(LongMonitor m)
    {
        void Absent(int vector) => m.Poke(CheckMap.Idt64 + (uint)vector * 16 + 5, 1, 0x0e);
        m.Fault("#NP: the gate of a benign exception is not present; EXT is set", "3A 6.13", Start.User64, Vec.Np, Vec.Ud * 8 + 2 + 1, (c, _) => c.ud2(), () => Absent(Vec.Ud));
        m.Fault("#NP: the gate of INT n is not present; EXT is clear", "3A 6.13", Start.Kernel64, Vec.Np, 0x20 * 8 + 2, (c, _) => c.@int(0x20), () => Absent(0x20));
        m.Fault("#DF: #GP and then #NP", "3A table 6-5", Start.User64, Vec.Df, 0, (c, _) => c.hlt(), () => Absent(Vec.Gp));
        m.Fault("#DF: #PF and then #NP", "3A table 6-5", Start.User64 with { Bx = 0x40000000 }, Vec.Df, 0, (c, _) => c.mov(eax, __dword_ptr[rbx]), () => Absent(Vec.Pf), () => m.Expect(Field.Cr2, 0x40000000));
        m.Fault("#DF: the handler's stack is not mapped", "3A table 6-5", Start.User64, Vec.Df, 0, (c, _) => c.ud2(), () =>
        {
            m.Poke(CheckMap.Tss64 + 4, 8, 0x50000000);
            m.Gate(Vec.Df, Sel.Code64, CheckMap.Stubs64 + Vec.Df * 16, ist: 1);
        }, () =>
        {
            m.Expect(Field.Cr2, 0x50000000 - 8, ~63UL);
            m.Expect(Field.HandlerSp, CheckMap.IstStack - 40);
        });
        m.Fault("#SS: the handler's stack is non-canonical", "3A 6.14.2", Start.User64, Vec.Ss, 1, (c, _) => c.ud2(), () =>
        {
            m.Poke(CheckMap.Tss64 + 4, 8, NonCanonical + 0x100);
            m.Gate(Vec.Ss, Sel.Code64, CheckMap.Stubs64 + Vec.Ss * 16, ist: 1);
        });
    }
}

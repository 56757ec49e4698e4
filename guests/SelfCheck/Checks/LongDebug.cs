using Iced.Intel;
using Tcg.Mttcg.Guests.SelfCheck.Kit;
using static Iced.Intel.AssemblerRegisters;

namespace Tcg.Mttcg.Guests.SelfCheck.Checks;

/// <summary>Debug registers, single step, and the order of debug exceptions (SDM 3B chapter 18).</summary>
internal static class LongDebug
{
    private const uint Dr6Idle = 0xffff0ff0, SingleStep = 1 << 14, Detect = 1 << 13;
    private const uint Execute = 0, Write = 1, Port = 2, Access = 3;
    private const uint Watched = CheckMap.Scratch + 0x100;

    public static void Add(LongMonitor m)
    {
        Stepping(m);
        ExecuteBreakpoints(m);
        DataBreakpoints(m);
        Registers(m);
    }

    /// <summary>Breakpoint 0 to 3, locally enabled, in DR7.</summary>
    private static uint Control(int number, uint kind, int bytes) =>
        1u << (number * 2) | kind << (16 + number * 4) | (uint)(bytes switch { 1 => 0, 2 => 1, 8 => 2, _ => 3 }) << (18 + number * 4);

    private static void Set(LongMonitor m, int number, uint kind, int bytes, ulong address)
    {
        m.SetDebug(number, address);
        m.SetDebug(7, Control(number, kind, bytes));
    }

    private static void Stepping(LongMonitor m)
    {
        var stepped = Start.User64 with { Flags = Ef.Fixed | Ef.Tf, Bx = Watched };
        void Stepped(uint flags = 0) => m.Expect(Field.Dr6, Dr6Idle | SingleStep | flags);
        m.Trap("#DB: single step after one instruction; RF clear, TF kept in the image", "3B 18.3.1.4", stepped, Vec.Db, (c, f) =>
        {
            c.mov(eax, 1);
            f.Mark();
            c.mov(eax, 2);
        }, null, () =>
        {
            Stepped();
            m.Expect(Field.Ax, 1);
            m.ExpectFlags(Ef.Tf, Ef.Rf);
            m.Expect(Field.HandlerFlags, 0, Ef.Tf);
        });
        m.Trap("#DB: POPF that sets TF is not stepped, the instruction after it is", "3B 18.3.1.4", Start.User64, Vec.Db, (c, f) =>
        {
            c.push(0x102);
            c.popfq();
            c.mov(eax, 1);
            f.Mark();
            c.nop();
        }, null, () => Stepped());
        m.Trap("#DB: POPF that clears TF is stepped", "3B 18.3.1.4", stepped with { Sp = CheckMap.UserStack - 64 }, Vec.Db, (c, f) =>
        {
            c.popfq();
            f.Mark();
            c.nop();
        }, () => m.Poke(CheckMap.UserStack - 64, 8, 2), () =>
        {
            Stepped();
            m.ExpectFlags(0, Ef.Tf);
        });
        m.Trap("#DB: a load of SS delays the single-step trap by one instruction", "3A 6.8.3", Start.Kernel64 with { Flags = Ef.Fixed | Ef.Tf, Ax = Sel.Data }, Vec.Db, (c, f) =>
        {
            c.mov(ss, ax);
            c.mov(ecx, 1);
            f.Mark();
            c.nop();
        }, null, () => m.Expect(Field.Cx, 1));
        m.Trap("#DB: REP MOVSB is stepped by iterations", "3B 18.3.1.4", stepped with { Cx = 3, Si = Watched, Di = Watched + 8 }, Vec.Db, (c, f) =>
        {
            f.Mark();
            c.rep.movsb();
        }, null, () =>
        {
            m.Expect(Field.Cx, 2);
            m.Expect(Field.Si, Watched + 1);
        });
        m.Trap("#DB: the last iteration of REP MOVSB leaves the instruction", "3B 18.3.1.4", stepped with { Cx = 1, Si = Watched, Di = Watched + 8 }, Vec.Db, (c, f) =>
        {
            c.rep.movsb();
            f.Mark();
            c.nop();
        });
        m.Fault("a fault comes instead of the step", "3A table 6-2", stepped, Vec.Ud, 0, (c, _) => c.ud2(), null, () =>
        {
            m.Expect(Field.Dr6, Dr6Idle);
            m.ExpectFlags(Ef.Tf);
        });
        m.Check("#DB: no step into the handler of INT n", "3B 18.3.1.4", () =>
        {
            var code = m.Program.Code64((c, _) => c.nop());
            m.Run(code, stepped with { Ip = code.End - 2 });
            m.ExpectDone(code);
        });
        m.Check("#DB: SYSCALL with IA32_FMASK.TF is not stepped", "3B 18.3.1.4", () =>
        {
            var kernel = m.Program.Code64((c, _) => c.mov(eax, 7));
            var code = m.Program.Code64((c, _) => c.syscall());
            m.WriteMsr(LongMonitor.Star, (ulong)(Sel.UserCode32 | 3) << 48 | (ulong)Sel.Code64 << 32);
            m.WriteMsr(LongMonitor.LStar, kernel.Start);
            m.WriteMsr(LongMonitor.FMask, Ef.Tf);
            m.Run(code, stepped);
            m.ExpectDone(kernel);
            m.Expect(Field.Ax, 7);
        });
        m.Trap("#DB: IRETQ that sets TF: the first instruction behind it is stepped", "3B 18.3.1.4", Start.Kernel64, Vec.Db, (c, f) =>
        {
            var to = c.CreateLabel();
            c.mov(rcx, rsp);
            c.push(Sel.Data);
            c.push(rcx);
            c.push(0x102);
            c.push(Sel.Code64);
            c.lea(rax, __[to]);
            c.push(rax);
            c.iretq();
            c.Label(ref to);
            c.mov(edx, 5);
            f.Mark();
            c.nop();
        }, null, () => m.Expect(Field.Dx, 5));
        m.Trap("#DB: INT1 needs no DPL and leaves DR6 alone", "3B 18.3.1.4, 2A INT", Start.User64, Vec.Db, (c, f) =>
        {
            c.int1();
            f.Mark();
            c.nop();
        }, null, () => m.Expect(Field.Dr6, Dr6Idle));
    }

    private static void ExecuteBreakpoints(LongMonitor m)
    {
        static void Body(Assembler c, Fragment f)
        {
            c.mov(eax, 1);
            f.Mark();
            c.mov(eax, 2);
            c.mov(ecx, 3);
        }
        m.Check("#DB: an instruction breakpoint is a fault before the instruction, RF set in the image", "3B 18.3.1.1", () =>
        {
            var code = m.Program.Code64(Body);
            Set(m, 0, Execute, 1, code.At());
            m.Run(code, Start.User64);
            m.ExpectFault(Vec.Db, code);
            m.Expect(Field.Dr6, Dr6Idle | 1);
            m.Expect(Field.Ax, 1);
            m.ExpectFlags(Ef.Rf);
        });
        m.Check("#DB: RF lets one instruction pass", "3B 18.3.1.1", () =>
        {
            var code = m.Program.Code64(Body);
            Set(m, 3, Execute, 1, code.Start);
            m.Run(code, Start.User64 with { Flags = Ef.Fixed | Ef.Rf });
            m.ExpectDone(code);
            m.ExpectFlags(0, Ef.Rf);
        });
        m.Check("#DB: RF lets one instruction pass only", "3B 18.3.1.1", () =>
        {
            var code = m.Program.Code64(Body);
            Set(m, 3, Execute, 1, code.At());
            m.Run(code, Start.User64 with { Flags = Ef.Fixed | Ef.Rf });
            m.ExpectFault(Vec.Db, code);
            m.Expect(Field.Dr6, Dr6Idle | 8);
        });
        m.Check("#DB: a breakpoint in the middle of a loop that has run before", "3B 18.2.5", () =>
        {
            var code = m.Program.Code64((c, f) =>
            {
                var loop = c.CreateLabel();
                c.Label(ref loop);
                c.inc(eax);
                f.Mark();
                c.dec(ecx);
                c.jne(loop);
            });
            m.Run(code, Start.User64 with { Cx = 100 });
            m.ExpectDone(code);
            Set(m, 1, Execute, 1, code.At());
            m.Run(code, Start.User64 with { Cx = 100 });
            m.ExpectFault(Vec.Db, code);
            m.Expect(Field.Ax, 1);
            m.Expect(Field.Cx, 100);
            m.Expect(Field.Dr6, Dr6Idle | 2);
        });
        m.Check("#DB: a disabled breakpoint does nothing", "3B 18.2.4", () =>
        {
            var code = m.Program.Code64(Body);
            m.SetDebug(0, code.At());
            m.SetDebug(7, 0);
            m.Run(code, Start.User64);
            m.ExpectDone(code);
        });
        m.Check("#DB: a load of SS hides a breakpoint on the next instruction", "3A 6.8.3", () =>
        {
            var code = m.Program.Code64((c, f) =>
            {
                c.mov(ss, ax);
                f.Mark();
                c.nop();
            });
            Set(m, 0, Execute, 1, code.At());
            m.Run(code, Start.Kernel64 with { Ax = Sel.Data });
            m.ExpectDone(code);
        });
        m.Check("#DB: the breakpoint comes before the page fault of its fetch", "3A table 6-2", () =>
        {
            var code = m.Program.Code64(Body);
            Set(m, 0, Execute, 1, 0x40000000);
            m.Run(code, Start.User64 with { Ip = 0x40000000 });
            m.ExpectEvent(Vec.Db, 0x40000000);
            m.Expect(Field.Cr2, 0);
        });
        m.Check("#DB: the step before and the breakpoint here: the trap first", "3A table 6-2", () =>
        {
            var code = m.Program.Code64(Body);
            Set(m, 0, Execute, 1, code.At());
            m.Run(code, Start.User64 with { Flags = Ef.Fixed | Ef.Tf });
            m.ExpectFault(Vec.Db, code);
            m.Expect(Field.Dr6, SingleStep, SingleStep);
            m.ExpectFlags(0, Ef.Rf);
        });
    }

    private static void DataBreakpoints(LongMonitor m)
    {
        var user = Start.User64 with { Bx = Watched, Ax = 0x1122334455667788, Si = Watched, Di = Watched, Cx = 4 };
        void Hit(string name, uint kind, int bytes, uint address, Action<Assembler> body, Action? after = null, Start? start = null) =>
            m.Trap("#DB: " + name, "3B 18.2.5, 18.3.1.2", start ?? user, Vec.Db, (c, f) =>
            {
                c.nop();
                body(c);
                f.Mark();
                c.inc(r8);
            }, () => Set(m, 2, kind, bytes, address), () =>
            {
                m.Expect(Field.Dr6, Dr6Idle | 4);
                m.ExpectFlags(0, Ef.Rf);
                after?.Invoke();
            });
        void Miss(string name, uint kind, int bytes, uint address, Action<Assembler> body) =>
            m.Runs("#DB: " + name, "3B 18.2.5", user, (c, _) => body(c), () => Set(m, 2, kind, bytes, address), () => m.Expect(Field.Dr6, Dr6Idle));

        Hit("a write to a watched byte is a trap", Write, 1, Watched, c => c.mov(__byte_ptr[rbx], al), () => m.ExpectMemory("memory", Watched, 1, 0x88));
        Hit("a wider write that covers the watched byte", Write, 1, Watched + 3, c => c.mov(__qword_ptr[rbx], rax));
        Hit("a watched doubleword, written in its last byte", Write, 4, Watched, c => c.mov(__byte_ptr[rbx + 3], al));
        Hit("a watched quadword, read", Access, 8, Watched, c => c.mov(eax, __dword_ptr[rbx + 4]));
        Hit("a misaligned write into a watched word", Write, 2, Watched + 4, c => c.mov(__dword_ptr[rbx + 1], eax));
        Hit("a write over two pages", Write, 1, CheckMap.Pages + 0x1000, c => c.mov(__qword_ptr[rbx], rax), null, user with { Bx = CheckMap.Pages + 0xffc });
        Hit("LOCK ADD on a watched doubleword", Access, 4, Watched, c => c.@lock.add(__dword_ptr[rbx], eax));
        Hit("XCHG on a watched doubleword", Write, 4, Watched, c => c.xchg(__dword_ptr[rbx], eax));
        Hit("PUSH into a watched quadword", Write, 8, CheckMap.UserStack - 8, c => c.push(rax));
        Hit("an SSE store", Write, 4, Watched + 8, c => c.movups(__xmmword_ptr[rbx], xmm0));
        Hit("an x87 load", Access, 8, Watched, c => c.fld(__qword_ptr[rbx]));
        Hit("a CMPXCHG8B", Write, 4, Watched + 4, c => c.cmpxchg8b(__qword_ptr[rdi]));
        Hit("a load whose value only the next operation uses", Access, 4, Watched, c => c.add(ecx, __dword_ptr[rbx]));
        m.Trap("#DB: REP STOSB stops behind the iteration that wrote", "3B 18.3.1.2", user with { Cx = 8 }, Vec.Db, (c, f) =>
        {
            f.Mark();
            c.rep.stosb();
        }, () => Set(m, 2, Write, 1, Watched + 2), () =>
        {
            m.Expect(Field.Cx, 5);
            m.Expect(Field.Di, Watched + 3);
            m.Expect(Field.Dr6, Dr6Idle | 4);
        });
        Miss("a read of what is watched for writes", Write, 4, Watched, c => c.mov(eax, __dword_ptr[rbx]));
        Miss("writes beside what is watched", Write, 4, Watched, c =>
        {
            c.mov(__dword_ptr[rbx + 4], eax);
            c.mov(__dword_ptr[rbx - 4], eax);
        });
        m.Trap("#DB: two breakpoints and a step in one trap", "3B 18.3.1", user with { Flags = Ef.Fixed | Ef.Tf }, Vec.Db, (c, f) =>
        {
            c.mov(__dword_ptr[rbx], eax);
            f.Mark();
            c.nop();
        }, () =>
        {
            m.SetDebug(0, Watched);
            m.SetDebug(1, Watched + 2);
            m.SetDebug(7, Control(0, Write, 1) | Control(1, Access, 2));
        }, () => m.Expect(Field.Dr6, Dr6Idle | SingleStep | 3));
        m.Trap("#DB: a load of SS delays the data breakpoint too", "3A 6.8.3", Start.Kernel64 with { Bx = Watched }, Vec.Db, (c, f) =>
        {
            c.mov(ss, __word_ptr[rbx]);
            c.nop();
            f.Mark();
            c.nop();
        }, () =>
        {
            m.Poke(Watched, 2, Sel.Data);
            Set(m, 0, Access, 2, Watched);
        }, () => m.Expect(Field.Dr6, Dr6Idle | 1));
        m.Fault("#PF and not #DB where the watched write faults", "3A table 6-2", user with { Bx = 0x40000000 }, Vec.Pf, 6, (c, _) => c.mov(__dword_ptr[rbx], eax), () => Set(m, 0, Write, 4, 0x40000000), () => m.Expect(Field.Dr6, Dr6Idle));
        m.Trap("#DB: an I/O breakpoint with CR4.DE", "3B 18.2.4", Start.Kernel64, Vec.Db, (c, f) =>
        {
            c.@in(al, 0x61);
            f.Mark();
            c.nop();
        }, () =>
        {
            m.SetCr4(8);
            Set(m, 0, Port, 1, 0x61);
        }, () => m.Expect(Field.Dr6, Dr6Idle | 1));
        m.Runs("no I/O breakpoint at another port", "3B 18.2.4", Start.Kernel64, (c, _) => c.@in(al, 0x80), () =>
        {
            m.SetCr4(8);
            Set(m, 0, Port, 1, 0x61);
        });
    }

    private static void Registers(LongMonitor m)
    {
        var kernel = Start.Kernel64;
        m.Fault("#DB: DR7.GD catches every access to a debug register", "3B 18.2.4", kernel, Vec.Db, 0, (c, f) =>
        {
            c.mov(eax, 1 << 13);
            c.mov(dr7, rax);
            f.Mark();
            c.mov(rcx, dr3);
        }, null, () => m.Expect(Field.Dr6, Dr6Idle | Detect));
        m.Fault("#UD: DR4 with CR4.DE", "3B 18.2.2", kernel, Vec.Ud, 0, (c, _) => c.mov(rax, dr4), () => m.SetCr4(8));
        m.Runs("DR4 is DR6 without CR4.DE", "3B 18.2.2", kernel, (c, _) => c.mov(rax, dr4), null, () => m.Expect(Field.Ax, Dr6Idle));
        m.Fault("#GP: the upper half of DR7", "3B 18.2.6", kernel with { Ax = 0x100000000 }, Vec.Gp, 0, (c, _) => c.mov(dr7, rax));
        m.Fault("#GP: the upper half of DR6", "3B 18.2.6", kernel with { Ax = 0x100000000 }, Vec.Gp, 0, (c, _) => c.mov(dr6, rax));
        m.Runs("fixed bits of DR6 and DR7", "3B 18.2.3, 18.2.4", kernel, (c, _) =>
        {
            c.xor(eax, eax);
            c.mov(dr6, rax);
            c.mov(dr7, rax);
            c.mov(rbx, dr6);
            c.mov(rcx, dr7);
        }, null, () =>
        {
            m.Expect(Field.Bx, Dr6Idle);
            m.Expect(Field.Cx, 0x400);
        });
    }
}

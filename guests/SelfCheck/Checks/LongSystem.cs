using Tcg.Mttcg.Guests.SelfCheck.Kit;
using static Iced.Intel.AssemblerRegisters;

namespace Tcg.Mttcg.Guests.SelfCheck.Checks;

/// <summary>Fast system calls, control registers and MSRs, ports, and who may change which flag.</summary>
internal static class LongSystem
{
    private const ulong NonCanonical = 0x0000_8000_0000_0000;

    public static void Add(LongMonitor m)
    {
        SystemCalls(m);
        FastEntry(m);
        ControlRegisters(m);
        Msrs(m);
        Ports(m);
        Flags(m);
        UserInstructionPrevention(m);
    }

    private static void SetUp(LongMonitor m, uint target)
    {
        m.WriteMsr(LongMonitor.Star, (ulong)(Sel.UserCode32 | 3) << 48 | (ulong)Sel.Code64 << 32);
        m.WriteMsr(LongMonitor.LStar, target);
        m.WriteMsr(LongMonitor.FMask, Ef.If | Ef.Df);
    }

    private static void SystemCalls(LongMonitor m)
    {
        m.Check("SYSCALL: RCX, R11, the mask, CS and SS", "2B SYSCALL", () =>
        {
            var kernel = m.Program.Code64((c, _) =>
            {
                c.mov(eax, cs);
                c.mov(ebx, ss);
                c.mov(rdx, r11);
                c.mov(rsi, rsp);
            });
            var code = m.Program.Code64((c, f) =>
            {
                c.syscall();
                f.Mark();
                c.nop();
            });
            SetUp(m, kernel.Start);
            m.Run(code, Start.User64 with { Flags = Ef.Fixed | Ef.If | Ef.Df | Ef.Cf });
            m.ExpectDone(kernel);
            m.Expect(Field.Ax, Sel.Code64);
            m.Expect(Field.Bx, Sel.Data);
            m.Expect(Field.Cx, code.At());
            m.Expect(Field.Dx, Ef.Fixed | Ef.If | Ef.Df | Ef.Cf);
            m.Expect(Field.Si, CheckMap.UserStack);
            m.ExpectFlags(Ef.Cf, Ef.If | Ef.Df);
        });
        m.Check("SYSRETQ to 64-bit code", "2B SYSRET", () =>
        {
            var user = m.Program.Code64((c, _) =>
            {
                c.mov(eax, cs);
                c.mov(ebx, ss);
            });
            var code = m.Program.Code64((c, _) => c.sysretq());
            SetUp(m, 0);
            m.C.mov(r11, Ef.If | Ef.Cf | Ef.Rf);
            m.Run(code, Start.Kernel64 with { Cx = user.Start });
            m.ExpectDone(user);
            m.Expect(Field.Ax, Sel.UserCode64);
            m.Expect(Field.Bx, Sel.UserData);
            m.ExpectFlags(Ef.If | Ef.Cf, Ef.Rf);
        });
        m.Check("SYSRETL to compatibility code", "2B SYSRET", () =>
        {
            var user = m.Program.Code32((c, _) =>
            {
                c.mov(eax, cs);
                c.mov(ebx, ss);
            });
            var code = m.Program.Code64((c, _) => c.sysret());
            SetUp(m, 0);
            m.C.mov(r11d, 2);
            m.Run(code, Start.Kernel64 with { Cx = user.Start | 0xff00000000UL });
            m.ExpectDone(user);
            m.Expect(Field.Ax, Sel.UserCode32);
            m.Expect(Field.Bx, Sel.UserData);
        });
        m.Fault("#GP: SYSRETQ to a non-canonical address, still at CPL 0", "2B SYSRET", Start.Kernel64 with { Cx = NonCanonical }, Vec.Gp, 0, (c, _) => c.sysretq(), () => SetUp(m, 0), () => m.Expect(Field.Cs, Sel.Code64));
        m.Fault("#GP: SYSRET at CPL 3", "2B SYSRET", Start.User64, Vec.Gp, 0, (c, _) => c.sysretq());
        m.Fault("#UD: SYSCALL without EFER.SCE", "2B SYSCALL", Start.User64, Vec.Ud, 0, (c, _) => c.syscall(), () => m.WriteMsr(LongMonitor.Efer, 0x900));
        m.Fault("#UD: SYSRET without EFER.SCE", "2B SYSRET", Start.Kernel64, Vec.Ud, 0, (c, _) => c.sysretq(), () => m.WriteMsr(LongMonitor.Efer, 0x900));
        m.Runs("SWAPGS exchanges the base of GS with IA32_KERNEL_GS_BASE", "2B SWAPGS", Start.Kernel64 with { Cx = LongMonitor.GsBase }, (c, _) =>
        {
            c.swapgs();
            c.rdmsr();
            c.shl(rdx, 32);
            c.or(rax, rdx);
        }, () =>
        {
            m.WriteMsr(LongMonitor.GsBase, 0x1111);
            m.WriteMsr(LongMonitor.KernelGsBase, 0xffff800000002222);
        }, () =>
        {
            m.Expect(Field.Ax, 0xffff800000002222);
            m.ReadMsr(LongMonitor.KernelGsBase);
            m.ExpectRax("kernelgsbase", 0x1111);
        });
    }

    // SYSENTER takes CS from its MSR, SS after it; SYSEXIT the 32-bit pair after those, then the 64-bit pair.
    private const uint EntryCs = 0x140;

    private static void FastEntry(LongMonitor m)
    {
        void Prepare(uint target, uint cs = EntryCs)
        {
            m.WriteMsr(LongMonitor.SysEnterCs, cs);
            m.WriteMsr(LongMonitor.SysEnterEsp, CheckMap.KernelStack);
            m.WriteMsr(LongMonitor.SysEnterEip, target);
            m.Descriptor((ushort)EntryCs, Descriptors.Flat(Descriptors.Code0, 2));
            m.Descriptor((ushort)(EntryCs + 8), Descriptors.Flat(Descriptors.Data0, 4));
            m.Descriptor((ushort)(EntryCs + 16), Descriptors.Flat(Descriptors.Code3, 4));
            m.Descriptor((ushort)(EntryCs + 24), Descriptors.Flat(Descriptors.Data3, 4));
            m.Descriptor((ushort)(EntryCs + 32), Descriptors.Flat(Descriptors.Code3, 2));
            m.Descriptor((ushort)(EntryCs + 40), Descriptors.Flat(Descriptors.Data3, 4));
        }
        foreach (var start in (Start[])[Start.User64, Start.User32])
        {
            m.Check($"SYSENTER from {(start.Bits == 64 ? "64-bit" : "compatibility")} code", "2B SYSENTER", () =>
            {
                var kernel = m.Program.Code64((c, _) =>
                {
                    c.mov(eax, cs);
                    c.mov(ebx, ss);
                    c.mov(rcx, rsp);
                });
                var code = m.Program.Code(start.Bits, (c, _) => c.sysenter());
                Prepare(kernel.Start);
                m.Run(code, start with { Flags = Ef.Fixed | Ef.If });
                m.ExpectDone(kernel);
                m.Expect(Field.Ax, EntryCs);
                m.Expect(Field.Bx, EntryCs + 8);
                m.Expect(Field.Cx, CheckMap.KernelStack);
                m.ExpectFlags(0, Ef.If);
            });
        }
        m.Check("SYSEXIT to 32-bit code", "2B SYSEXIT", () =>
        {
            var user = m.Program.Code32((c, _) => c.mov(eax, cs));
            var code = m.Program.Code64((c, _) => c.sysexit());
            Prepare(0);
            m.Run(code, Start.Kernel64 with { Cx = CheckMap.UserStack, Dx = user.Start });
            m.ExpectDone(user);
            m.Expect(Field.Ax, (EntryCs + 16) | 3);
            m.Expect(Field.Ss, (EntryCs + 24) | 3);
            m.Expect(Field.Sp, CheckMap.UserStack);
        });
        m.Check("SYSEXIT to 64-bit code", "2B SYSEXIT", () =>
        {
            var user = m.Program.Code64((c, _) => c.mov(eax, cs));
            var code = m.Program.Code64((c, _) => c.sysexitq());
            Prepare(0);
            m.Run(code, Start.Kernel64 with { Cx = CheckMap.UserStack, Dx = user.Start });
            m.ExpectDone(user);
            m.Expect(Field.Ax, (EntryCs + 32) | 3);
            m.Expect(Field.Ss, (EntryCs + 40) | 3);
        });
        m.Fault("#GP: SYSENTER with a null IA32_SYSENTER_CS", "2B SYSENTER", Start.User64, Vec.Gp, 0, (c, _) => c.sysenter(), () => Prepare(0, 0));
        m.Fault("#GP: SYSEXIT with a null IA32_SYSENTER_CS", "2B SYSEXIT", Start.Kernel64, Vec.Gp, 0, (c, _) => c.sysexit(), () => Prepare(0, 0));
        m.Fault("#GP: SYSEXIT at CPL 3", "2B SYSEXIT", Start.User64, Vec.Gp, 0, (c, _) => c.sysexit(), () => Prepare(0));
        m.Fault("#GP: SYSEXIT to a non-canonical RIP", "2B SYSEXIT", Start.Kernel64 with { Dx = NonCanonical }, Vec.Gp, 0, (c, _) => c.sysexitq(), () => Prepare(0));
        m.Fault("#GP: SYSEXIT to a non-canonical RSP", "2B SYSEXIT", Start.Kernel64 with { Cx = NonCanonical }, Vec.Gp, 0, (c, _) => c.sysexitq(), () => Prepare(0));
    }

    private static void ControlRegisters(LongMonitor m)
    {
        var kernel = Start.Kernel64;
        void Refused(string name, string source, ulong value, Action<Iced.Intel.Assembler> body, params CpuidBit[] needs) =>
            m.Fault("#GP: " + name, source, kernel with { Ax = value }, Vec.Gp, 0, (c, _) => body(c), null, null, needs);
        Refused("CR0.PG without CR0.PE", "3A 2.5", 0x80010032, c => c.mov(cr0, rax));
        Refused("CR0.NW without CR0.CD", "3A 2.5", 0xa0010033, c => c.mov(cr0, rax));
        Refused("the upper half of CR0", "3A 2.5", 0x180010033, c => c.mov(cr0, rax));
        Refused("paging off in 64-bit code", "3A 9.8.5.4", 0x10033, c => c.mov(cr0, rax));
        Refused("CR4.PAE off in long mode", "3A 2.5", 0x600, c => c.mov(cr4, rax));
        Refused("a reserved bit of CR4", "3A 2.5", 0x80000620, c => c.mov(cr4, rax));
        Refused("CR4.LA57 in long mode", "3A 2.5", 0x1620, c => c.mov(cr4, rax));
        Refused("CR3 beyond the physical addresses", "3A 4.5", 1UL << 62, c => c.mov(cr3, rax));
        Refused("CR8 above 15", "3A 10.8.6", 16, c => c.mov(cr8, rax));
        m.Fault("#UD: CR1", "2B MOV CR", kernel, Vec.Ud, 0, (c, _) => c.db(0x0f, 0x20, 0xc8));
        m.Runs("CR8 is the task priority class", "3A 10.8.6", kernel with { Ax = 5 }, (c, _) =>
        {
            c.mov(cr8, rax);
            c.mov(rbx, cr8);
            c.xor(eax, eax);
            c.mov(cr8, rax);
        }, null, () => m.Expect(Field.Bx, 5));
        m.Runs("CLTS, and LMSW cannot clear PE", "2A LMSW", kernel, (c, _) =>
        {
            c.clts();
            c.mov(rbx, cr0);
            c.mov(eax, 8);
            c.lmsw(ax);
            c.mov(rcx, cr0);
        }, () => m.SetCr0(LongMonitor.Cr0 | 8), () =>
        {
            m.Expect(Field.Bx, LongMonitor.Cr0);
            m.Expect(Field.Cx, (LongMonitor.Cr0 & ~2UL) | 8 | 1);
        });
        m.Fault("#UD: XGETBV without CR4.OSXSAVE", "2D XGETBV", kernel, Vec.Ud, 0, (c, _) => c.db(0x0f, 0x01, 0xd0));
        m.Fault("#GP: XCR0 without x87", "2D XSETBV", kernel with { Ax = 2 }, Vec.Gp, 0, (c, _) => c.db(0x0f, 0x01, 0xd1), () => m.SetCr4(1 << 18), null, CpuidBit.Xsave);
        m.Fault("#GP: XCR1", "2D XSETBV", kernel with { Ax = 1, Cx = 1 }, Vec.Gp, 0, (c, _) => c.db(0x0f, 0x01, 0xd1), () => m.SetCr4(1 << 18), null, CpuidBit.Xsave);
        m.Fault("#GP: RDTSC at CPL 3 with CR4.TSD", "2B RDTSC", Start.User64, Vec.Gp, 0, (c, _) => c.rdtsc(), () => m.SetCr4(4));
        m.Runs("RDTSC at CPL 0 with CR4.TSD", "2B RDTSC", kernel, (c, _) => c.rdtsc(), () => m.SetCr4(4));
        m.Fault("#UD: RDFSBASE without CR4.FSGSBASE", "2B RDFSBASE", kernel, Vec.Ud, 0, (c, _) => c.rdfsbase(rax));
        m.Fault("#GP: WRFSBASE of a non-canonical base", "2D WRFSBASE", Start.User64 with { Ax = NonCanonical }, Vec.Gp, 0, (c, _) => c.wrfsbase(rax), () => m.SetCr4(1 << 16), null, CpuidBit.FsGsBase);
        m.Runs("WRGSBASE and an access through it", "2D WRFSBASE", Start.User64 with { Bx = CheckMap.Scratch }, (c, _) =>
        {
            c.wrgsbase(rbx);
            c.mov(__dword_ptr.gs[0x10], 0x77);
        }, () => m.SetCr4(1 << 16), () => m.ExpectMemory("memory", CheckMap.Scratch + 0x10, 4, 0x77), CpuidBit.FsGsBase);
    }

    private static void Msrs(LongMonitor m)
    {
        foreach (var (name, index) in ((string, uint)[])
            [
                ("IA32_FS_BASE", LongMonitor.FsBase), ("IA32_KERNEL_GS_BASE", LongMonitor.KernelGsBase), ("IA32_LSTAR", LongMonitor.LStar), ("IA32_SYSENTER_EIP", LongMonitor.SysEnterEip),
                ("IA32_SYSENTER_ESP", LongMonitor.SysEnterEsp),
            ])
        {
            m.Fault($"#GP: a non-canonical {name}", "2D WRMSR", Start.Kernel64 with { Cx = index, Dx = 0x8000 }, Vec.Gp, 0, (c, _) => c.wrmsr());
        }
        m.Fault("#GP: a reserved bit of IA32_EFER", "2D WRMSR", Start.Kernel64 with { Cx = LongMonitor.Efer, Ax = 0x903 }, Vec.Gp, 0, (c, _) => c.wrmsr());
        m.Fault("#GP: EFER.LME off while paging", "3A 9.8.5", Start.Kernel64 with { Cx = LongMonitor.Efer, Ax = 0x801 }, Vec.Gp, 0, (c, _) => c.wrmsr());
        m.Fault("#GP: an MSR that does not exist", "2D WRMSR", Start.Kernel64 with { Cx = 0x4fffff00 }, Vec.Gp, 0, (c, _) => c.rdmsr());
        m.Fault("#GP: a reserved type in IA32_PAT", "3A 11.12.2", Start.Kernel64 with { Cx = 0x277, Ax = 2 }, Vec.Gp, 0, (c, _) => c.wrmsr());
        m.Check("IA32_PAT, a variable MTRR and a fixed one keep what is written", "3A 11.11, 11.12", () =>
        {
            foreach (var (name, index, value) in ((string, uint, ulong)[])[("pat", 0x277, 0x0105040600010406), ("mtrr base", 0x200, 0xe0000001), ("mtrr mask", 0x201, 0xff0000800), ("mtrr fixed", 0x250, 0x0101010101010101)])
            {
                m.ReadMsr(index);
                m.C.push(rax);
                m.WriteMsr(index, value);
                m.ReadMsr(index);
                m.ExpectRax(name, value);
                m.C.mov(ecx, index);
                m.C.pop(rax);
                m.C.mov(rdx, rax);
                m.C.shr(rdx, 32);
                m.C.wrmsr();
            }
        });
        m.Check("#GP: LGDT of a non-canonical base", "2A LGDT", () =>
        {
            var code = m.Program.Code64((c, _) => c.lgdt(__[rbx]));
            m.Run(code, Start.Kernel64 with { Bx = m.Program.TablePointer(NonCanonical, 0x100) });
            m.ExpectFault(Vec.Gp, code, 0);
        });
        m.Fault("#GP: LTR of a busy TSS", "2A LTR", Start.Kernel64 with { Ax = Sel.Tss64 }, Vec.Gp, Sel.Tss64, (c, _) => c.ltr(ax));
        m.Fault("#GP: LTR of a code segment", "2A LTR", Start.Kernel64 with { Ax = Sel.Code64 }, Vec.Gp, Sel.Code64, (c, _) => c.ltr(ax));
        m.Fault("#GP: LTR of the null selector", "2A LTR", Start.Kernel64, Vec.Gp, 0, (c, _) => c.ltr(ax));
        m.Fault("#GP: LLDT of a data segment", "2A LLDT", Start.Kernel64 with { Ax = Sel.Data }, Vec.Gp, Sel.Data, (c, _) => c.lldt(ax));
        m.Runs("an LDT is searched for selectors with TI", "3A 3.4.2", Start.Kernel64 with { Ax = Sel.Ldt, Bx = 0x14 }, (c, _) =>
        {
            c.lldt(ax);
            c.mov(fs, bx);
            c.mov(ecx, fs);
        }, () => m.Poke(CheckMap.Gdt + Sel.Ldt + 8, 8, 0), () => m.Expect(Field.Cx, 0x14));
    }

    private static void Ports(LongMonitor m)
    {
        var user = Start.User64 with { Dx = 0x80 };
        void Open(uint port) => m.Poke(CheckMap.Tss64 + CheckMap.Tss64IoMap + port / 8, 1, ~(1UL << (int)(port % 8)) & 0xff);
        m.Fault("#GP: IN of a port that the bitmap closes", "1 18.5.2", user, Vec.Gp, 0, (c, _) => c.@in(al, dx));
        m.Runs("IN of a port that the bitmap opens", "1 18.5.2", user, (c, _) => c.@in(al, dx), () => Open(0x80));
        m.Fault("#GP: a wide IN needs all its ports", "1 18.5.2", user with { Dx = 0x87 }, Vec.Gp, 0, (c, _) => c.@in(ax, dx), () => Open(0x87));
        m.Runs("IN of any port with IOPL 3", "1 18.5.1", user with { Flags = Ef.Fixed | Ef.Iopl3 }, (c, _) => c.@in(al, dx));
        m.Fault("#GP: a bitmap that ends before the port", "1 18.5.2", user, Vec.Gp, 0, (c, _) => c.@in(al, dx), () =>
        {
            m.Descriptor(Sel.Free, Descriptors.Segment(CheckMap.Tss64, 0x88 + 0x10, 0x89, 0));
            m.Poke(CheckMap.Gdt + Sel.Free + 8, 8, 0);
            m.C.mov(eax, Sel.Free);
            m.C.ltr(ax);
            Open(0x80);
        });
        m.Fault("#GP: OUTSB obeys the bitmap", "1 18.5.2", user with { Si = CheckMap.Scratch, Cx = 3 }, Vec.Gp, 0, (c, _) => c.rep.outsb(), null, () => m.Expect(Field.Cx, 3));
    }

    private static void Flags(LongMonitor m)
    {
        m.Fault("#GP: CLI at CPL 3 with IOPL 0", "2A CLI", Start.User64, Vec.Gp, 0, (c, _) => c.cli());
        m.Fault("#GP: STI at CPL 3 with IOPL 0", "2B STI", Start.User64, Vec.Gp, 0, (c, _) => c.sti());
        m.Runs("CLI at CPL 3 with IOPL 3", "2A CLI", Start.User64 with { Flags = Ef.Fixed | Ef.Iopl3 | Ef.If }, (c, _) => c.cli(), null, () => m.ExpectFlags(Ef.Iopl3, Ef.If));
        static void PopFlags(Iced.Intel.Assembler c, uint flags)
        {
            c.push((int)flags);
            c.popfq();
        }
        m.Runs("POPF at CPL 3 with IOPL 0 leaves IOPL and IF alone", "2B POPF", Start.User64 with { Flags = Ef.Fixed | Ef.If }, (c, _) => PopFlags(c, Ef.Iopl3 | Ef.Ac), null, () => m.ExpectFlags(Ef.If | Ef.Ac, Ef.Iopl3));
        m.Runs("POPF at CPL 3 with IOPL 3 may change IF, not IOPL", "2B POPF", Start.User64 with { Flags = Ef.Fixed | Ef.If | Ef.Iopl3 }, (c, _) => PopFlags(c, 0), null, () => m.ExpectFlags(Ef.Iopl3, Ef.If));
        m.Runs("POPF at CPL 0 changes IOPL; VM, VIF, VIP and RF stay", "2B POPF", Start.Kernel64, (c, _) => PopFlags(c, Ef.Iopl3 | Ef.Vm | Ef.Vif | Ef.Vip | Ef.Rf), null, () => m.ExpectFlags(Ef.Iopl3, Ef.Vm | Ef.Vif | Ef.Vip | Ef.Rf));
        m.Runs("PVI: CLI and STI at CPL 3 work on VIF", "3B 21.4", Start.User64 with { Flags = Ef.Fixed | Ef.If }, (c, _) =>
        {
            c.sti();
            c.pushfq();
            c.pop(rax);
            c.cli();
        }, () => m.SetCr4(2), () =>
        {
            m.Expect(Field.Ax, Ef.If | Ef.Vif, Ef.If | Ef.Vif);
            m.ExpectFlags(Ef.If, Ef.Vif);
        }, CpuidBit.Vme);
        m.Fault("#GP: PVI: STI with VIP", "3B 21.4", Start.User64 with { Flags = Ef.Fixed | Ef.Vip }, Vec.Gp, 0, (c, _) => c.sti(), () => m.SetCr4(2), null, CpuidBit.Vme);
    }

    private static void UserInstructionPrevention(LongMonitor m)
    {
        var user = Start.User64 with { Bx = CheckMap.Scratch };
        foreach (var (name, body) in ((string, Action<Iced.Intel.Assembler>)[])
            [
                ("SGDT", c => c.sgdt(__[rbx])), ("SIDT", c => c.sidt(__[rbx])), ("SLDT", c => c.sldt(eax)), ("STR", c => c.str(eax)), ("SMSW", c => c.smsw(eax)),
            ])
        {
            m.Fault($"#GP: {name} at CPL 3 with CR4.UMIP", "3A 2.5", user, Vec.Gp, 0, (c, _) => body(c), () => m.SetCr4(1 << 11), null, CpuidBit.Umip);
        }
        m.Runs("SGDT and STR at CPL 3 without CR4.UMIP", "2B SGDT", user, (c, _) =>
        {
            c.sgdt(__[rbx]);
            c.str(eax);
        }, null, () =>
        {
            m.Expect(Field.Ax, Sel.Tss64);
            m.ExpectMemory("gdt base", CheckMap.Scratch + 2, 8, CheckMap.Gdt);
        });
    }
}

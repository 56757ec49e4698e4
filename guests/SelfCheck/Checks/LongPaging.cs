using Tcg.Mttcg.Guests.SelfCheck.Kit;
using static Iced.Intel.AssemblerRegisters;

namespace Tcg.Mttcg.Guests.SelfCheck.Checks;

/// <summary>Paging in long mode: error codes, rights, accessed and dirty bits, large and global pages, PCIDs, keys, five levels (SDM 3A chapter 4).</summary>
internal static class LongPaging
{
    private const uint Page = CheckMap.Pages, Next = CheckMap.Pages + 0x1000;
    private const ulong Present = 1, Writable = 2, User = 4, Accessed = 0x20, Dirty = 0x40, Large = 0x80, Global = 0x100, NoExecute = 1UL << 63;

    /// <summary>The second GiB, where checks hang in what they like.</summary>
    private const uint Window = 0x40000000;

    public static void Add(LongMonitor m)
    {
        ErrorCodes(m);
        Supervisor(m);
        AccessedAndDirty(m);
        Crossing(m);
        LargePages(m);
        Forgetting(m);
        Pcids(m);
        Keys(m);
        FiveLevels(m);
    }

    private static void ErrorCodes(LongMonitor m)
    {
        var user = Start.User64 with { Bx = Page + 8, Ax = 0x77 };
        void Bad(string name, uint error, Start start, Action<Iced.Intel.Assembler> body, Action before, ulong at = Page + 8) =>
            m.Fault($"#PF {error:x}: {name}", "3A 4.7", start, Vec.Pf, error, (c, _) => body(c), before, () => m.Expect(Field.Cr2, at));
        static void Read(Iced.Intel.Assembler c) => c.mov(ecx, __dword_ptr[rbx]);
        static void Write(Iced.Intel.Assembler c) => c.mov(__dword_ptr[rbx], eax);
        Bad("user read, not present", 4, user, Read, () => m.MapPage(Page, 0));
        Bad("user write, not present", 6, user, Write, () => m.MapPage(Page, 0));
        Bad("user write, read-only", 7, user, Write, () => m.MapPage(Page, Page | Present | User));
        Bad("user read of a supervisor page", 5, user, Read, () => m.MapPage(Page, Page | Present | Writable));
        Bad("user write to a supervisor page", 7, user, Write, () => m.MapPage(Page, Page | Present | Writable));
        Bad("kernel write, read-only, with CR0.WP", 3, Start.Kernel64 with { Bx = Page + 8 }, Write, () => m.MapPage(Page, Page | Present | User));
        Bad("kernel read, not present", 0, Start.Kernel64 with { Bx = Page + 8 }, Read, () => m.MapPage(Page, 0));
        Bad("a reserved bit of the page's entry", 0xd, user, Read, () => m.MapPage(Page, Page | Present | User | 1UL << 51));
        Bad("LOCK XADD on a read-only page is a write", 7, user, c => c.@lock.xadd(__dword_ptr[rbx], ecx), () => m.MapPage(Page, Page | Present | User));
        Bad("CMPXCHG that does not match is a write too", 7, user, c => c.cmpxchg(__dword_ptr[rbx], ecx), () => m.MapPage(Page, Page | Present | User));
        m.Fault("#PF d: bit 7 of a PML4 entry", "3A table 4-15", user with { Bx = 0x8000000000 }, Vec.Pf, 0xd, (c, _) => c.mov(ecx, __dword_ptr[rbx]), () => m.Poke(CheckMap.Pml4 + 8, 8, CheckMap.Pdpt | 7 | Large));
        m.Fault("#PF d: address bits within a 2 MiB page", "3A table 4-18", user with { Bx = Window }, Vec.Pf, 0xd, (c, _) => c.mov(ecx, __dword_ptr[rbx]), () => Hang(m, 0x2007 | Large));
        m.Runs("kernel write, read-only, without CR0.WP", "3A 4.6", Start.Kernel64 with { Bx = Page + 8, Ax = 0x77 }, (c, _) => Write(c), () =>
        {
            m.MapPage(Page, Page | Present | User);
            m.SetCr0(LongMonitor.Cr0 & ~0x10000UL);
        }, () => m.ExpectMemory("memory", Page + 8, 4, 0x77));
        m.Check("#PF 15: fetch from a page without execute right", "3A 4.6", () =>
        {
            var code = m.Program.Code64((c, _) => c.nop());
            m.MapPage(Page, Page | 7 | NoExecute);
            m.Run(code, Start.User64 with { Ip = Page });
            m.ExpectEvent(Vec.Pf, Page);
            m.Expect(Field.Error, 0x15);
            m.Expect(Field.Cr2, Page);
        });
        m.Check("#PF 14: fetch from a page that is not present", "3A 4.7", () =>
        {
            var code = m.Program.Code64((c, _) => c.nop());
            m.MapPage(Page, 0);
            m.Run(code, Start.User64 with { Ip = Page });
            m.ExpectEvent(Vec.Pf, Page);
            m.Expect(Field.Error, 0x14);
        });
        m.Check("#PF 14: an instruction whose second page is not present", "3A 4.7", () =>
        {
            var code = m.Program.Code64((c, _) => c.nop());
            // MOV EAX, imm32 with its last three bytes on the next page.
            m.Poke(Page + 0xffe, 1, 0xb8);
            m.MapPage(Next, 0);
            m.Run(code, Start.User64 with { Ip = Page + 0xffe });
            m.ExpectEvent(Vec.Pf, Page + 0xffe);
            m.Expect(Field.Error, 0x14);
            m.Expect(Field.Cr2, Next);
        });
        m.Fault("#PF d: XD without EFER.NXE is reserved", "3A 4.5.4", user, Vec.Pf, 0xd, (c, _) => Read(c), () =>
        {
            m.WriteMsr(LongMonitor.Efer, 0x101);
            m.MapPage(Page, Page | 7 | NoExecute);
        });
        foreach (var (level, rights, above) in ((string, ulong, ulong)[])[("directory", Present | User, 7), ("pointer table", 7, Present | User)])
        {
            m.Fault($"#PF 7: a {level} entry without write right", "3A 4.6", user with { Bx = Window + Page }, Vec.Pf, 7, (c, _) => Write(c), () =>
            {
                Hang(m, CheckMap.Table | rights);
                m.Poke(CheckMap.Pdpt + 8, 8, CheckMap.SpareDirectory | above);
            });
        }
    }

    /// <summary>The directory entry of the window.</summary>
    private static void Hang(LongMonitor m, ulong directoryEntry)
    {
        m.Poke(CheckMap.Pdpt + 8, 8, CheckMap.SpareDirectory | 7);
        m.Poke(CheckMap.SpareDirectory, 8, directoryEntry);
    }

    private static void Supervisor(LongMonitor m)
    {
        var kernel = Start.Kernel64 with { Bx = Page + 8 };
        m.Check("#PF 11: SMEP: kernel fetch from a user page", "3A 4.6", () =>
        {
            var code = m.Program.Code64((c, _) => c.nop());
            m.SetCr4(1 << 20);
            m.Run(code, Start.Kernel64);
            m.ExpectFault(Vec.Pf, code, 0x11);
        }, CpuidBit.Smep);
        // Kernel code of these lies in a supervisor page, and so does its stack.
        m.Fault("#PF 1: SMAP: kernel read of a user page", "3A 4.6", kernel, Vec.Pf, 1, (c, _) => c.mov(eax, __dword_ptr[rbx]), () => m.SetCr4(1 << 21), null, CpuidBit.Smap);
        m.Fault("#PF 3: SMAP: kernel write to a user page", "3A 4.6", kernel, Vec.Pf, 3, (c, _) => c.mov(__dword_ptr[rbx], eax), () => m.SetCr4(1 << 21), null, CpuidBit.Smap);
        m.Runs("SMAP: EFLAGS.AC allows it", "3A 4.6", kernel with { Flags = Ef.Fixed | Ef.Ac }, (c, _) => c.mov(eax, __dword_ptr[rbx]), () => m.SetCr4(1 << 21), null, CpuidBit.Smap);
        m.Fault("SMAP: STAC and CLAC switch at once", "3A 4.6", kernel, Vec.Pf, 1, (c, f) =>
        {
            c.stac();
            c.mov(eax, __dword_ptr[rbx]);
            c.clac();
            f.Mark();
            c.mov(eax, __dword_ptr[rbx]);
        }, () => m.SetCr4(1 << 21), null, CpuidBit.Smap);
        m.Fault("#PF 1: SMAP: AC does not cover the processor's own reads, here of an LDT in a user page", "3A 4.6.1", kernel with { Ax = 0x0c, Flags = Ef.Fixed | Ef.Ac }, Vec.Pf, 1, (c, _) => c.mov(fs, ax), () =>
        {
            m.Poke(CheckMap.Scratch + 8, 8, Descriptors.Flat(Descriptors.Data0, 4));
            m.Descriptor(Sel.Ldt, Descriptors.Segment(CheckMap.Scratch, 0x3f, 0x80 | GateType.Ldt, 0));
            m.Poke(CheckMap.Gdt + Sel.Ldt + 8, 8, 0);
            m.C.mov(eax, Sel.Ldt);
            m.C.lldt(ax);
            m.SetCr4(1 << 21);
        }, null, CpuidBit.Smap);
        m.Fault("#UD: STAC at CPL 3", "2B STAC", Start.User64, Vec.Ud, 0, (c, _) => c.stac());
    }

    private static void AccessedAndDirty(LongMonitor m)
    {
        var entry = LongMonitor.PageEntry(Page);
        var user = Start.User64 with { Bx = Page };
        m.Runs("a read sets the accessed bit, not the dirty bit", "3A 4.8", user, (c, _) => c.mov(eax, __dword_ptr[rbx]), () => m.MapPage(Page, Page | 7), () => m.ExpectMemory("entry", entry, 8, Page | 7 | Accessed));
        m.Runs("a write sets both", "3A 4.8", user, (c, _) => c.mov(__dword_ptr[rbx], eax), () => m.MapPage(Page, Page | 7), () => m.ExpectMemory("entry", entry, 8, Page | 7 | Accessed | Dirty));
        m.Runs("a write after a read sets the dirty bit", "3A 4.8", user, (c, _) =>
        {
            c.mov(eax, __dword_ptr[rbx]);
            c.mov(__dword_ptr[rbx], eax);
        }, () => m.MapPage(Page, Page | 7), () => m.ExpectMemory("entry", entry, 8, Page | 7 | Accessed | Dirty));
        m.Check("a fetch sets the accessed bit at every level", "3A 4.8", () =>
        {
            var code = m.Program.Code64((c, _) => c.nop());
            m.Run(code, Start.User64);
            m.ExpectDone(code);
            m.ExpectMemory("page entry", LongMonitor.PageEntry(code.Linear), 8, Accessed, Accessed | Dirty);
            m.ExpectMemory("directory entry", CheckMap.Directory, 8, Accessed, Accessed);
            m.ExpectMemory("pointer entry", CheckMap.Pdpt, 8, Accessed, Accessed);
            m.ExpectMemory("pml4 entry", CheckMap.Pml4, 8, Accessed, Accessed);
        });
        m.Fault("a write that faults does not set the dirty bit", "3A 4.8", user, Vec.Pf, 7, (c, _) => c.mov(__dword_ptr[rbx], eax), () => m.MapPage(Page, Page | 5), () => m.ExpectMemory("entry", entry, 8, 0, Dirty));
    }

    private static void Crossing(LongMonitor m)
    {
        var user = Start.User64 with { Bx = Next - 4, Ax = ulong.MaxValue };
        void Bad(string name, uint error, Action<Iced.Intel.Assembler> body, ulong second) => m.Fault("#PF: " + name, "3A 4.7", user, Vec.Pf, error, (c, _) => body(c), () =>
        {
            m.Poke(Next - 4, 4, 0);
            m.MapPage(Next, second);
        }, () =>
        {
            m.Expect(Field.Cr2, Next);
            m.ExpectMemory("first half", Next - 4, 4, 0);
        });
        Bad("a store whose second half is not mapped changes nothing", 6, c => c.mov(__qword_ptr[rbx], rax), 0);
        Bad("a store whose second half is read-only changes nothing", 7, c => c.mov(__qword_ptr[rbx], rax), Next | 5);
        Bad("an SSE store likewise", 6, c => c.movups(__xmmword_ptr[rbx], xmm0), 0);
        Bad("LOCK ADD likewise", 6, c => c.@lock.add(__qword_ptr[rbx], rax), 0);
        Bad("a read reports the second page", 4, c => c.mov(rcx, __qword_ptr[rbx]), 0);
        m.Runs("two pages that are no neighbours hold one operand", "3A 4.1", user, (c, _) =>
        {
            c.mov(__qword_ptr[rbx], rax);
            c.mov(rcx, __qword_ptr[rbx]);
        }, () => m.MapPage(Next, (Page + 0x4000) | 7), () =>
        {
            m.Expect(Field.Cx, ulong.MaxValue);
            m.ExpectMemory("second half", Page + 0x4000, 4, uint.MaxValue);
        });
    }

    private static void LargePages(LongMonitor m)
    {
        var user = Start.User64 with { Bx = Window + Page, Ax = 0x4711 };
        m.Runs("a 2 MiB page, its accessed and dirty bits", "3A 4.5.4", user, (c, _) => c.mov(__dword_ptr[rbx], eax), () => Hang(m, 7 | Large), () =>
        {
            m.ExpectMemory("memory", Page, 4, 0x4711);
            m.ExpectMemory("entry", CheckMap.SpareDirectory, 8, 7 | Large | Accessed | Dirty);
        });
        m.Runs("a 1 GiB page", "3A 4.5.4", user, (c, _) => c.mov(__dword_ptr[rbx], eax), () => m.Poke(CheckMap.Pdpt + 8, 8, 7 | Large), () =>
        {
            m.ExpectMemory("memory", Page, 4, 0x4711);
            m.ExpectMemory("entry", CheckMap.Pdpt + 8, 8, 7 | Large | Accessed | Dirty);
        }, CpuidBit.Page1G);
        m.Runs("the upper canonical half", "3A 4.5", user with { Bx = 0xffffff8000000000 + Page }, (c, _) => c.mov(__dword_ptr[rbx], eax), null, () => m.ExpectMemory("memory", Page, 4, 0x4711));
    }

    private static void Forgetting(LongMonitor m)
    {
        // Each reads the page, has its entry changed without it, and then does what must make the processor look again.
        void Again(string name, string source, ulong global, Action<Iced.Intel.Assembler> forget, params CpuidBit[] needs) => m.Runs(name, source, Start.Kernel64 with { Bx = Page, Si = LongMonitor.PageEntry(Page) }, (c, _) =>
        {
            c.mov(eax, __dword_ptr[rbx]);
            c.xor(__qword_ptr[rsi], 0x1000);
            forget(c);
            c.mov(eax, __dword_ptr[rbx]);
        }, () =>
        {
            m.Poke(Page, 4, 1);
            m.Poke(Next, 4, 2);
            m.SetCr4(0x80);
            m.MapPage(Page, Page | 7 | global);
        }, () => m.Expect(Field.Ax, 2), needs);
        Again("INVLPG forgets a page", "3A 4.10.4.1", 0, c => c.invlpg(__byte_ptr[rbx]));
        Again("INVLPG forgets a global page", "3A 4.10.4.1", Global, c => c.invlpg(__byte_ptr[rbx]));
        Again("MOV to CR3 forgets", "3A 4.10.4.1", 0, c =>
        {
            c.mov(rax, cr3);
            c.mov(cr3, rax);
        });
        Again("CR4.PGE off and on forgets global pages", "3A 4.10.4.1", Global, c =>
        {
            c.mov(rax, cr4);
            c.mov(rcx, rax);
            c.and(al, 0x7f);
            c.mov(cr4, rax);
            c.mov(cr4, rcx);
        });
        foreach (var type in (int[])[0, 1, 2, 3])
        {
            Again($"INVPCID type {type} forgets", "2A INVPCID", type == 2 ? Global : 0, c =>
            {
                c.mov(eax, type);
                c.push(type == 0 ? (int)Page : 0);
                c.push(0);
                c.invpcid(rax, __xmmword_ptr[rsp]);
            }, CpuidBit.Invpcid);
        }
    }

    private static void Pcids(LongMonitor m)
    {
        var kernel = Start.Kernel64;
        void Enable()
        {
            m.SetCr4(1 << 17);
        }
        m.Fault("#GP: CR4.PCIDE with a PCID in CR3", "3A 4.10.1", kernel, Vec.Gp, 0, (c, f) =>
        {
            c.mov(rax, cr3);
            c.or(eax, 8);
            c.mov(cr3, rax);
            c.mov(rax, cr4);
            c.or(eax, 1 << 17);
            f.Mark();
            c.mov(cr4, rax);
        }, null, null, CpuidBit.Pcid);
        m.Fault("#GP: bit 63 of CR3 without CR4.PCIDE", "3A 4.10.1", kernel, Vec.Gp, 0, (c, f) =>
        {
            c.mov(rax, cr3);
            c.bts(rax, 63);
            f.Mark();
            c.mov(cr3, rax);
        }, null, null, CpuidBit.Pcid);
        m.Runs("each PCID has its own translations; MOV to CR3 without bit 63 forgets those of the new one", "3A 4.10.4.1", kernel with { Bx = Page, Si = LongMonitor.PageEntry(Page) }, (c, _) =>
        {
            c.mov(rdx, cr3);
            c.lea(rcx, __[rdx + 1]);
            c.mov(eax, __dword_ptr[rbx]);
            c.mov(cr3, rcx);
            c.mov(edi, __dword_ptr[rbx]);
            c.xor(__qword_ptr[rsi], 0x1000);
            c.mov(cr3, rdx);
            c.mov(eax, __dword_ptr[rbx]);
        }, () =>
        {
            m.Poke(Page, 4, 1);
            m.Poke(Next, 4, 2);
            m.MapPage(Page, Page | 7);
            Enable();
        }, () =>
        {
            m.Expect(Field.Di, 1);
            m.Expect(Field.Ax, 2);
        }, CpuidBit.Pcid);
        m.Runs("INVPCID of another PCID with CR4.PCIDE", "2A INVPCID", kernel with { Ax = 1 }, (c, _) =>
        {
            c.push(0);
            c.push(5);
            c.invpcid(rax, __xmmword_ptr[rsp]);
        }, Enable, null, CpuidBit.Pcid, CpuidBit.Invpcid);
        m.Fault("#GP: INVPCID type 4", "2A INVPCID", kernel with { Ax = 4 }, Vec.Gp, 0, (c, _) => c.invpcid(rax, __xmmword_ptr[rsp - 16]), null, null, CpuidBit.Invpcid);
        m.Fault("#GP: INVPCID with reserved bits in its descriptor", "2A INVPCID", kernel with { Bx = CheckMap.Scratch }, Vec.Gp, 0, (c, _) => c.invpcid(rax, __xmmword_ptr[rbx]), () => m.Poke(CheckMap.Scratch, 8, 0x1000), null, CpuidBit.Invpcid);
        m.Fault("#GP: INVPCID of a PCID without CR4.PCIDE", "2A INVPCID", kernel with { Bx = CheckMap.Scratch }, Vec.Gp, 0, (c, _) => c.invpcid(rax, __xmmword_ptr[rbx]), () => m.Poke(CheckMap.Scratch, 8, 5), null, CpuidBit.Invpcid);
        m.Fault("#GP: INVPCID of a non-canonical address", "2A INVPCID", kernel with { Bx = CheckMap.Scratch }, Vec.Gp, 0, (c, _) => c.invpcid(rax, __xmmword_ptr[rbx]), () => m.Poke(CheckMap.Scratch + 8, 8, 0x800000000000), null, CpuidBit.Invpcid);
        m.Fault("#GP: INVPCID at CPL 3", "2A INVPCID", Start.User64 with { Bx = CheckMap.Scratch }, Vec.Gp, 0, (c, _) => c.invpcid(rax, __xmmword_ptr[rbx]), null, null, CpuidBit.Invpcid);
    }

    private static void Keys(LongMonitor m)
    {
        void Key(uint pkru)
        {
            m.SetCr4(1 << 22);
            m.MapPage(Page, Page | 7 | 3UL << 59);
            m.C.mov(eax, pkru);
            m.C.xor(ecx, ecx);
            m.C.xor(edx, edx);
            m.C.db(0x0f, 0x01, 0xef);
        }
        var user = Start.User64 with { Bx = Page };
        m.Fault("#PF 25: a protection key without access", "3A 4.6.2", user, Vec.Pf, 0x25, (c, _) => c.mov(eax, __dword_ptr[rbx]), () => Key(1 << 6), null, CpuidBit.Pku);
        m.Fault("#PF 27: a protection key without writes", "3A 4.6.2", user, Vec.Pf, 0x27, (c, _) => c.mov(__dword_ptr[rbx], eax), () => Key(2 << 6), null, CpuidBit.Pku);
        m.Runs("a protection key without writes may be read", "3A 4.6.2", user, (c, _) => c.mov(eax, __dword_ptr[rbx]), () => Key(2 << 6), null, CpuidBit.Pku);
        m.Fault("#UD: RDPKRU without CR4.PKE", "2B RDPKRU", user, Vec.Ud, 0, (c, _) => c.db(0x0f, 0x01, 0xee));
    }

    // Five levels cannot be switched on with paging on: a 32-bit stretch of compatibility code goes there and back.
    private static void FiveLevels(LongMonitor m) => m.Check("five-level paging: 57-bit addresses are canonical", "3A 4.5", () =>
    {
        var there = m.Program.Code64((c, _) =>
        {
            c.mov(rbx, 0xff00000000000000 + Page);
            c.mov(__dword_ptr[rbx], 0x5757);
            c.mov(rcx, 0x0080_0000_0000_0000);
            c.lea(rdx, __[rcx - 1]);
        });
        var code = m.Program.Code32((c, _) =>
        {
            c.mov(eax, cr0);
            c.and(eax, int.MaxValue);
            c.mov(cr0, eax);
            c.mov(edx, cr4);
            c.or(edx, 1 << 12);
            c.mov(cr4, edx);
            c.mov(edx, CheckMap.Pml5);
            c.mov(cr3, edx);
            c.or(eax, unchecked((int)0x80000000));
            c.mov(cr0, eax);
            c.db(0xea);
            c.dd(there.Start);
            c.dw(Sel.Code64);
        });
        m.Poke(CheckMap.Pml5 + 256 * 8, 8, CheckMap.Pml4 | 7);
        m.Run(code, Start.Kernel32);
        m.ExpectDone(there);
        m.ExpectMemory("memory", Page, 4, 0x5757);
        // Back to four levels, the same way.
        var back = m.C.CreateLabel();
        m.C.lea(rax, __[back]);
        m.C.mov(__dword_ptr[CheckMap.LongReturn], eax);
        m.C.mov(__word_ptr[CheckMap.LongReturn + 4], Sel.Code64);
        var home = m.Program.Code32((c, _) =>
        {
            c.mov(eax, cr0);
            c.and(eax, int.MaxValue);
            c.mov(cr0, eax);
            c.mov(edx, cr4);
            c.and(edx, ~(1 << 12));
            c.mov(cr4, edx);
            c.mov(edx, CheckMap.Pml4);
            c.mov(cr3, edx);
            c.or(eax, unchecked((int)0x80000000));
            c.mov(cr0, eax);
            c.jmp(__fword_ptr[CheckMap.LongReturn]);
        });
        m.C.push(Sel.Code32);
        m.C.mov(eax, home.Start);
        m.C.push(rax);
        m.C.db(0x48, 0xcb);
        m.C.Label(ref back);
        m.C.nop();
    }, CpuidBit.La57);
}

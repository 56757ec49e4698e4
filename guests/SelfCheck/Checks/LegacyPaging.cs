using Tcg.Mttcg.Guests.SelfCheck.Kit;
using static Iced.Intel.AssemblerRegisters;

namespace Tcg.Mttcg.Guests.SelfCheck.Checks;

/// <summary>32-bit and PAE paging (SDM 3A 4.3, 4.4).</summary>
internal static class LegacyPaging
{
    private const uint Page = CheckMap.Pages, Pse = 0x10, Pae = 0x20, Accessed = 0x20, Dirty = 0x40, Large = 0x80;
    private const uint Entry32 = CheckMap.Table32 + (Page >> 12) * 4, EntryPae = CheckMap.PaeTable + (Page >> 12) * 8;

    /// <summary>Linear 16 MiB: where checks hang in a large page.</summary>
    private const uint Window = 0x1000000;

    public static void Add(LegacyMonitor m)
    {
        Narrow(m);
        Wide(m);
    }

    private static void Narrow(LegacyMonitor m)
    {
        var user = Start.User32 with { Bx = Page, Ax = 0x77 };
        void On() => m.EnablePaging(CheckMap.Directory32);
        m.Runs("32-bit paging: code, data and stack; accessed and dirty bits", "3A 4.3", user, (c, _) => c.mov(__dword_ptr[ebx], eax), On, () =>
        {
            m.ExpectMemory("memory", Page, 4, 0x77);
            m.ExpectMemory("page entry", Entry32, 4, Page | 7 | Accessed | Dirty);
            m.ExpectMemory("directory entry", CheckMap.Directory32, 4, Accessed, Accessed);
        });
        void Bad(string name, uint error, uint entry, bool write) => m.Fault($"32-bit paging: #PF {error:x}: {name}", "3A 4.7", user, Vec.Pf, error, (c, _) =>
        {
            if (write) c.mov(__dword_ptr[ebx], eax);
            else c.mov(eax, __dword_ptr[ebx]);
        }, () =>
        {
            m.Poke(Entry32, 4, entry);
            On();
        }, () => m.Expect(Field.Cr2, Page));
        Bad("user read, not present", 4, 0, write: false);
        Bad("user write, read-only", 7, Page | 5, write: true);
        Bad("user read of a supervisor page", 5, Page | 3, write: false);
        void Hang(uint entry)
        {
            m.Poke(CheckMap.Directory32 + (Window >> 22) * 4, 4, entry);
            m.SetCr4(Pse);
            On();
        }
        m.Runs("32-bit paging: a 4 MiB page", "3A 4.3", user with { Bx = Window + Page }, (c, _) => c.mov(__dword_ptr[ebx], eax), () => Hang(7 | Large), () =>
        {
            m.ExpectMemory("memory", Page, 4, 0x77);
            m.ExpectMemory("directory entry", CheckMap.Directory32 + (Window >> 22) * 4, 4, 7 | Large | Accessed | Dirty);
        });
        m.Runs("32-bit paging: PSE-36 reaches beyond 4 GiB, where nothing answers", "3A 4.3", user with { Bx = Window }, (c, _) => c.mov(eax, __dword_ptr[ebx]), () => Hang(7 | Large | 0xf << 13), () => m.Expect(Field.Ax, 0xffffffff));
        m.Fault("32-bit paging: #PF d: bit 21 of a 4 MiB page's entry", "3A table 4-4", user with { Bx = Window }, Vec.Pf, 0xd, (c, _) => c.mov(eax, __dword_ptr[ebx]), () => Hang(7 | Large | 1 << 21));
        m.Fault("32-bit paging: without CR4.PSE bit 7 is ignored", "3A 4.3", user with { Bx = Window }, Vec.Pf, 4, (c, _) => c.mov(eax, __dword_ptr[ebx]), () =>
        {
            m.Poke(CheckMap.Directory32 + (Window >> 22) * 4, 4, CheckMap.SpareTable | 7 | Large);
            m.C.xor(eax, eax);
            m.C.mov(edi, CheckMap.SpareTable);
            m.C.mov(ecx, 1024);
            m.C.rep.stosd();
            On();
        });
        m.Runs("32-bit paging off and on again", "3A 4.1.2", Start.Kernel32 with { Bx = Page }, (c, _) =>
        {
            c.mov(eax, __dword_ptr[ebx]);
            c.mov(ecx, cr0);
            c.btr(ecx, 31);
            c.mov(cr0, ecx);
            c.mov(edx, __dword_ptr[ebx]);
            c.bts(ecx, 31);
            c.mov(cr0, ecx);
        }, () =>
        {
            m.Poke(Page, 4, 1);
            m.Poke(Page + 0x1000, 4, 2);
            m.Poke(Entry32, 4, (Page + 0x1000) | 7);
            On();
        }, () =>
        {
            m.Expect(Field.Ax, 2);
            m.Expect(Field.Dx, 1);
        });
    }

    private static void Wide(LegacyMonitor m)
    {
        var user = Start.User32 with { Bx = Page, Ax = 0x77 };
        void On()
        {
            m.SetCr4(Pae);
            m.EnablePaging(CheckMap.PaePointers);
        }
        m.Runs("PAE paging: accessed and dirty bits", "3A 4.4", user, (c, _) => c.mov(__dword_ptr[ebx], eax), On, () =>
        {
            m.ExpectMemory("memory", Page, 4, 0x77);
            m.ExpectMemory("page entry", EntryPae, 4, Page | 7 | Accessed | Dirty);
            m.ExpectMemory("pointer entry", CheckMap.PaePointers, 4, CheckMap.PaeDirectory | 1);
        });
        m.Runs("PAE paging: a 2 MiB page", "3A 4.4", user with { Bx = Window + Page }, (c, _) => c.mov(__dword_ptr[ebx], eax), () =>
        {
            m.Poke(CheckMap.PaeDirectory + (Window >> 21) * 8, 8, 7 | Large);
            On();
        }, () => m.ExpectMemory("memory", Page, 4, 0x77));
        m.Fault("PAE paging: #PF d: a reserved bit", "3A table 4-11", user, Vec.Pf, 0xd, (c, _) => c.mov(eax, __dword_ptr[ebx]), () =>
        {
            m.Poke(EntryPae, 8, Page | 7 | 1UL << 62);
            On();
        });
        m.Check("PAE paging: #PF 15: fetch without execute right", "3A 4.6", () =>
        {
            var code = m.Program.Code32((c, _) => c.nop());
            m.Poke(EntryPae, 8, Page | 7 | 1UL << 63);
            m.C.mov(ecx, LongMonitor.Efer);
            m.C.rdmsr();
            m.C.or(eax, 0x800);
            m.C.wrmsr();
            On();
            m.Run(code, Start.User32 with { Ip = Page });
            m.ExpectEvent(Vec.Pf, Page);
            m.Expect(Field.Error, 0x15);
        });
        m.Fault("#GP: PAE paging: a reserved bit in a PDPTE that MOV to CR3 loads", "3A 4.4.1", Start.Kernel32, Vec.Gp, 0, (c, f) =>
        {
            c.mov(__dword_ptr[CheckMap.PaePointers + 8], 0x23);
            c.mov(eax, CheckMap.PaePointers);
            f.Mark();
            c.mov(cr3, eax);
        }, On);
        m.Runs("PAE paging: PDPTEs are registers until MOV to CR3", "3A 4.4.1", Start.Kernel32 with { Bx = 0x40000000 + Page }, (c, _) =>
        {
            c.mov(__dword_ptr[CheckMap.PaePointers + 8], 0);
            c.invlpg(__byte_ptr[ebx]);
            c.mov(eax, __dword_ptr[ebx]);
        }, () =>
        {
            m.Poke(CheckMap.PaePointers + 8, 8, CheckMap.PaeDirectory | 1);
            m.Poke(Page, 4, 0x99);
            On();
        }, () => m.Expect(Field.Ax, 0x99));
        m.Fault("#GP: CR4.PAE on under 32-bit paging with bad PDPTEs", "3A 4.4.1", Start.Kernel32, Vec.Gp, 0, (c, f) =>
        {
            c.mov(eax, cr4);
            c.or(eax, (int)Pae);
            f.Mark();
            c.mov(cr4, eax);
        }, () => m.EnablePaging(CheckMap.Directory32), () => { });
    }
}

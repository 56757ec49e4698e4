using Iced.Intel;
using Tcg.Mttcg.Guests.BareMetal;
using static Iced.Intel.AssemblerRegisters;

namespace Tcg.Mttcg.Guests.Litmus;

/// <summary>Page tables that change while other CPUs walk them and hold what they found.</summary>
public static class Translations
{
    private const byte PageFault = 14, Shootdown = 0x40;
    private const int ValueA = 0xaaaa, ValueB = 0xbbbb;

    private static readonly uint Acknowledged = LitmusMap.Word(0), Done = LitmusMap.Word(1);

    /// <summary>
    /// CPU 0 maps a page elsewhere and has the others drop the old translation by an interrupt, as kernels do. They read the page all the time; once CPU 0
    /// has all acknowledgements they must see the new page.
    /// </summary>
    public static GuestImage Remap(uint rounds)
    {
        var litmus = new LitmusProgram("shootdown");
        var c = litmus.C;
        Label handler = c.CreateLabel(), over = c.CreateLabel();
        c.jmp(over);
        c.Label(ref handler);
        c.push(rax);
        c.invlpg(__byte_ptr[LitmusMap.Window]);
        c.@lock.inc(__dword_ptr[Acknowledged]);
        litmus.EndOfInterrupt();
        c.pop(rax);
        c.iretq();
        litmus.Here(ref over);
        litmus.Once(() =>
        {
            litmus.Gate(Shootdown, handler);
            c.mov(__dword_ptr[LitmusMap.Page(0)], ValueA);
            c.mov(__dword_ptr[LitmusMap.Page(1)], ValueB);
            c.mov(__dword_ptr[LitmusMap.WindowEntry(0)], LitmusMap.Page(0) | 3);
            litmus.MapWindow();
        });
        litmus.LoadInterruptTable();
        litmus.FlushTlb();
        litmus.EnableApic();
        c.sti();

        litmus.Rounds(rounds, () =>
        {
            // R8, R9: this round's page and value.
            c.mov(r8d, LitmusMap.Page(0) | 3);
            c.mov(r9d, ValueA);
            c.mov(eax, LitmusMap.Page(1) | 3);
            c.mov(edx, ValueB);
            c.test(r13d, 1);
            c.cmovne(r8d, eax);
            c.cmovne(r9d, edx);
            litmus.OnCpu(0, () =>
            {
                c.mov(__dword_ptr[Acknowledged], 1);
                c.mov(__dword_ptr[LitmusMap.WindowEntry(0)], r8d);
                c.invlpg(__byte_ptr[LitmusMap.Window]);
                litmus.Command(0xc4000 | Shootdown);
                litmus.SpinUntilEqual(() => c.cmp(__dword_ptr[Acknowledged], r12d));
                c.mov(__dword_ptr[Done], r13d);
            }, () =>
            {
                litmus.SpinUntilEqual(() =>
                {
                    c.mov(eax, __dword_ptr[LitmusMap.Window]);
                    c.cmp(__dword_ptr[Done], r13d);
                });
                c.cmp(__dword_ptr[LitmusMap.Window], r9d);
                litmus.ForbidUnlessEqual();
            });
        });
        return litmus.Finish();
    }

    /// <summary>
    /// CPU 0 takes a page table entry away with XCHG while the others access the page, dropping their translation before each access: a walker that sets
    /// A and D without comparing would write the entry back. They run into #PF until the entry returns.
    /// </summary>
    public static GuestImage WalkerUpdate(uint rounds)
    {
        const int takes = 32, looks = 8, accesses = 64;
        var litmus = new LitmusProgram("walker-ad");
        var c = litmus.C;
        Label handler = c.CreateLabel(), over = c.CreateLabel();
        c.jmp(over);
        c.Label(ref handler);
        c.pause();
        c.add(rsp, 8);
        c.iretq();
        litmus.Here(ref over);
        litmus.Once(() =>
        {
            litmus.Gate(PageFault, handler);
            c.mov(__dword_ptr[LitmusMap.WindowEntry(0)], LitmusMap.Page(0) | 3);
            litmus.MapWindow();
        });
        litmus.LoadInterruptTable();
        litmus.FlushTlb();

        litmus.Rounds(rounds, () => litmus.OnCpu(0, () => litmus.Repeat(r14d, takes, () =>
        {
            c.xor(eax, eax);
            c.xchg(__dword_ptr[LitmusMap.WindowEntry(0)], eax);
            litmus.Repeat(edi, looks, () =>
            {
                c.cmp(__dword_ptr[LitmusMap.WindowEntry(0)], 0);
                litmus.ForbidUnlessEqual();
            });
            c.mov(__dword_ptr[LitmusMap.WindowEntry(0)], LitmusMap.Page(0) | 3);
            // The walkers find it at different moments.
            Label wait = c.CreateLabel();
            c.imul(ecx, r14d, 37);
            c.and(ecx, 0x7f);
            c.inc(ecx);
            litmus.Here(ref wait);
            c.dec(ecx);
            c.jne(wait);
        }), () => litmus.Repeat(edi, accesses, () =>
        {
            c.invlpg(__byte_ptr[LitmusMap.Window]);
            c.mov(eax, __dword_ptr[LitmusMap.Window + 4]);
            c.mov(__dword_ptr[LitmusMap.Window], edi);
        })));
        return litmus.Finish();
    }
}

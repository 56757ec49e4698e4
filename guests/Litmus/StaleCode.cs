using Iced.Intel;
using Tcg.Mttcg.Guests.BareMetal;
using static Iced.Intel.AssemblerRegisters;

namespace Tcg.Mttcg.Guests.Litmus;

/// <summary>How <see cref="StaleCode"/>'s stub lies in memory.</summary>
public enum StalePlace
{
    /// <summary>Nothing else is on its page.</summary>
    Alone,

    /// <summary>Other, unchanging code keeps its page a code page.</summary>
    Keep,

    /// <summary>The writer's page is read-only: its store faults, the handler makes the page writable, the store is run again.</summary>
    Fault,
}

/// <summary>
/// Cross-modifying code (SDM 3A 9.1.3). Each round CPU 0 overwrites <c>mov eax, imm32; ret</c>, so that no translation of it is left; all meet; it writes
/// the round's number into the immediate while the others call the code, that is, while they translate it anew; all meet; the others execute
/// CPUID and call it again: anything but the new number is stale.
/// </summary>
public static class StaleCode
{
    private const uint Neighbour = 0x800;
    private const byte PageFault = 14;

    public static GuestImage Build(uint rounds, StalePlace place)
    {
        var litmus = new LitmusProgram($"stale-{place.ToString().ToLowerInvariant()}");
        var c = litmus.C;
        var stub = LitmusMap.Page(0);
        litmus.Once(() =>
        {
            litmus.StoreBytes(stub, 0xb8, 0, 0, 0, 0, 0xc3);
            litmus.StoreBytes(stub + Neighbour, 0xc3);
            if (place == StalePlace.Fault) MapReadOnly(litmus, stub);
        });
        // R14: where it is called; RBP: where it is written, behind the fault another linear address of the same page.
        c.mov(r14d, stub);
        c.mov(ebp, place == StalePlace.Fault ? LitmusMap.Window : stub);
        if (place == StalePlace.Fault)
        {
            litmus.LoadInterruptTable();
            litmus.FlushTlb();
        }

        litmus.Rounds(rounds, () =>
        {
            if (place == StalePlace.Keep)
            {
                c.lea(rax, __[r14 + Neighbour]);
                c.call(rax);
            }
            litmus.OnCpu(0, () => c.mov(__dword_ptr[rbp + 1], -1));
            litmus.Meet();
            litmus.OnCpu(0, () =>
            {
                if (place == StalePlace.Fault) ProtectAgain(c);
                c.mov(__dword_ptr[rbp + 1], r13d);
            }, () => c.call(r14));
            litmus.Meet();
            litmus.OnCpu(0, c.nop, () =>
            {
                litmus.Serialize();
                c.call(r14);
                c.cmp(eax, r13d);
                litmus.ForbidUnlessEqual();
            });
        });
        return litmus.Finish();
    }

    private static void MapReadOnly(LitmusProgram litmus, uint page)
    {
        var c = litmus.C;
        Label handler = c.CreateLabel(), over = c.CreateLabel();
        c.jmp(over);
        c.Label(ref handler);
        c.@lock.or(__dword_ptr[LitmusMap.WindowEntry(0)], 2);
        c.invlpg(__byte_ptr[LitmusMap.Window]);
        c.add(rsp, 8);
        c.iretq();
        litmus.Here(ref over);
        c.mov(__dword_ptr[LitmusMap.WindowEntry(0)], page | 3);
        litmus.MapWindow();
        litmus.Gate(PageFault, handler);
    }

    private static void ProtectAgain(Assembler c)
    {
        c.@lock.and(__dword_ptr[LitmusMap.WindowEntry(0)], ~2);
        c.invlpg(__byte_ptr[LitmusMap.Window]);
    }
}

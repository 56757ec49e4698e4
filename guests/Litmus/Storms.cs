using Iced.Intel;
using Tcg.Mttcg.Guests.BareMetal;
using static Iced.Intel.AssemblerRegisters;

namespace Tcg.Mttcg.Guests.Litmus;

/// <summary>Interrupts, halts and starts that must not get lost. A lost one shows as a machine that never ends.</summary>
public static class Storms
{
    private const byte Nmi = 2, Vector = 0x40;
    private const uint InitCommand = 0x4500, StartCommand = 0x4600 | MemoryMap.Trampoline >> 12, NmiCommand = 0x4400, FixedCommand = 0x4000 | Vector;

    // A word for each CPU: interrupts seen, and APIC ids.
    private const uint Seen = LitmusMap.Pages, SeenBytes = 64, ApicIds = LitmusMap.Pages + 0x4000;

    /// <summary>In each round every CPU interrupts the next one and waits for the one before, spinning.</summary>
    public static GuestImage Ring(uint rounds, bool nmi)
    {
        var litmus = new LitmusProgram(nmi ? "nmi-storm" : "ipi-storm");
        var c = litmus.C;
        var handler = Handler(litmus, endOfInterrupt: !nmi);
        Start(litmus, nmi ? Nmi : Vector, handler);
        c.sti();
        litmus.Rounds(rounds, () =>
        {
            c.mov(r14d, __dword_ptr[rbp]);
            litmus.Meet();
            // The next CPU's number, then its APIC id.
            c.lea(eax, __[rbx + 1]);
            c.xor(edx, edx);
            c.div(r12d);
            c.mov(eax, __dword_ptr[rdx * 4 + (int)ApicIds]);
            litmus.AimAt();
            litmus.Command(nmi ? NmiCommand : FixedCommand);
            Label wait = c.CreateLabel();
            litmus.Here(ref wait);
            c.pause();
            c.cmp(__dword_ptr[rbp], r14d);
            c.je(wait);
        });
        return litmus.Finish();
    }

    /// <summary>
    /// Each CPU arms its timer with a short count that changes from round to round, so that it fires just before, in and just after HLT, and waits for it
    /// as kernels do (CLI, look, STI, HLT).
    /// </summary>
    /// <param name="exclusive">Odd CPUs meanwhile add to a doubleword on two pages, which stops everybody for a moment.</param>
    public static GuestImage Halts(uint rounds, bool exclusive)
    {
        const int shortest = 20, spread = 0x7ff;
        const uint shared = LitmusMap.Pages + 0x8000 - 2;
        var litmus = new LitmusProgram(exclusive ? "exclusive-halts" : "timer-hlt");
        var c = litmus.C;
        var handler = Handler(litmus, endOfInterrupt: true);
        Start(litmus, Vector, handler);
        c.mov(eax, MemoryMap.LocalApic);
        // One-shot, divided by 1.
        c.mov(__dword_ptr[rax + 0x320], Vector);
        c.mov(__dword_ptr[rax + 0x3e0], 0xb);
        litmus.Rounds(rounds, () =>
        {
            if (exclusive)
            {
                c.test(ebx, 1);
                litmus.IfElse(a => a.je, () =>
                {
                    c.mov(edx, 1);
                    c.@lock.xadd(__dword_ptr[shared], edx);
                });
            }
            Label look = c.CreateLabel(), done = c.CreateLabel();
            c.cli();
            c.mov(r14d, __dword_ptr[rbp]);
            c.imul(ecx, r13d, 37);
            c.and(ecx, spread);
            c.add(ecx, shortest);
            c.mov(eax, MemoryMap.LocalApic);
            c.mov(__dword_ptr[rax + 0x380], ecx);
            litmus.Here(ref look);
            c.cmp(__dword_ptr[rbp], r14d);
            c.jne(done);
            c.sti();
            c.hlt();
            c.cli();
            c.jmp(look);
            litmus.Here(ref done);
        });
        if (exclusive)
        {
            c.mov(eax, r12d);
            c.shr(eax, 1);
            c.imul(eax, eax, (int)rounds);
            c.cmp(__dword_ptr[shared], eax);
            litmus.ForbidUnlessEqual();
        }
        return litmus.Finish();
    }

    /// <summary>
    /// CPU 0 takes the others, one after another, from whatever they do by INIT and starts them again by SIPI; every fourth time it sends both twice, so
    /// that INIT meets a CPU that is just starting.
    /// </summary>
    public static GuestImage Restarts(uint rounds)
    {
        var litmus = new LitmusProgram("init-sipi");
        var c = litmus.C;
        uint arrived = LitmusMap.Word(0), storm = LitmusMap.Word(1);
        Label notYet = c.CreateLabel(), again = c.CreateLabel(), next = c.CreateLabel();
        c.cmp(__dword_ptr[storm], 0);
        c.je(notYet);
        // Started by CPU 0 below, in the middle of the storm: it is given the number to expect in the start-up's own counter.
        c.mov(eax, __dword_ptr[storm]);
        c.mov(__dword_ptr[arrived], eax);
        c.cli();
        litmus.Here(ref again);
        c.hlt();
        c.jmp(again);
        litmus.Here(ref notYet);
        StoreApicId(litmus);
        litmus.Meet();
        litmus.OnCpu(0, () =>
        {
            c.mov(r13d, 1);
            c.xor(r14d, r14d);
            litmus.Here(ref next);
            // R14: the CPU to restart, 1 to count - 1 in turn.
            c.inc(r14d);
            c.cmp(r14d, r12d);
            litmus.IfElse(a => a.jb, () => c.mov(r14d, 1));
            c.mov(__dword_ptr[storm], r13d);
            c.test(r13d, 3);
            litmus.IfElse(a => a.jne, () => Restart(litmus));
            Restart(litmus);
            // The start-up code waits until all CPUs have been counted.
            litmus.SpinUntilEqual(() =>
            {
                c.mov(__dword_ptr[MemoryMap.Started], r12d);
                c.cmp(__dword_ptr[arrived], r13d);
            });
            c.inc(r13d);
            c.cmp(r13d, rounds);
            c.jbe(next);
            // Nobody is left to meet.
            c.mov(r12d, 1);
        }, () =>
        {
            var wait = c.CreateLabel();
            litmus.Here(ref wait);
            c.pause();
            c.jmp(wait);
        });
        return litmus.Finish();
    }

    // The start-up counter gives the restarted CPU its number, and with it its stack.
    private static void Restart(LitmusProgram litmus)
    {
        var c = litmus.C;
        c.mov(eax, __dword_ptr[r14 * 4 + (int)ApicIds]);
        litmus.AimAt();
        litmus.Command(InitCommand);
        litmus.Repeat(ecx, 20, () => c.pause());
        c.mov(__dword_ptr[MemoryMap.Started], r14d);
        litmus.Command(StartCommand);
    }

    // Counts in the CPU's own word, to which RBP points in all of these guests.
    private static Label Handler(LitmusProgram litmus, bool endOfInterrupt)
    {
        var c = litmus.C;
        Label handler = c.CreateLabel(), over = c.CreateLabel();
        c.jmp(over);
        c.Label(ref handler);
        c.inc(__dword_ptr[rbp]);
        if (endOfInterrupt)
        {
            c.push(rax);
            litmus.EndOfInterrupt();
            c.pop(rax);
        }
        c.iretq();
        litmus.Here(ref over);
        return handler;
    }

    private static void Start(LitmusProgram litmus, byte vector, Label handler)
    {
        var c = litmus.C;
        litmus.Once(() => litmus.Gate(vector, handler));
        litmus.LoadInterruptTable();
        litmus.EnableApic();
        StoreApicId(litmus);
        c.imul(ebp, ebx, (int)SeenBytes);
        c.add(ebp, (int)Seen);
    }

    private static void StoreApicId(LitmusProgram litmus)
    {
        var c = litmus.C;
        c.mov(eax, MemoryMap.LocalApic);
        c.mov(eax, __dword_ptr[rax + 0x20]);
        c.shr(eax, 24);
        c.mov(__dword_ptr[rbx * 4 + (int)ApicIds], eax);
    }
}

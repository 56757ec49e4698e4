using Iced.Intel;
using Tcg.Mttcg.Guests.BareMetal;
using static Iced.Intel.AssemblerRegisters;

namespace Tcg.Mttcg.Guests.Litmus;

/// <summary>Locks and counters that come out exact only if atomic operations are atomic, also across lines and pages.</summary>
public static class Atomics
{
    /// <summary>Operations of each CPU between two barriers.</summary>
    public const int PerStep = 64;

    private static readonly uint Ticket = LitmusMap.Word(0), Serving = LitmusMap.Word(1), Guarded = LitmusMap.Word(2);

    /// <summary>A ticket lock around a plain increment.</summary>
    public static GuestImage TicketLock(uint steps) => Counting("ticket-lock", steps, Guarded, (litmus, c) =>
    {
        c.mov(edx, 1);
        c.@lock.xadd(__dword_ptr[Ticket], edx);
        litmus.SpinUntilEqual(() => c.cmp(__dword_ptr[Serving], edx));
        c.inc(__dword_ptr[Guarded]);
        c.inc(__dword_ptr[Serving]);
    });

    /// <summary>LOCK XADD on a doubleword that lies on two pages.</summary>
    public static GuestImage PageCrossing(uint steps) => Counting("split-page", steps, LitmusMap.Page(1) - 2, (litmus, c) =>
    {
        c.mov(edx, 1);
        c.@lock.xadd(__dword_ptr[LitmusMap.Page(1) - 2], edx);
    });

    /// <summary>LOCK CMPXCHG on a quadword that lies on two cache lines, until it succeeds.</summary>
    public static GuestImage LineCrossing(uint steps) => Counting("split-line", steps, LitmusMap.Page(1) + 60, (litmus, c) =>
    {
        var again = c.CreateLabel();
        litmus.Here(ref again);
        c.mov(rax, __qword_ptr[LitmusMap.Page(1) + 60]);
        c.lea(rdx, __[rax + 1]);
        c.@lock.cmpxchg(__qword_ptr[LitmusMap.Page(1) + 60], rdx);
        c.jne(again);
    });

    // All CPUs do it PerStep times; then the counter must stand at the sum.
    private static GuestImage Counting(string name, uint steps, uint counter, Action<LitmusProgram, Assembler> once)
    {
        var litmus = new LitmusProgram(name);
        var c = litmus.C;
        litmus.Rounds(steps, () =>
        {
            litmus.Repeat(edi, PerStep, () => once(litmus, c));
            litmus.Meet();
            c.imul(eax, r12d, PerStep);
            c.imul(eax, r13d);
            c.cmp(__dword_ptr[counter], eax);
            litmus.ForbidUnlessEqual();
        });
        return litmus.Finish();
    }

    /// <summary>Dekker's algorithm with MFENCE, each even CPU against the odd one after it; a CPU without partner only meets.</summary>
    public static GuestImage Dekker(uint steps)
    {
        const int turn = 0x80, guarded = 0xc0, pairBytes = 0x200;
        var litmus = new LitmusProgram("dekker");
        var c = litmus.C;
        // RBP: the pair's words; RSI, RDI: offsets of the own and the partner's flag.
        c.mov(ebp, ebx);
        c.shr(ebp, 1);
        c.imul(ebp, ebp, pairBytes);
        c.add(ebp, (int)LitmusMap.Page(0));
        c.mov(esi, ebx);
        c.and(esi, 1);
        c.mov(edi, esi);
        c.xor(edi, 1);
        c.shl(esi, 6);
        c.shl(edi, 6);
        c.mov(r14d, ebx);
        c.or(r14d, 1);
        litmus.Rounds(steps, () =>
        {
            c.cmp(r14d, r12d);
            litmus.IfElse(a => a.jae, () => litmus.Repeat(r8d, PerStep, () =>
            {
                Label look = c.CreateLabel(), enter = c.CreateLabel();
                c.mov(__dword_ptr[rbp + rsi], 1);
                c.mfence();
                litmus.Here(ref look);
                c.cmp(__dword_ptr[rbp + rdi], 0);
                c.je(enter);
                c.pause();
                c.cmp(__dword_ptr[rbp + turn], esi);
                c.je(look);
                c.mov(__dword_ptr[rbp + rsi], 0);
                litmus.SpinUntilEqual(() => c.cmp(__dword_ptr[rbp + turn], esi));
                c.mov(__dword_ptr[rbp + rsi], 1);
                c.mfence();
                c.jmp(look);
                litmus.Here(ref enter);
                c.inc(__dword_ptr[rbp + guarded]);
                c.mov(__dword_ptr[rbp + turn], edi);
                c.mov(__dword_ptr[rbp + rsi], 0);
            }));
            litmus.Meet();
            c.cmp(r14d, r12d);
            litmus.IfElse(a => a.jae, () =>
            {
                c.imul(eax, r13d, 2 * PerStep);
                c.cmp(__dword_ptr[rbp + guarded], eax);
                litmus.ForbidUnlessEqual();
            });
        });
        return litmus.Finish();
    }

    /// <summary>A stack whose head is a pointer and a tag, changed by CMPXCHG16B: no node is ever owned by two CPUs, none gets lost.</summary>
    public static GuestImage TaggedStack(uint steps)
    {
        const int nodes = 8, nodeBytes = 64, owner = 8;
        var head = LitmusMap.Word(0);
        var litmus = new LitmusProgram("cmpxchg16b-stack");
        var c = litmus.C;
        litmus.Once(() =>
        {
            for (var i = 0; i < nodes; i++)
            {
                c.mov(rax, __qword_ptr[head]);
                c.mov(__qword_ptr[LitmusMap.Page(0) + (uint)i * nodeBytes], rax);
                c.mov(__qword_ptr[head], (int)LitmusMap.Page(0) + i * nodeBytes);
            }
        });
        litmus.Rounds(steps, () =>
        {
            litmus.Repeat(r14d, PerStep, () => PopAndPush(litmus, head, owner));
            litmus.Meet();
            litmus.OnCpu(0, () =>
            {
                Label next = c.CreateLabel(), end = c.CreateLabel();
                c.xor(ecx, ecx);
                c.mov(rax, __qword_ptr[head]);
                litmus.Here(ref next);
                c.test(rax, rax);
                c.je(end);
                c.inc(ecx);
                c.mov(rax, __qword_ptr[rax]);
                c.cmp(ecx, nodes);
                c.jbe(next);
                litmus.Here(ref end);
                c.cmp(ecx, nodes);
                litmus.ForbidUnlessEqual();
            });
        });
        return litmus.Finish();
    }

    private static void PopAndPush(LitmusProgram litmus, uint head, int owner)
    {
        var c = litmus.C;
        Label pop = c.CreateLabel(), popped = c.CreateLabel(), push = c.CreateLabel(), skip = c.CreateLabel();
        c.push(rbx);
        c.mov(rax, __qword_ptr[head]);
        c.mov(rdx, __qword_ptr[head + 8]);
        litmus.Here(ref pop);
        c.test(rax, rax);
        c.je(skip);
        c.mov(rbx, __qword_ptr[rax]);
        c.lea(rcx, __[rdx + 1]);
        c.@lock.cmpxchg16b(__xmmword_ptr[head]);
        c.jne(pop);
        litmus.Here(ref popped);
        c.mov(rdi, rax);
        c.mov(ecx, 1);
        c.xchg(__dword_ptr[rdi + owner], ecx);
        c.test(ecx, ecx);
        litmus.ForbidUnlessEqual();
        c.mov(__dword_ptr[rdi + owner], 0);
        c.mov(rax, __qword_ptr[head]);
        c.mov(rdx, __qword_ptr[head + 8]);
        litmus.Here(ref push);
        c.mov(__qword_ptr[rdi], rax);
        c.mov(rbx, rdi);
        c.lea(rcx, __[rdx + 1]);
        c.@lock.cmpxchg16b(__xmmword_ptr[head]);
        c.jne(push);
        litmus.Here(ref skip);
        c.pop(rbx);
    }
}

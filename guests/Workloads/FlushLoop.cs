using Iced.Intel;
using Tcg.Mttcg.Guests.BareMetal;
using static Iced.Intel.AssemblerRegisters;

namespace Tcg.Mttcg.Guests.Workloads;

/// <summary>All CPUs touch pages and throw their TLB away, by CR3 and, every 16th time, by CR4.PGE. Each counts in its pages; the counts are checked at the end.</summary>
public static class FlushLoop
{
    private const int Pages = 64;
    private const uint Barrier = MemoryMap.Data, Wrong = MemoryMap.Data + 0x100, Areas = MemoryMap.Data + 0x100000;

    public static GuestImage Build(uint flushes)
    {
        var program = new GuestProgram("flush-loop");
        var c = program.C;
        program.Main();
        Label again = c.CreateLabel(), touch = c.CreateLabel(), local = c.CreateLabel(), check = c.CreateLabel(), good = c.CreateLabel(), halt = c.CreateLabel(),
            failed = c.CreateLabel();
        c.imul(ebp, ebx, Pages * 0x1000);
        c.add(ebp, (int)Areas);
        program.Barrier(Barrier);
        c.mov(r14d, flushes);
        c.Label(ref again);
        c.mov(rdi, rbp);
        c.mov(ecx, Pages);
        c.Label(ref touch);
        c.inc(__dword_ptr[rdi]);
        c.add(rdi, 0x1000);
        c.dec(ecx);
        c.jne(touch);
        c.test(r14d, 15);
        c.jne(local);
        c.mov(rax, cr4);
        c.xor(eax, 1 << 7);
        c.mov(cr4, rax);
        c.Label(ref local);
        c.mov(rax, cr3);
        c.mov(cr3, rax);
        c.dec(r14d);
        c.jne(again);

        c.mov(rdi, rbp);
        c.mov(ecx, Pages);
        c.Label(ref check);
        c.cmp(__dword_ptr[rdi], flushes);
        c.je(good);
        c.@lock.inc(__dword_ptr[Wrong]);
        c.Label(ref good);
        c.add(rdi, 0x1000);
        c.dec(ecx);
        c.jne(check);
        program.Barrier(Barrier);
        c.test(ebx, ebx);
        c.jne(halt);
        c.cmp(__dword_ptr[Wrong], 0);
        c.jne(failed);
        program.Exit(0);
        c.Label(ref failed);
        program.Exit(1);
        c.Label(ref halt);
        program.Halt();
        return program.Build();
    }
}

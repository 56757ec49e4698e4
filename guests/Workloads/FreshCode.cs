using Iced.Intel;
using Tcg.Mttcg.Guests.BareMetal;
using static Iced.Intel.AssemblerRegisters;

namespace Tcg.Mttcg.Guests.Workloads;

/// <summary>
/// Every CPU writes small functions to pages of its own and then calls each of them once: nothing but translation. It prints the time stamp counter's
/// ticks of the calls in hexadecimal. Exit code 0: all sums are right.
/// </summary>
public static class FreshCode
{
    private const uint Barrier = MemoryMap.Data, Wrong = MemoryMap.Data + 0x100, Arenas = 0x2000000;
    private const int FunctionBytes = 64;

    /// <summary>Bytes of RAM that it needs.</summary>
    public static ulong RamFor(int cpus, int functions) => (Arenas + (ulong)cpus * (ulong)functions * FunctionBytes + 0xfff) & ~0xffful;

    /// <param name="functions">Of each CPU.</param>
    public static GuestImage Build(int functions)
    {
        var program = new GuestProgram("fresh-code");
        var c = program.C;
        program.Main();
        Label write = c.CreateLabel(), call = c.CreateLabel(), good = c.CreateLabel(), halt = c.CreateLabel(), failed = c.CreateLabel();
        c.mov(eax, functions * FunctionBytes);
        c.mul(rbx);
        c.lea(rbp, __[rax + (int)Arenas]);
        c.mov(rdi, rbp);
        c.mov(r14d, functions);
        c.Label(ref write);
        c.mov(__byte_ptr[rdi], 0x05);                        // add eax, imm32
        c.mov(__dword_ptr[rdi + 1], r14d);
        c.mov(__dword_ptr[rdi + 5], unchecked((int)0xc8d1c0d1)); // rol eax, 1; ror eax, 1
        c.mov(__byte_ptr[rdi + 9], unchecked((sbyte)0xc3));
        c.add(rdi, FunctionBytes);
        c.dec(r14d);
        c.jne(write);
        program.Barrier(Barrier);
        c.rdtsc();
        c.mov(r13d, edx);
        c.shl(r13, 32);
        c.or(r13, rax);

        c.xor(eax, eax);
        c.mov(r14d, functions);
        c.mov(rdi, rbp);
        c.Label(ref call);
        c.call(rdi);
        c.add(rdi, FunctionBytes);
        c.dec(r14d);
        c.jne(call);
        c.cmp(eax, (int)((long)functions * (functions + 1) / 2));
        c.je(good);
        c.@lock.inc(__dword_ptr[Wrong]);
        c.Label(ref good);
        c.nop();
        program.Barrier(Barrier);
        c.test(ebx, ebx);
        c.jne(halt);
        c.rdtsc();
        c.shl(rdx, 32);
        c.or(rax, rdx);
        c.sub(rax, r13);
        program.PrintHex();
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

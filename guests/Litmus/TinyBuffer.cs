using Iced.Intel;
using Tcg.Mttcg.Guests.BareMetal;
using static Iced.Intel.AssemblerRegisters;

namespace Tcg.Mttcg.Guests.Litmus;

/// <summary>
/// More code than a code buffer of one MiB holds: in each step all CPUs leave a barrier at once and call all functions, each CPU from another one on,
/// so that they run out of space together; the sum of what the functions return is checked.
/// </summary>
public static class TinyBuffer
{
    /// <summary>Functions called in a step by each CPU.</summary>
    public const int Functions = 8192;

    private const uint At = MemoryMap.Data + 0x400000;
    private const int FunctionBytes = 64;

    public static long CodeBytes(int cpus) => Math.Max(1L << 20, (long)cpus << 17);

    /// <param name="steps">Barriers.</param>
    public static GuestImage Build(uint steps)
    {
        var litmus = new LitmusProgram("tiny-buffer");
        var c = litmus.C;
        litmus.Once(() => WriteFunctions(litmus));
        litmus.Rounds(steps, () =>
        {
            c.imul(ebp, ebx, 997);
            c.xor(eax, eax);
            litmus.Repeat(r14d, Functions, () =>
            {
                c.and(ebp, Functions - 1);
                c.imul(r9d, ebp, FunctionBytes);
                c.add(r9d, (int)At);
                c.call(r9);
                c.inc(ebp);
            });
            c.cmp(eax, Functions / 2 * (Functions + 1));
            litmus.ForbidUnlessEqual();
        });
        return litmus.Finish();
    }

    // Function number n, from 1, adds n to EAX.
    private static void WriteFunctions(LitmusProgram litmus)
    {
        var c = litmus.C;
        c.mov(r8d, At);
        litmus.Repeat(r14d, Functions, () =>
        {
            c.mov(rdi, r8);
            litmus.Copy(f =>
            {
                f.add(eax, 0x11223344);
                f.rol(eax, 1);
                f.ror(eax, 1);
                f.ret();
            });
            c.mov(__dword_ptr[r8 + 1], r14d);
            c.add(r8, FunctionBytes);
        });
    }
}

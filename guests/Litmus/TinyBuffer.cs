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
    private const int FunctionBytes = 64, SlowEvery = 1024, SlowReads = 0x6000;

    /// <param name="steps">Barriers.</param>
    /// <param name="device">
    /// Some functions read a device for milliseconds in one instruction, and then go on in host code whose region others want by then.
    /// </param>
    public static GuestImage Build(uint steps, bool device)
    {
        var litmus = new LitmusProgram(device ? "tiny-buffer-device" : "tiny-buffer");
        var c = litmus.C;
        litmus.PointToOwnArea(r10);
        litmus.Once(() => WriteFunctions(litmus, device));
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
    private static void WriteFunctions(LitmusProgram litmus, bool device)
    {
        var c = litmus.C;
        c.mov(r8d, At);
        litmus.Repeat(r14d, Functions, () =>
        {
            Write(litmus, slow: false);
            if (device)
            {
                c.test(r14d, SlowEvery - 1);
                litmus.IfElse(a => a.jne, () => Write(litmus, slow: true));
            }
            c.mov(__dword_ptr[r8 + 1], r14d);
            c.add(r8, FunctionBytes);
        });
    }

    private static void Write(LitmusProgram litmus, bool slow)
    {
        var f = new Assembler(64);
        f.add(eax, 0x11223344);
        if (slow)
        {
            f.mov(rdi, r10);
            f.mov(edx, 0x71);
            f.mov(ecx, SlowReads);
            f.rep.insb();
        }
        f.rol(eax, 1);
        f.ror(eax, 1);
        f.ret();
        using var stream = new MemoryStream();
        f.Assemble(new StreamCodeWriter(stream), 0);
        litmus.C.mov(rdi, r8);
        litmus.Copy(stream.ToArray());
    }
}

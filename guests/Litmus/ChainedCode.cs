using Iced.Intel;
using Tcg.Mttcg.Guests.BareMetal;
using static Iced.Intel.AssemblerRegisters;

namespace Tcg.Mttcg.Guests.Litmus;

/// <summary>
/// CPU 0 rewrites the middle of three blocks that jump to each other while the others run through them again and again, linking and unlinking jumps all the
/// time. They may see the old or the new number, nothing else; after a barrier and CPUID only the new one.
/// </summary>
public static class ChainedCode
{
    private const int Runs = 64, Middle = 0x400, Last = 0x1800;

    public static GuestImage Build(uint rounds)
    {
        var litmus = new LitmusProgram("chain");
        var c = litmus.C;
        var first = LitmusMap.Page(0);
        litmus.Once(() =>
        {
            litmus.StoreBytes(first, [0xe9, .. BitConverter.GetBytes(Middle - 5)]);
            litmus.StoreBytes(first + Middle, [0xb8, 0, 0, 0, 0, 0xe9, .. BitConverter.GetBytes(Last - Middle - 10)]);
            litmus.StoreBytes(first + Last, 0xc3);
        });
        c.mov(ebp, first);
        litmus.Rounds(rounds, () =>
        {
            litmus.OnCpu(0, () => c.mov(__dword_ptr[rbp + Middle + 1], r13d), () => litmus.Repeat(edi, Runs, () =>
            {
                c.call(rbp);
                // The number is this round's or the one before's.
                c.mov(edx, r13d);
                c.sub(edx, eax);
                c.cmp(edx, 1);
                litmus.IfElse(a => a.jbe, litmus.Forbid);
            }));
            litmus.Meet();
            litmus.Serialize();
            c.call(rbp);
            c.cmp(eax, r13d);
            litmus.ForbidUnlessEqual();
        });
        return litmus.Finish();
    }
}

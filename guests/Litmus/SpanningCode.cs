using Iced.Intel;
using Tcg.Mttcg.Guests.BareMetal;
using static Iced.Intel.AssemblerRegisters;

namespace Tcg.Mttcg.Guests.Litmus;

/// <summary>
/// Functions that begin at the end of one page and end at the start of another: <c>mov eax, imm32; add eax, imm32; xor eax, imm32; ret</c>, the second
/// immediate lying on both pages. One function has page P first and Q second, the other one Q first and P second, through different linear windows.
/// </summary>
public static class SpanningCode
{
    // mov at -8, add at -3 (its immediate from -2 to 2), xor at 2, ret at 7.
    private const int Head = 0x1000 - 8, MovImmediate = 0x1000 - 7, AddImmediate = 0x1000 - 2, XorImmediate = 3;
    private const int PqWindow = 0, QpWindow = 4;
    private const uint P = 0, Q = 1, OtherQ = 2;

    /// <summary>CPU 0 rewrites all immediates, through the physical pages, while the others call both functions; then both must give the new result.</summary>
    public static GuestImage Stores(uint rounds)
    {
        var litmus = new LitmusProgram("span-stores");
        var c = litmus.C;
        litmus.Once(() =>
        {
            PutFunction(litmus, P, Q);
            PutFunction(litmus, Q, P);
            Map(litmus, PqWindow, P, Q);
            Map(litmus, QpWindow, Q, P);
            litmus.MapWindow();
        });
        litmus.FlushTlb();

        litmus.Rounds(rounds, () =>
        {
            litmus.OnCpu(0, () =>
            {
                c.mov(eax, r13d);
                c.lea(edx, __[rax + rax * 2]);
                c.mov(ecx, eax);
                c.ror(ecx, 7);
                foreach (var (first, second) in (ReadOnlySpan<(uint, uint)>)[(P, Q), (Q, P)])
                {
                    c.mov(__dword_ptr[At(first) + MovImmediate], eax);
                    // Two halves, as the other page is elsewhere in physical memory.
                    c.mov(__word_ptr[At(first) + AddImmediate], dx);
                    c.ror(edx, 16);
                    c.mov(__word_ptr[At(second)], dx);
                    c.ror(edx, 16);
                    c.mov(__dword_ptr[At(second) + XorImmediate], ecx);
                }
            }, () => CallBoth(c));
            litmus.Meet();
            litmus.Serialize();
            foreach (var window in (ReadOnlySpan<int>)[PqWindow, QpWindow])
            {
                Call(c, window);
                c.lea(edx, __[r13 + r13 * 2]);
                c.mov(ecx, r13d);
                c.ror(ecx, 7);
                c.add(edx, r13d);
                c.xor(edx, ecx);
                c.cmp(eax, edx);
                litmus.ForbidUnlessEqual();
            }
        });
        return litmus.Finish();
    }

    /// <summary>The second page's mapping changes each round between two pages with other code; after INVLPG everybody must run the new one.</summary>
    public static GuestImage Remap(uint rounds)
    {
        var litmus = new LitmusProgram("span-remap");
        var c = litmus.C;
        litmus.Once(() =>
        {
            PutFunction(litmus, P, Q);
            PutFunction(litmus, P, OtherQ);
            c.mov(__dword_ptr[At(Q) + XorImmediate], 0x1111);
            c.mov(__dword_ptr[At(OtherQ) + XorImmediate], 0x2222);
            Map(litmus, PqWindow, P, Q);
            litmus.MapWindow();
        });
        litmus.FlushTlb();

        litmus.Rounds(rounds, () =>
        {
            litmus.OnCpu(0, () =>
            {
                c.mov(eax, At(Q) | 3);
                c.mov(edx, At(OtherQ) | 3);
                c.test(r13d, 1);
                c.cmovne(eax, edx);
                c.mov(__dword_ptr[LitmusMap.WindowEntry(PqWindow + 1)], eax);
            }, () => Call(c, PqWindow));
            litmus.Meet();
            c.invlpg(__byte_ptr[LitmusMap.WindowPage(PqWindow + 1)]);
            Call(c, PqWindow);
            c.mov(edx, 0x1111);
            c.mov(ecx, 0x2222);
            c.test(r13d, 1);
            c.cmovne(edx, ecx);
            c.cmp(eax, edx);
            litmus.ForbidUnlessEqual();
        });
        return litmus.Finish();
    }

    // Physical pages of their own, not neighbours.
    private static uint At(uint page) => LitmusMap.Page((int)page * 3);

    private static void PutFunction(LitmusProgram litmus, uint first, uint second)
    {
        litmus.StoreBytes(At(first) + Head, 0xb8, 0, 0, 0, 0, 0x05, 0, 0);
        litmus.StoreBytes(At(second), 0, 0, 0x35, 0, 0, 0, 0, 0xc3);
    }

    private static void Map(LitmusProgram litmus, int window, uint first, uint second)
    {
        litmus.C.mov(__dword_ptr[LitmusMap.WindowEntry(window)], At(first) | 3);
        litmus.C.mov(__dword_ptr[LitmusMap.WindowEntry(window + 1)], At(second) | 3);
    }

    private static void Call(Assembler c, int window)
    {
        c.mov(r14d, LitmusMap.WindowPage(window) + Head);
        c.call(r14);
    }

    private static void CallBoth(Assembler c)
    {
        Call(c, PqWindow);
        Call(c, QpWindow);
    }
}

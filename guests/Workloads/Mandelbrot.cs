using Iced.Intel;
using Tcg.Mttcg.Guests.BareMetal;
using static Iced.Intel.AssemblerRegisters;

namespace Tcg.Mttcg.Guests.Workloads;

/// <summary>
/// The Mandelbrot set in SSE2 doubles, rows handed out by a shared <c>lock xadd</c> counter. The number of iterations of all points is compared
/// with the host's own sum; the exit code is 0 when they agree.
/// </summary>
public static class Mandelbrot
{
    private const uint NextRow = MemoryMap.Data, Total = MemoryMap.Data + 64, Finished = MemoryMap.Data + 128;
    private const double Left = -2.2, Top = -1.25, Width = 3.2, Height = 2.5;

    public static GuestImage Build(int side, int iterations)
    {
        var program = new GuestProgram("mandelbrot");
        var c = program.C;
        Label constants = c.CreateLabel();
        c.Label(ref constants);
        foreach (var value in MandelbrotPoint.Constants(Left, Top, Width / side, Height / side)) c.dq(value);

        program.Main();
        Label row = c.CreateLabel(), column = c.CreateLabel(), escaped = c.CreateLabel(), done = c.CreateLabel(),
            wait = c.CreateLabel(), halt = c.CreateLabel(), check = c.CreateLabel();
        c.lea(r8, __[constants]);
        c.xor(r10d, r10d);
        c.Label(ref row);
        c.mov(eax, 1);
        c.@lock.xadd(__dword_ptr[NextRow], eax);
        c.cmp(eax, side);
        c.jae(done);
        MandelbrotPoint.Row(c, eax);
        c.xor(edi, edi);
        c.Label(ref column);
        MandelbrotPoint.Iterate(c, iterations, escaped, each: () => c.inc(r10));
        c.Label(ref escaped);
        c.inc(edi);
        c.cmp(edi, side);
        c.jb(column);
        c.jmp(row);

        c.Label(ref done);
        c.@lock.add(__qword_ptr[Total], r10);
        c.mov(eax, 1);
        c.@lock.xadd(__dword_ptr[Finished], eax);
        c.test(ebx, ebx);
        c.jne(halt);
        c.Label(ref wait);
        c.pause();
        c.cmp(__dword_ptr[Finished], r12d);
        c.jne(wait);
        c.mov(rax, __qword_ptr[Total]);
        c.mov(rcx, Reference(side, iterations));
        c.cmp(rax, rcx);
        c.je(check);
        program.Exit(1);
        c.Label(ref check);
        program.Exit(0);
        c.Label(ref halt);
        program.Halt();
        return program.Build();
    }

    private static ulong Reference(int side, int iterations)
    {
        ulong total = 0;
        for (var y = 0; y < side; y++)
        {
            var ci = y * (Height / side) + Top;
            for (var x = 0; x < side; x++)
            {
                double cr = x * (Width / side) + Left, r = 0, i = 0;
                for (var n = 0; n < iterations; n++)
                {
                    double rr = r * r, ii = i * i;
                    if (rr + ii > 4) break;
                    i *= r;
                    i += i;
                    i += ci;
                    r = rr - ii + cr;
                    total++;
                }
            }
        }
        return total;
    }
}

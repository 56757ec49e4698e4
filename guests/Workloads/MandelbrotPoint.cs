using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Tcg.Mttcg.Guests.Workloads;

/// <summary>
/// The iteration of one point in SSE2 doubles. R8 points to five doubles: left, top, step to the right, step down, and 4.0; XMM5 is the imaginary part
/// of the row, EDI the column. XMM0 to XMM4, XMM6 and RCX are clobbered.
/// </summary>
internal static class MandelbrotPoint
{
    public static double[] Constants(double left, double top, double stepX, double stepY) => [left, top, stepX, stepY, 4.0];

    /// <summary>XMM5 becomes the imaginary part of row <paramref name="row"/>.</summary>
    public static void Row(Assembler c, AssemblerRegister32 row)
    {
        c.cvtsi2sd(xmm5, row);
        c.mulsd(xmm5, __qword_ptr[r8 + 24]);
        c.addsd(xmm5, __qword_ptr[r8 + 8]);
    }

    /// <summary>Jumps to <paramref name="escaped"/> with the iterations left in ECX, or falls through when there are none left.</summary>
    /// <param name="each">Appended to every iteration.</param>
    public static void Iterate(Assembler c, int iterations, Label escaped, Action? each = null)
    {
        var iterate = c.CreateLabel();
        c.cvtsi2sd(xmm4, edi);
        c.mulsd(xmm4, __qword_ptr[r8 + 16]);
        c.addsd(xmm4, __qword_ptr[r8]);
        c.xorpd(xmm0, xmm0);
        c.xorpd(xmm1, xmm1);
        c.mov(ecx, iterations);
        c.Label(ref iterate);
        c.movapd(xmm2, xmm0);
        c.mulsd(xmm2, xmm2);
        c.movapd(xmm3, xmm1);
        c.mulsd(xmm3, xmm3);
        c.movapd(xmm6, xmm2);
        c.addsd(xmm6, xmm3);
        c.comisd(xmm6, __qword_ptr[r8 + 32]);
        c.ja(escaped);
        c.mulsd(xmm1, xmm0);
        c.addsd(xmm1, xmm1);
        c.addsd(xmm1, xmm5);
        c.movapd(xmm0, xmm2);
        c.subsd(xmm0, xmm3);
        c.addsd(xmm0, xmm4);
        each?.Invoke();
        c.dec(ecx);
        c.jne(iterate);
    }
}

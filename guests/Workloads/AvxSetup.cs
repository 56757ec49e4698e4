using Iced.Intel;
using Tcg.Mttcg.Guests.BareMetal;
using static Iced.Intel.AssemblerRegisters;

namespace Tcg.Mttcg.Guests.Workloads;

/// <summary>What a system does before its programs may use YMM registers.</summary>
internal static class AvxSetup
{
    private const int Avx2 = 5, Fma = 12, Xsave = 26;
    private const int OsFxsr = 1 << 9, OsXmmExcept = 1 << 10, OsXsave = 1 << 18;
    private const uint NotThere = 2;

    /// <summary>CR4 and XCR0 for AVX; the guest ends with 2 on a processor without AVX2 and FMA. RBX is kept; RAX, RCX, RDX and RSI are clobbered.</summary>
    public static void Emit(GuestProgram program)
    {
        var c = program.C;
        Label missing = c.CreateLabel(), there = c.CreateLabel();
        c.mov(rsi, rbx);
        c.mov(eax, 1);
        c.cpuid();
        c.bt(ecx, Fma);
        c.jae(missing);
        c.bt(ecx, Xsave);
        c.jae(missing);
        c.mov(eax, 7);
        c.xor(ecx, ecx);
        c.cpuid();
        c.bt(ebx, Avx2);
        c.jb(there);
        c.Label(ref missing);
        program.Exit(NotThere);
        c.Label(ref there);
        c.mov(rbx, rsi);
        c.mov(rax, cr4);
        c.or(eax, OsFxsr | OsXmmExcept | OsXsave);
        c.mov(cr4, rax);
        c.xor(ecx, ecx);
        c.xor(edx, edx);
        c.mov(eax, 7);
        c.xsetbv();
    }
}

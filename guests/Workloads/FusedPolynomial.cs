using Iced.Intel;
using Tcg.Mttcg.Guests.BareMetal;
using static Iced.Intel.AssemblerRegisters;

namespace Tcg.Mttcg.Guests.Workloads;

/// <summary>
/// FMA on doubles: x becomes ((x * x) - c) fused, in sixteen lanes of four registers that stay between -2 and 2, step after step. The exit code is 0
/// if the lanes of the first register are bit for bit what the host computes.
/// </summary>
public static class FusedPolynomial
{
    private const int Lanes = 4;

    public static GuestImage Build(int steps)
    {
        var program = new GuestProgram("fma");
        var c = program.C;
        Label constants = c.CreateLabel();
        c.Label(ref constants);
        foreach (var value in Starts()) c.dq(value);
        foreach (var value in Constants()) c.dq(value);
        foreach (var value in Reference(steps)) c.dq(value);
        program.Main();
        AvxSetup.Emit(program);
        Label step = c.CreateLabel(), right = c.CreateLabel();
        c.lea(r8, __[constants]);
        c.vmovupd(ymm4, __ymmword_ptr[r8 + 32]);
        foreach (var x in (AssemblerRegisterYMM[])[ymm0, ymm1, ymm2, ymm3]) c.vmovupd(x, __ymmword_ptr[r8]);
        c.mov(ecx, steps);
        c.Label(ref step);
        foreach (var x in (AssemblerRegisterYMM[])[ymm0, ymm1, ymm2, ymm3]) c.vfmsub213pd(x, x, ymm4);
        c.dec(ecx);
        c.jne(step);
        c.vpcmpeqq(ymm0, ymm0, __ymmword_ptr[r8 + 64]);
        c.vpmovmskb(eax, ymm0);
        c.cmp(eax, -1);
        c.je(right);
        program.Exit(1);
        c.Label(ref right);
        program.Exit(0);
        return program.Build();
    }

    private static double[] Starts() => [0.1, -0.3, 0.5, -0.7];

    private static double[] Constants() => [1.4, 1.7, 1.9, 1.55];

    private static double[] Reference(int steps)
    {
        double[] x = Starts(), c = Constants();
        for (var lane = 0; lane < Lanes; lane++)
            for (var i = 0; i < steps; i++) x[lane] = Math.FusedMultiplyAdd(x[lane], x[lane], -c[lane]);
        return x;
    }
}

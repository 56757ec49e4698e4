using Iced.Intel;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Host.Interpreter.Simd;

/// <summary>VZEROALL and VZEROUPPER in 64-bit mode: all sixteen registers. Nothing but the state is an operand.</summary>
internal static unsafe class SimdZero
{
    public static readonly SimdRow[] Rows =
    [
        new(Mnemonic.Vzeroall,   &Vzeroall),
        new(Mnemonic.Vzeroupper, &Vzeroupper),
    ];

    private static void Vzeroall(ref SimdOperands o) => ClearFrom(ref o, 0);

    private static void Vzeroupper(ref SimdOperands o) => ClearFrom(ref o, SimdFetch.LaneBytes);

    private static void ClearFrom(ref SimdOperands o, int start)
    {
        for (var register = 0; register < 16; register++) new Span<byte>(o.State->Vector + register * CpuState.VectorStride + start, SimdFetch.VectorBytes - start).Clear();
    }
}

using Iced.Intel;
using Tcg.Mttcg.Translator.Ir;

namespace Tcg.Mttcg.Translator.Guest.Families;

/// <summary>SSE instructions with operands that do not show: implicit registers or memory.</summary>
internal static class SseSpecial
{
    public static readonly LiftRow[] Rows =
    [
        new(Mnemonic.Pcmpistri, CompareToIndex),
        new(Mnemonic.Pcmpistrm, Simd.Lift),
    ];

    /// <summary>The index goes to ECX.</summary>
    private static void CompareToIndex(Lifting at)
    {
        Simd.Lift(at);
        if (at.Ended) return;
        ref var i = ref at.Block.Instructions[^1];
        i.Dst = Lifting.Rcx;
        i.Size = OpSize.B32;
    }
}

using Iced.Intel;
using Tcg.Mttcg.Translator.Ir;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Guest.Families;

/// <summary>Instructions without visible effect, fences, PAUSE.</summary>
internal static class Hints
{
    public static readonly LiftRow[] Rows =
    [
        new(Mnemonic.Nop,         Nothing),
        new(Mnemonic.Reservednop, Nothing),
        new(Mnemonic.Endbr32,     Nothing),
        new(Mnemonic.Endbr64,     Nothing),
        new(Mnemonic.Rdsspd,      Nothing),
        new(Mnemonic.Rdsspq,      Nothing),
        new(Mnemonic.Prefetch,    Nothing),
        new(Mnemonic.Prefetchw,   Nothing),
        new(Mnemonic.Prefetchwt1, Nothing),
        new(Mnemonic.Prefetchnta, Nothing),
        new(Mnemonic.Prefetcht0,  Nothing),
        new(Mnemonic.Prefetcht1,  Nothing),
        new(Mnemonic.Prefetcht2,  Nothing),
        new(Mnemonic.Cldemote,    Nothing),
        new(Mnemonic.Clflush,     Nothing),
        new(Mnemonic.Clflushopt,  Nothing),
        new(Mnemonic.Clwb,        Nothing),
        new(Mnemonic.Mfence,      at => at.Block.Append(IrOp.Fence).Aux = 0),
        new(Mnemonic.Lfence,      at => at.Block.Append(IrOp.Fence).Aux = 1),
        new(Mnemonic.Sfence,      at => at.Block.Append(IrOp.Fence).Aux = 2),
        new(Mnemonic.Pause,       at => at.Exit(TbExitReason.Pause, at.Constant(at.NextRip))),
    ];

    private static void Nothing(Lifting at)
    {
    }
}

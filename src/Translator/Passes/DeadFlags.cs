using Tcg.Mttcg.Translator.Ir;
using static Tcg.Mttcg.Translator.Ir.ArithmeticFlags;

namespace Tcg.Mttcg.Translator.Passes;

/// <summary>
/// Clears SetsFlags where every flag the operation defines is written again before anyone can see it. Seers are: operations that read flags,
/// operations that may fault (the guest's handler gets EFLAGS), and the end of the block. One backward sweep; a branch backwards counts as a seer
/// of all.
/// </summary>
internal static class DeadFlags
{
    public static void Run(IrBlock block, PassScratch scratch)
    {
        var atLabel = scratch.LabelFlags(block.Labels);
        atLabel.Fill(All);
        var live = All;
        var code = block.Instructions;
        for (var index = code.Length - 1; index >= 0; index--)
        {
            ref var op = ref code[index];
            var row = OpTable.Of(op.Op);
            if ((row.Traits & (OpTraits.Structure | OpTraits.EndsBlock)) != 0) live = Structure(op, row, live, atLabel);
            else live = Straight(block, ref op, row, live);
        }
    }

    private static ArithmeticFlags Structure(in IrInstruction op, OpAttribute row, ArithmeticFlags live, Span<ArithmeticFlags> atLabel)
    {
        if ((row.Traits & OpTraits.EndsBlock) != 0) return All;
        if (op.Op == IrOp.Label) return atLabel[(int)op.Imm] = live;
        var target = atLabel[(int)op.Imm];
        return op.Op switch
        {
            IrOp.Br => target,
            IrOp.BrIf => live | target | FlagEffects.ReadBy(op.Cond),
            _ => live | target,
        };
    }

    private static ArithmeticFlags Straight(IrBlock block, ref IrInstruction op, OpAttribute row, ArithmeticFlags live)
    {
        if (op.SetsFlags && (row.Writes & live) == 0) op.SetsFlags = false;
        live &= ~FlagEffects.SurelyWritten(block, op, row);
        live |= FlagEffects.Read(op, row);
        return (row.Traits & OpTraits.Faults) != 0 ? All : live;
    }
}

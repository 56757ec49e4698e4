using Tcg.Mttcg.Translator.Ir;

namespace Tcg.Mttcg.Translator.Passes;

/// <summary>
/// Removes operations that do nothing any more: pure ones whose result is an unread temporary or nothing, moves of a register to itself. One
/// backward sweep over counts of reads, so that what only fed a removed operation goes too.
/// </summary>
internal static class DeadCode
{
    public static void Run(IrBlock block, PassScratch scratch)
    {
        var reads = scratch.TempCounts(block.Temps);
        reads.Clear();
        var code = block.Instructions;
        foreach (ref readonly var op in (ReadOnlySpan<IrInstruction>)code) CountReads(block, op, reads, 1);

        var dead = scratch.Dead(code.Length);
        var any = false;
        for (var index = code.Length - 1; index >= 0; index--)
        {
            dead[index] = IsDead(code[index], reads);
            if (!dead[index]) continue;
            any = true;
            CountReads(block, code[index], reads, -1);
        }
        if (any) Compact(block, dead);
    }

    private static bool IsDead(in IrInstruction op, ReadOnlySpan<int> reads)
    {
        if ((OpTable.Of(op.Op).Traits & OpTraits.Pure) == 0 || op.SetsFlags) return false;
        if (op.Op == IrOp.Mov && op.Dst == op.A && op.Size != OpSize.B32) return true;
        return IsUnread(op.Dst, reads) && IsUnread(op.Dst2, reads);
    }

    private static bool IsUnread(Operand result, ReadOnlySpan<int> reads) => result.IsNone || (result.IsTemp && reads[result.Number] == 0);

    private static void CountReads(IrBlock block, in IrInstruction op, Span<int> reads, int by)
    {
        CountRead(op.A, reads, by);
        CountRead(op.B, reads, by);
        CountRead(op.C, reads, by);
        if ((OpTable.Of(op.Op).Traits & OpTraits.ReadsDst) != 0) CountRead(op.Dst, reads, by);
        if (op.Mem < 0) return;
        CountRead(block.Addresses[op.Mem].Base, reads, by);
        CountRead(block.Addresses[op.Mem].Index, reads, by);
    }

    private static void CountRead(Operand operand, Span<int> reads, int by)
    {
        if (operand.IsTemp) reads[operand.Number] += by;
    }

    private static void Compact(IrBlock block, ReadOnlySpan<bool> dead)
    {
        var code = block.Instructions;
        var kept = 0;
        for (var index = 0; index < code.Length; index++)
        {
            if (!dead[index]) code[kept++] = code[index];
        }
        block.Truncate(kept);
    }
}

using Tcg.Mttcg.Translator.Cache;
using Tcg.Mttcg.Translator.Ir;

namespace Tcg.Mttcg.Translator.Runtime;

/// <summary>
/// Where to end a block that has bytes which change often: code that keeps its bytes is not to be made anew with code that does not. All instructions of a
/// block have such bytes, or none has.
/// </summary>
internal static class CheckCuts
{
    /// <summary>The most bytes that a block of several instructions compares each time it is entered.</summary>
    private const int MostBytes = 64;

    /// <summary>How many of the first instructions belong together, at least 1.</summary>
    public static int Keep(IrBlock block, ReadOnlySpan<CodeCheck> checks)
    {
        List<int> starts = [];
        foreach (ref var operation in block.Instructions)
            if (operation.Op == IrOp.InsnStart) starts.Add((int)(operation.Imm - block.Context.Rip));
        starts.Add(block.GuestBytes);

        var first = Has(checks, starts[0], starts[1]);
        var count = 1;
        while (count < starts.Count - 1 && Has(checks, starts[count], starts[count + 1]) == first && !(first && starts[count + 1] > MostBytes)) count++;
        return count;
    }

    private static bool Has(ReadOnlySpan<CodeCheck> checks, int from, int to)
    {
        foreach (var check in checks)
            if (check.Start < to && from < check.End) return true;
        return false;
    }
}

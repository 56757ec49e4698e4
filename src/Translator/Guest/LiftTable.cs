using Iced.Intel;
using Tcg.Mttcg.Translator.Guest.Families;

namespace Tcg.Mttcg.Translator.Guest;

/// <summary>
/// All liftable instructions by mnemonic, joined from the families. Two rows for one mnemonic are an error at start-up; a mnemonic without a
/// row raises #UD. The processor features to announce follow from the rows.
/// </summary>
public static class LiftTable
{
    private static readonly LiftRow[] ByMnemonic = Join();

    /// <summary>The rows in order of mnemonic.</summary>
    public static IEnumerable<LiftRow> Rows => ByMnemonic.Where(row => row.Lift is not null);

    public static bool TryFind(Mnemonic mnemonic, out LiftRow row)
    {
        row = ByMnemonic[(int)mnemonic];
        return row.Lift is not null;
    }

    private static LiftRow[] Join()
    {
        var table = new LiftRow[Enum.GetValues<Mnemonic>().Length];
        foreach (var row in Families().SelectMany(family => family))
        {
            if (table[(int)row.Mnemonic].Lift is not null) throw new InvalidOperationException($"two rows for {row.Mnemonic}");
            table[(int)row.Mnemonic] = row;
        }
        return table;
    }

    private static IEnumerable<IEnumerable<LiftRow>> Families() =>
    [
        Alu.Rows, Shifts.Rows, MultiplyDivide.Rows, Bits.Rows, BitManipulation.Rows, Moves.Rows, Exchange.Rows, Stack.Rows, Branches.Rows, FarTransfers.Rows,
        Strings.Rows, FlagOps.Rows, Decimals.Rows, InputOutput.Rows, SystemOps.Rows, Descriptors.Rows, SegmentLoads.Rows, Hints.Rows,
        SaveAreas.Rows, Undefined.Rows, X87.Rows, Mmx.Rows,
        SseMoves.Rows, SseFloat.Rows, SseConvert.Rows, SseInteger.Rows, SseShuffle.Rows, Sse3And4.Rows, SseSpecial.Rows,
        AvxMoves.Rows, AvxMemory.Rows, AvxFloat.Rows, AvxConvert.Rows, AvxInteger.Rows, AvxShuffle.Rows, Fma.Rows, Crypto.Rows,
    ];
}

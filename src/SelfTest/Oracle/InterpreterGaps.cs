using Iced.Intel;
using Tcg.Mttcg.Translator.Guest;
using Tcg.Mttcg.Translator.Guest.Families;
using Tcg.Mttcg.Translator.Host.Interpreter.Simd;

namespace Tcg.Mttcg.SelfTest.Oracle;

/// <summary>Instructions that are lifted but have no routine in the interpreter. None of them is announced.</summary>
internal static unsafe class InterpreterGaps
{
    private static readonly LiftRow[][] Families =
        [AvxMoves.Rows, AvxFloat.Rows, AvxConvert.Rows, AvxInteger.Rows, AvxShuffle.Rows, Fma.Rows, Crypto.Rows, SseSpecial.Rows];

    public static IReadOnlySet<Mnemonic> Mnemonics { get; } = Families.SelectMany(rows => rows)
        .Select(row => row.Mnemonic)
        .Where(mnemonic => SimdTable.Find(mnemonic) == null && mnemonic is not (Mnemonic.Maskmovdqu or Mnemonic.Vmaskmovdqu))
        .ToHashSet();
}

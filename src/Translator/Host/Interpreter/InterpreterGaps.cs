using Iced.Intel;
using Tcg.Mttcg.Translator.Guest;
using Tcg.Mttcg.Translator.Guest.Families;
using Tcg.Mttcg.Translator.Host.Interpreter.Simd;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Host.Interpreter;

/// <summary>Instructions that are lifted but have no routine here, and the features that cannot be announced with this back end therefore.</summary>
public static unsafe class InterpreterGaps
{
    private static readonly LiftRow[][] Families =
        [AvxMoves.Rows, AvxFloat.Rows, AvxConvert.Rows, AvxInteger.Rows, AvxShuffle.Rows, Fma.Rows, Crypto.Rows, SseSpecial.Rows];

    public static IReadOnlySet<Mnemonic> Mnemonics { get; } = Families.SelectMany(rows => rows)
        .Select(row => row.Mnemonic)
        .Where(mnemonic => SimdTable.Find(mnemonic) == null && mnemonic is not (Mnemonic.Maskmovdqu or Mnemonic.Vmaskmovdqu))
        .ToHashSet();

    public static CpuFeatureSet Missing { get; } = Mnemonics.Count == 0 ? default : new CpuFeatureSet().With(
        CpuFeature.Avx, CpuFeature.Avx2, CpuFeature.Fma, CpuFeature.F16c, CpuFeature.Vaes, CpuFeature.Vpclmul, CpuFeature.Aes, CpuFeature.Pclmul,
        CpuFeature.Sha, CpuFeature.Gfni);
}

using Iced.Intel;

namespace Tcg.Mttcg.Translator.Host.Interpreter.Simd;

/// <summary>One SIMD mnemonic and its routine.</summary>
internal readonly unsafe struct SimdRow(Mnemonic mnemonic, delegate*<ref SimdOperands, void> body)
{
    public Mnemonic Mnemonic { get; } = mnemonic;
    public delegate*<ref SimdOperands, void> Body { get; } = body;
}

/// <summary>All SIMD routines by mnemonic, joined from the families; two for one mnemonic are an error at start-up.</summary>
internal static unsafe class SimdTable
{
    private static readonly delegate*<ref SimdOperands, void>[] Bodies = Join();

    /// <summary>Null: no such routine.</summary>
    public static delegate*<ref SimdOperands, void> Find(Mnemonic mnemonic) => Bodies[(int)mnemonic];

    private static delegate*<ref SimdOperands, void>[] Join()
    {
        var bodies = new delegate*<ref SimdOperands, void>[Enum.GetValues<Mnemonic>().Length];
        SimdRow[][] families =
        [
            SimdMoves.Rows, SimdFloat.Rows, SimdFloatCompare.Rows, SimdConvert.Rows, SimdRounding.Rows, SimdLogic.Rows, SimdInteger.Rows, SimdMultiply.Rows,
            SimdHorizontal.Rows, SimdShift.Rows, SimdPack.Rows, SimdShuffle.Rows, SimdInsert.Rows, SimdBlend.Rows, SimdStrings.Rows,
        ];
        foreach (var row in families.SelectMany(family => family))
        {
            if (bodies[(int)row.Mnemonic] != null) throw new InvalidOperationException($"two routines for {row.Mnemonic}");
            bodies[(int)row.Mnemonic] = row.Body;
        }
        return bodies;
    }
}

using Iced.Intel;

namespace Tcg.Mttcg.Translator.Host.Interpreter.Simd;

/// <summary>
/// All SIMD routines by mnemonic, joined from the families; two for one mnemonic are an error at start-up. A VEX mnemonic that is a legacy one with a V
/// before it has the same routine, unless it has its own.
/// </summary>
internal static unsafe class SimdTable
{
    private static readonly SimdRow[] ByMnemonic = Join();

    /// <summary>Without a body: no such routine.</summary>
    public static ref readonly SimdRow Find(Mnemonic mnemonic) => ref ByMnemonic[(int)mnemonic];

    private static SimdRow[] Join()
    {
        var table = new SimdRow[Enum.GetValues<Mnemonic>().Length];
        SimdRow[][] families =
        [
            SimdMoves.Rows, SimdFloat.Rows, SimdFloatCompare.Rows, SimdConvert.Rows, SimdRounding.Rows, SimdLogic.Rows, SimdInteger.Rows, SimdMultiply.Rows,
            SimdHorizontal.Rows, SimdShift.Rows, SimdPack.Rows, SimdShuffle.Rows, SimdInsert.Rows, SimdBlend.Rows, SimdStrings.Rows,
            SimdAes.Rows, SimdSha.Rows, SimdGalois.Rows,
            SimdBroadcast.Rows, SimdPermute.Rows, SimdWiden.Rows, SimdWidthConvert.Rows, SimdVariableShift.Rows, SimdFused.Rows, SimdZero.Rows,
        ];
        foreach (var row in families.SelectMany(family => family))
        {
            if (table[(int)row.Mnemonic].Body != null) throw new InvalidOperationException($"two routines for {row.Mnemonic}");
            table[(int)row.Mnemonic] = row;
        }
        foreach (var row in table.Where(row => row.Body != null).ToArray())
        {
            if (Enum.TryParse<Mnemonic>($"V{row.Mnemonic}", ignoreCase: true, out var vex) && table[(int)vex].Body == null) table[(int)vex] = new(vex, row.Body, row.Shape);
        }
        return table;
    }
}

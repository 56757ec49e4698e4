using Tcg.Mttcg.Translator.Ir;

namespace Tcg.Mttcg.Translator.Host.X64.Lowering;

/// <summary>What one IR operation does to the guest flags.</summary>
/// <param name="Reads">Flags whose old value it needs.</param>
/// <param name="Writes">Flags it may change.</param>
/// <param name="Kills">Flags it changes whatever its operands.</param>
internal readonly record struct FlagEffects(ArithmeticFlags Reads, ArithmeticFlags Writes, ArithmeticFlags Kills)
{
    private const ArithmeticFlags CF = ArithmeticFlags.CF, OF = ArithmeticFlags.OF, All = ArithmeticFlags.All;

    public static FlagEffects Of(in IrInstruction x, IrBlock block)
    {
        switch (x.Op)
        {
            case IrOp.SetCarry or IrOp.ClearCarry: return new(0, CF, CF);
            case IrOp.ComplementCarry: return new(CF, CF, CF);
            case IrOp.WriteFlags:
                var mask = (ArithmeticFlags)x.Imm & All;
                return new(0, mask, mask);
            case IrOp.ReadFlags or IrOp.Call: return new(All, 0, 0);
            case IrOp.BrIf or IrOp.SetCc or IrOp.CMov: return new(ReadBy(x.Cond), 0, 0);
            case IrOp.GuestRmw: return OfRmw(x);
        }
        var row = OpTable.Of(x.Op);
        if ((row.Traits & OpTraits.CountDecides) != 0) return OfShift(x, block, row);
        return Full(x, row.Reads, row.Writes);
    }

    private static FlagEffects Full(in IrInstruction x, ArithmeticFlags reads, ArithmeticFlags writes) =>
        x.SetsFlags ? new(reads, writes, writes) : new(reads, 0, 0);

    private static FlagEffects OfRmw(in IrInstruction x) => x.Rmw switch
    {
        RmwKind.Adc or RmwKind.Sbb => Full(x, CF, All),
        RmwKind.Inc or RmwKind.Dec => Full(x, 0, ArithmeticFlags.AllButCarry),
        RmwKind.Not or RmwKind.Xchg => default,
        RmwKind.Bts or RmwKind.Btr or RmwKind.Btc => Full(x, 0, CF),
        _ => Full(x, 0, All),
    };

    private static FlagEffects OfShift(in IrInstruction x, IrBlock block, OpAttribute row)
    {
        var rotateThroughCarry = x.Op is IrOp.Rcl or IrOp.Rcr;
        var reads = rotateThroughCarry ? CF : 0;
        var count = x.Op is IrOp.Shld or IrOp.Shrd ? x.C : x.B;
        var masked = count.IsConstant ? (int)block.ConstantValue(count) & (x.Size == OpSize.B64 ? 63 : 31) : -1;

        // By zero nothing is emitted, so nothing is read either.
        if (masked == 0) return default;
        if (!x.SetsFlags) return new(reads, 0, 0);
        if (masked < 0) return new(reads, row.Writes, 0);
        if (rotateThroughCarry) return new(reads, row.Writes, masked == 1 ? row.Writes : 0);
        return new(reads, row.Writes, row.Writes == All || masked == 1 ? row.Writes : CF);
    }

    private static ArithmeticFlags ReadBy(Condition condition) => ((int)condition >> 1) switch
    {
        0 => OF,
        1 => CF,
        2 => ArithmeticFlags.ZF,
        3 => CF | ArithmeticFlags.ZF,
        4 => ArithmeticFlags.SF,
        5 => ArithmeticFlags.PF,
        6 => ArithmeticFlags.SF | OF,
        _ => ArithmeticFlags.SF | OF | ArithmeticFlags.ZF,
    };
}

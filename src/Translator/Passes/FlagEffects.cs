using Tcg.Mttcg.Translator.Ir;
using static Tcg.Mttcg.Translator.Ir.ArithmeticFlags;

namespace Tcg.Mttcg.Translator.Passes;

/// <summary>Which flags an operation needs, and which it defines on every execution.</summary>
internal static class FlagEffects
{
    private static readonly ArithmeticFlags[] ByCondition = [OF, CF, ZF, CF | ZF, SF, PF, SF | OF, ZF | SF | OF];

    public static ArithmeticFlags ReadBy(Condition condition) => ByCondition[(int)condition >> 1];

    public static ArithmeticFlags Read(in IrInstruction op, OpAttribute row)
    {
        if (IrShape.HasCondition(op.Op)) return ReadBy(op.Cond);
        return op.Op switch
        {
            IrOp.WriteFlags => None,
            IrOp.GuestRmw when op.Rmw is not (RmwKind.Adc or RmwKind.Sbb) => None,
            _ => row.Reads,
        };
    }

    /// <summary>None for a shift whose count may be zero.</summary>
    public static ArithmeticFlags SurelyWritten(IrBlock block, in IrInstruction op, OpAttribute row)
    {
        if (op.Op == IrOp.WriteFlags) return (ArithmeticFlags)op.Imm & All;
        if (IrShape.WritesFlagsOnly(op.Op)) return row.Writes;
        if (!op.SetsFlags || ((row.Traits & OpTraits.CountDecides) != 0 && MayLeaveFlags(block, op))) return None;
        return op.Op == IrOp.GuestRmw ? Written(op.Rmw) : row.Writes;
    }

    // RCL and RCR of 8 and 16 bits by 9 or 17 rotate by nothing, and what they do to OF is undefined then.
    private static bool MayLeaveFlags(IrBlock block, in IrInstruction op)
    {
        var count = op.Op is IrOp.Shld or IrOp.Shrd ? op.C : op.B;
        if (!count.IsConstant) return true;
        var masked = block.ConstantValue(count) & (op.Size == OpSize.B64 ? 63u : 31);
        return masked == 0 || (masked != 1 && op.Op is IrOp.Rcl or IrOp.Rcr);
    }

    private static ArithmeticFlags Written(RmwKind kind) => kind switch
    {
        RmwKind.Inc or RmwKind.Dec => AllButCarry,
        RmwKind.Not or RmwKind.Xchg => None,
        RmwKind.Bts or RmwKind.Btr or RmwKind.Btc => CF,
        _ => All,
    };
}

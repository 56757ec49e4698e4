using Iced.Intel;
using Tcg.Mttcg.Translator.Ir;

namespace Tcg.Mttcg.Translator.Guest.Families;

/// <summary>BMI1, BMI2 and ADX. The VEX-encoded ones do not exist in real and virtual-8086 mode.</summary>
internal static class BitManipulation
{
    public static readonly LiftRow[] Rows =
    [
        new(Mnemonic.Andn,   at => Binary(at, IrOp.Andn,  1, 2),               LiftRules.ProtectedOnly),
        new(Mnemonic.Bextr,  at => Binary(at, IrOp.Bextr, 1, 2),               LiftRules.ProtectedOnly),
        new(Mnemonic.Bzhi,   at => Binary(at, IrOp.Bzhi,  1, 2),               LiftRules.ProtectedOnly),
        new(Mnemonic.Blsi,   at => LowestBit(at, IrOp.Blsi),                   LiftRules.ProtectedOnly),
        new(Mnemonic.Blsmsk, at => LowestBit(at, IrOp.Blsmsk),                 LiftRules.ProtectedOnly),
        new(Mnemonic.Blsr,   at => LowestBit(at, IrOp.Blsr),                   LiftRules.ProtectedOnly),
        new(Mnemonic.Pdep,   at => Binary(at, IrOp.Pdep,  1, 2, flags: false), LiftRules.ProtectedOnly),
        new(Mnemonic.Pext,   at => Binary(at, IrOp.Pext,  1, 2, flags: false), LiftRules.ProtectedOnly),
        new(Mnemonic.Rorx,   at => Shift(at, IrOp.Ror),                        LiftRules.ProtectedOnly),
        new(Mnemonic.Sarx,   at => Shift(at, IrOp.Sar),                        LiftRules.ProtectedOnly),
        new(Mnemonic.Shlx,   at => Shift(at, IrOp.Shl),                        LiftRules.ProtectedOnly),
        new(Mnemonic.Shrx,   at => Shift(at, IrOp.Shr),                        LiftRules.ProtectedOnly),
        new(Mnemonic.Mulx,   Multiply,                                         LiftRules.ProtectedOnly),
        new(Mnemonic.Adcx,   at => Binary(at, IrOp.Adcx, 0, 1)),
        new(Mnemonic.Adox,   at => Binary(at, IrOp.Adox, 0, 1)),
    ];

    private static void Binary(Lifting at, IrOp op, int left, int right, bool flags = true)
    {
        var size = at.SizeOf(0);
        var a = at.Read(left, size);
        var b = at.Read(right, size);
        at.Emit(op, size, at.Read(0, size), a, b, flags);
    }

    private static void LowestBit(Lifting at, IrOp op)
    {
        var size = at.SizeOf(0);
        var source = at.Read(1, size);
        at.Emit(op, size, at.Read(0, size), source, flags: true);
    }

    private static void Shift(Lifting at, IrOp op)
    {
        var size = at.SizeOf(0);
        var source = at.Read(1, size);
        at.Emit(op, size, at.Read(0, size), source, at.Read(2, OpSize.B8));
    }

    // The first operand is the high half; if both are one register, that stays.
    private static void Multiply(Lifting at)
    {
        var size = at.SizeOf(0);
        var source = at.Read(2, size);
        at.Emit(IrOp.MulWide, size, at.Read(1, size), Lifting.Rdx, source);
        at.Block.Instructions[^1].Dst2 = at.Read(0, size);
    }
}

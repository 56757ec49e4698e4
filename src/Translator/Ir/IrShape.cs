namespace Tcg.Mttcg.Translator.Ir;

/// <summary>What <see cref="IrInstruction.Imm"/> means for an operation.</summary>
public enum ImmKind : byte { None, Rip, Label, StateOffset, Helper, FlagMask, Simd }

/// <summary>What <see cref="IrInstruction.Aux"/> means for an operation.</summary>
public enum AuxKind : byte { None, Slot, ExitReason, Fence }

/// <summary>Which fields of <see cref="IrInstruction"/> matter for an operation, beside the operands that <see cref="OpTable"/> counts.</summary>
public static class IrShape
{
    /// <summary>The operation has a width.</summary>
    public static bool IsSized(IrOp op)
    {
        if (op is IrOp.Call or IrOp.GotoIndirect or IrOp.ExitTb or IrOp.ReadFlags or IrOp.WriteFlags or IrOp.ExtractHigh or IrOp.InsertHigh or IrOp.Simd) return false;
        var row = OpTable.Of(op);
        return row.Outputs + row.Inputs > 0 || (row.Traits & OpTraits.HasMemory) != 0;
    }

    public static bool HasSourceSize(IrOp op) => op is IrOp.Movzx or IrOp.Movsx or IrOp.GuestLoad;

    public static bool HasCondition(IrOp op) => op is IrOp.BrIf or IrOp.CMov or IrOp.SetCc;

    public static ImmKind Imm(IrOp op) => op switch
    {
        IrOp.InsnStart or IrOp.GotoTb => ImmKind.Rip,
        IrOp.Label or IrOp.Br or IrOp.BrIf or IrOp.BrZero or IrOp.BrNonZero => ImmKind.Label,
        IrOp.LoadState or IrOp.StoreState => ImmKind.StateOffset,
        IrOp.Call => ImmKind.Helper,
        IrOp.WriteFlags => ImmKind.FlagMask,
        IrOp.Simd => ImmKind.Simd,
        _ => ImmKind.None,
    };

    public static AuxKind Aux(IrOp op) => op switch
    {
        IrOp.GotoTb => AuxKind.Slot,
        IrOp.ExitTb => AuxKind.ExitReason,
        IrOp.Fence => AuxKind.Fence,
        _ => AuxKind.None,
    };

    /// <summary>Control never falls through to the next operation.</summary>
    public static bool IsFinal(IrOp op) => op == IrOp.Br || (OpTable.Of(op).Traits & OpTraits.EndsBlock) != 0;

    /// <summary>May go to the label in Imm.</summary>
    public static bool IsBranch(IrOp op) => op is IrOp.Br or IrOp.BrIf or IrOp.BrZero or IrOp.BrNonZero;

    /// <summary>Its only result is the guest flags, which it writes whether or not SetsFlags is on.</summary>
    public static bool WritesFlagsOnly(IrOp op) => op is IrOp.WriteFlags or IrOp.SetCarry or IrOp.ClearCarry or IrOp.ComplementCarry;

    /// <summary>The size at which sources are read. Loads and stores of state or memory, and arithmetic, read at their own size.</summary>
    public static OpSize ReadSize(in IrInstruction instruction) => instruction.Op switch
    {
        IrOp.Movzx or IrOp.Movsx => instruction.SourceSize,
        IrOp.ExtractHigh => OpSize.B16,
        IrOp.InsertHigh => OpSize.B8,
        IrOp.Call or IrOp.GotoIndirect or IrOp.ExitTb or IrOp.Simd => OpSize.B64,
        IrOp.WriteFlags => OpSize.B16,
        _ => instruction.Size,
    };
}

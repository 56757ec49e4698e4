using Tcg.Mttcg.Translator.Ir;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Guest;

// The limit of CS (SDM 3A 5.3). Only code segments that end early pay for it, and 16-bit code that reaches beyond 64 KiB.
public sealed partial class Lifting
{
    private const ulong NarrowLimit = ushort.MaxValue;

    private bool IsNarrow => !Is64 && !Has(TbFlags.Code32);

    /// <summary>The instruction must lie within CS.</summary>
    private void CheckFetch()
    {
        var last = Rip + (uint)Math.Max(1, Instruction.Length) - 1;
        if (Has(TbFlags.CodeLimit) || (IsNarrow && last > NarrowLimit)) CheckCodeLimit(Constant(last), null);
    }

    /// <summary>A near branch leads there: a target beyond CS is #GP(0) of the branch, before it has changed anything.</summary>
    /// <param name="size">Operand size of the branch.</param>
    /// <param name="undo">Emits what takes back what was changed already.</param>
    public void CheckTarget(Operand target, OpSize size, Action? undo = null)
    {
        if (ChecksTargets(size)) CheckCodeLimit(target, undo);
    }

    private void CheckCodeLimit(Operand offset, Action? undo)
    {
        var limit = LoadState(CpuState.SegmentBaseOffset(Segment.Cs) + StateFields.Limit, OpSize.B32);
        var inside = NewLabel();
        BranchIfZero(Compute(IrOp.Shr, OpSize.B64, Compute(IrOp.Sub, OpSize.B64, limit, offset), Constant(63)), OpSize.B8, inside);
        undo?.Invoke();
        Raise(Vector.GeneralProtection, 0);
        Label(inside);
    }

    /// <summary>Whether <see cref="CheckTarget"/> emits anything.</summary>
    public bool ChecksTargets(OpSize size) => Has(TbFlags.CodeLimit) || (IsNarrow && size != OpSize.B16);
}

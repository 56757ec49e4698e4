using Tcg.Mttcg.Memory;
using Tcg.Mttcg.Translator.Ir;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Guest;

// How a block ends, and guest exceptions.
public sealed partial class Lifting
{
    /// <summary>The block has its end; nothing more may follow.</summary>
    public bool Ended { get; private set; }

    /// <summary>To a known RIP. Chained only inside the block's page: the mapping of another one may change under the chain.</summary>
    public void Goto(ulong rip, byte slot)
    {
        Ended = true;
        var linear = Context.CsBase + rip;
        if (!Is64) linear = (uint)linear;
        var samePage = new GuestVirtual(linear).PageBase == new GuestVirtual(Context.Pc).PageBase;
        if (!samePage || !Chains)
        {
            GotoIndirect(Constant(rip));
            return;
        }
        ref var i = ref Block.Append(IrOp.GotoTb);
        i.Aux = slot;
        i.Imm = rip;
    }

    /// <summary>To a computed RIP, 64 bits wide and already truncated to the mode.</summary>
    public void GotoIndirect(Operand rip)
    {
        Ended = true;
        if (Chains) Block.Append(IrOp.GotoIndirect).A = rip;
        else Exit(TbExitReason.Lookup, rip);
    }

    /// <summary>Jump slots that are left for conditional jumps inside a block.</summary>
    public const int MostSideExits = 2;

    private readonly List<(ulong Label, ulong Target)> _sideExits = [];
    private int _sideExitsLeft;

    /// <summary>
    /// A conditional jump forward inside the page, which is more often not taken, need not end the block. False: it must. The jumps themselves
    /// come behind the block's end.
    /// </summary>
    public bool TrySideExit(Condition condition, ulong target)
    {
        if (_sideExitsLeft == 0 || !Chains || target <= Rip || target >= (Rip & PageSize.Mask) + PageSize.Bytes) return false;
        _sideExitsLeft--;
        var label = NewLabel();
        BranchIf(condition, label);
        _sideExits.Add((label, target));
        return true;
    }

    public void EmitSideExits()
    {
        for (var i = 0; i < _sideExits.Count; i++)
        {
            Label(_sideExits[i].Label);
            Goto(_sideExits[i].Target, (byte)(2 + i));
        }
    }

    /// <summary>The two ways of a conditional branch; the flags or the operand were tested by a branch to <paramref name="taken"/>.</summary>
    /// <param name="size">Operand size of the branch.</param>
    /// <param name="undo">Emits what takes back what was changed, if the target lies beyond CS.</param>
    public void GotoEither(ulong taken, ulong target, OpSize size, Action? undo = null)
    {
        Goto(NextRip, 1);
        Label(taken);
        CheckTarget(Constant(target), size, undo);
        Goto(target, 0);
    }

    public void Exit(TbExitReason reason, Operand rip)
    {
        Ended = true;
        ref var i = ref Block.Append(IrOp.ExitTb);
        i.Aux = (byte)reason;
        i.A = rip;
    }

    /// <summary>The dispatcher finds the next instruction with the processor state as it is then.</summary>
    public void ExitLookup() => Exit(TbExitReason.Lookup, Constant(NextRip));

    /// <summary>As <see cref="ExitLookup"/>, after a helper that set RIP.</summary>
    public void ExitRipSet() => Exit(TbExitReason.Lookup, Operand.None);

    /// <summary>Undoes <see cref="Ended"/> for an end on one of several ways through the instruction.</summary>
    public void ContinueAt(ulong label)
    {
        Label(label);
        Ended = false;
    }

    private bool Chains => (Context.CompileFlags & TbCompileFlags.NoChain) == 0;

    /// <summary>Raises an exception of this instruction on one way through it; control does not come back.</summary>
    public void Raise(Vector vector, ulong? errorCode) =>
        Invoke(HelperId.RaiseException, Constant((ulong)vector), Constant(errorCode ?? 0), Constant(errorCode is null ? 0u : 1u));

    public void RaiseAndEnd(Vector vector, ulong? errorCode)
    {
        Raise(vector, errorCode);
        ExitRipSet();
    }

    public void RaiseUndefined() => RaiseAndEnd(Vector.Undefined, null);

    public void RaiseGeneralProtection() => RaiseAndEnd(Vector.GeneralProtection, 0);
}

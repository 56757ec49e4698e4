using Tcg.Mttcg.Translator.Ir;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Host.Interpreter;

/// <summary>Structure: instruction starts, branches inside the block, block ends. Branch operations hold an index into the block by now, not a label.</summary>
internal static unsafe class ControlOps
{
    public static readonly ExecuteRow[] Rows =
    [
        new(IrOp.InsnStart,    &InsnStart),
        new(IrOp.Label,        &Label),
        new(IrOp.Br,           &Br),
        new(IrOp.BrIf,         &BrIf),
        new(IrOp.BrZero,       &BrZero),
        new(IrOp.BrNonZero,    &BrNonZero),
        new(IrOp.GotoTb,       &GotoTb),
        new(IrOp.GotoIndirect, &GotoIndirect),
        new(IrOp.ExitTb,       &ExitTb),
        new(IrOp.Fence,        &Fence),
        new(IrOp.Pause,        &Pause),
    ];

    private static void InsnStart(Frame frame, IrInstruction* op)
    {
        frame.State->Rip = op->Imm;
        frame.State->InstructionCount++;
    }

    private static void Label(Frame frame, IrInstruction* op)
    {
    }

    private static void Br(Frame frame, IrInstruction* op) => frame.Next = (int)op->Imm;

    private static void BrIf(Frame frame, IrInstruction* op)
    {
        if (GuestFlags.Holds(frame.State, op->Cond)) frame.Next = (int)op->Imm;
    }

    private static void BrZero(Frame frame, IrInstruction* op)
    {
        if (frame.Read(op->A, op->Size) == 0) frame.Next = (int)op->Imm;
    }

    private static void BrNonZero(Frame frame, IrInstruction* op)
    {
        if (frame.Read(op->A, op->Size) != 0) frame.Next = (int)op->Imm;
    }

    private static void GotoTb(Frame frame, IrInstruction* op)
    {
        frame.State->Rip = op->Imm;
        frame.Leave(TbExit.JumpReason(op->Aux));
    }

    private static void GotoIndirect(Frame frame, IrInstruction* op)
    {
        var target = frame.Read(op->A);
        if (Is64NonCanonical(frame, target))
        {
            frame.Call(HelperId.BranchTarget, target, 0, 0);
            if (frame.Left) return;
        }
        frame.State->Rip = target;
        frame.JumpedIndirectly = true;
        frame.Leave(TbExitReason.Lookup);
    }

    // With five-level paging it may be canonical: the helper knows.
    private static bool Is64NonCanonical(Frame frame, ulong target) => (ulong)((long)target >> 47) + 1 > 1 && frame.Block.Context.Is64;

    private static void ExitTb(Frame frame, IrInstruction* op)
    {
        if (!op->A.IsNone) frame.State->Rip = frame.Read(op->A);
        frame.Leave((TbExitReason)op->Aux);
    }

    // Between TSO and C#'s acquire loads and release stores only store-to-load order is missing, and MFENCE alone gives it; LFENCE and SFENCE add nothing.
    private static void Fence(Frame frame, IrInstruction* op)
    {
        if (op->Aux == 0) Interlocked.MemoryBarrier();
    }

    private static void Pause(Frame frame, IrInstruction* op) => Thread.SpinWait(1);
}

using Iced.Intel;
using Tcg.Mttcg.Translator.Ir;

namespace Tcg.Mttcg.Translator.Guest.Families;

/// <summary>Near control transfers.</summary>
internal static class Branches
{
    public static readonly LiftRow[] Rows =
    [
        new(Mnemonic.Jo, JumpIf), new(Mnemonic.Jno, JumpIf), new(Mnemonic.Jb,  JumpIf), new(Mnemonic.Jae, JumpIf),
        new(Mnemonic.Je, JumpIf), new(Mnemonic.Jne, JumpIf), new(Mnemonic.Jbe, JumpIf), new(Mnemonic.Ja,  JumpIf),
        new(Mnemonic.Js, JumpIf), new(Mnemonic.Jns, JumpIf), new(Mnemonic.Jp,  JumpIf), new(Mnemonic.Jnp, JumpIf),
        new(Mnemonic.Jl, JumpIf), new(Mnemonic.Jge, JumpIf), new(Mnemonic.Jle, JumpIf), new(Mnemonic.Jg,  JumpIf),
        new(Mnemonic.Jcxz,   at => JumpIfCountZero(at, OpSize.B16)),
        new(Mnemonic.Jecxz,  at => JumpIfCountZero(at, OpSize.B32)),
        new(Mnemonic.Jrcxz,  at => JumpIfCountZero(at, OpSize.B64)),
        new(Mnemonic.Loop,   at => Loop(at, null)),
        new(Mnemonic.Loope,  at => Loop(at, Condition.Ne)),
        new(Mnemonic.Loopne, at => Loop(at, Condition.E)),
        new(Mnemonic.Jmp,    Jump),
        new(Mnemonic.Call,   Call),
        new(Mnemonic.Ret,    Return),
    ];

    private static void JumpIf(Lifting at)
    {
        if (!at.ChecksTargets(SizeOf(at)) && at.TrySideExit(Conditions.Of(at.Instruction), at.Instruction.NearBranchTarget)) return;
        var taken = at.NewLabel();
        at.BranchIf(Conditions.Of(at.Instruction), taken);
        at.GotoEither(taken, at.Instruction.NearBranchTarget, SizeOf(at));
    }

    private static void JumpIfCountZero(Lifting at, OpSize counter)
    {
        var taken = at.NewLabel();
        at.BranchIfZero(Lifting.Rcx, counter, taken);
        at.GotoEither(taken, at.Instruction.NearBranchTarget, SizeOf(at));
    }

    private static void Loop(Lifting at, Condition? leave)
    {
        var counter = CounterOf(at.Instruction.Code);
        ulong taken = at.NewLabel(), leaving = leave is null ? 0 : at.NewLabel();
        at.Emit(IrOp.Sub, counter, Lifting.Rcx, Lifting.Rcx, at.Constant(1));
        if (leave is { } condition) at.BranchIf(condition, leaving);
        at.BranchIfNotZero(Lifting.Rcx, counter, taken);
        if (leave is not null) at.Label(leaving);
        at.GotoEither(taken, at.Instruction.NearBranchTarget, SizeOf(at), () => at.Emit(IrOp.Add, counter, Lifting.Rcx, Lifting.Rcx, at.Constant(1)));
    }

    private static OpSize CounterOf(Code code) => code switch
    {
        Code.Loop_rel8_16_CX or Code.Loop_rel8_32_CX or Code.Loope_rel8_16_CX or Code.Loope_rel8_32_CX
            or Code.Loopne_rel8_16_CX or Code.Loopne_rel8_32_CX => OpSize.B16,
        Code.Loop_rel8_16_RCX or Code.Loop_rel8_64_RCX or Code.Loope_rel8_16_RCX or Code.Loope_rel8_64_RCX
            or Code.Loopne_rel8_16_RCX or Code.Loopne_rel8_64_RCX => OpSize.B64,
        _ => OpSize.B32,
    };

    private static void Jump(Lifting at)
    {
        if (FarTransfers.IsFar(at)) FarTransfers.Jump(at);
        else if (IsDirect(at))
        {
            at.CheckTarget(at.Constant(at.Instruction.NearBranchTarget), SizeOf(at));
            at.Goto(at.Instruction.NearBranchTarget, 0);
        }
        else
        {
            at.GotoIndirect(IndirectTarget(at));
        }
    }

    private static void Call(Lifting at)
    {
        if (FarTransfers.IsFar(at))
        {
            FarTransfers.Call(at);
            return;
        }
        var size = Lifting.SizeOfBytes(-at.Instruction.StackPointerIncrement);
        var target = IsDirect(at) ? Operand.None : IndirectTarget(at);
        if (target.IsNone) at.CheckTarget(at.Constant(at.Instruction.NearBranchTarget), size);
        at.Push(at.Constant(at.NextRip), size);
        if (target.IsNone) at.Goto(at.Instruction.NearBranchTarget, 0);
        else at.GotoIndirect(target);
    }

    private static void Return(Lifting at)
    {
        var release = at.Instruction.OpCount == 0 ? 0 : at.Instruction.Immediate16;
        var bytes = at.Instruction.StackPointerIncrement - release;
        var target = at.Peek(Lifting.SizeOfBytes(bytes));
        at.CheckTarget(target, Lifting.SizeOfBytes(bytes));
        at.AdjustStack(bytes + release);
        at.GotoIndirect(target);
    }

    private static bool IsDirect(Lifting at) =>
        at.Instruction.GetOpKind(0) is OpKind.NearBranch16 or OpKind.NearBranch32 or OpKind.NearBranch64;

    private static OpSize SizeOf(Lifting at) => at.Instruction.GetOpKind(0) switch
    {
        OpKind.NearBranch16 => OpSize.B16,
        OpKind.NearBranch32 => OpSize.B32,
        _ => OpSize.B64,
    };

    private static Operand IndirectTarget(Lifting at)
    {
        var size = at.SizeOf(0);
        var value = at.Read(0, size);
        // A copy of a register too: CALL RSP jumps to the pointer before the push.
        var target = size == OpSize.B64 ? value.IsGpr ? at.Compute(IrOp.Mov, size, value) : value : at.ZeroExtend(value, size);
        at.CheckTarget(target, size);
        return target;
    }
}

using Iced.Intel;
using Tcg.Mttcg.Translator.Ir;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Guest.Families;

/// <summary>EFLAGS: carry, direction, interrupt and alignment bits, LAHF/SAHF, PUSHF/POPF.</summary>
internal static class FlagOps
{
    private const ulong InterruptBit = 1 << 9, DirectionBit = 1 << 10, AlignmentBit = 1 << 18, ResumeAndVirtual = 3 << 16;

    // TF, IF, DF, IOPL, NT, RF, AC, ID: POPF that changes none of them is a plain write of the arithmetic flags.
    private const ulong SystemBits = 0x257700;

    private const ulong SahfMask = (ulong)(ArithmeticFlags.SF | ArithmeticFlags.ZF | ArithmeticFlags.AF | ArithmeticFlags.PF | ArithmeticFlags.CF);

    public static readonly LiftRow[] Rows =
    [
        new(Mnemonic.Clc,    at => Carry(at, IrOp.ClearCarry)),
        new(Mnemonic.Stc,    at => Carry(at, IrOp.SetCarry)),
        new(Mnemonic.Cmc,    at => Carry(at, IrOp.ComplementCarry)),
        new(Mnemonic.Cld,    at => ChangeSystemFlags(at, IrOp.And, ~DirectionBit)),
        new(Mnemonic.Std,    at => ChangeSystemFlags(at, IrOp.Or, DirectionBit)),
        new(Mnemonic.Cli,    ClearInterrupts),
        new(Mnemonic.Sti,    at => at.Invoke(HelperId.Sti), LiftRules.EndsBlock),
        new(Mnemonic.Clac,   at => AlignmentOverride(at, IrOp.And, ~AlignmentBit), LiftRules.EndsBlock),
        new(Mnemonic.Stac,   at => AlignmentOverride(at, IrOp.Or, AlignmentBit), LiftRules.EndsBlock),
        new(Mnemonic.Lahf,   LoadAh),
        new(Mnemonic.Sahf,   at => Write(at, at.ReadRegister(Register.AH), SahfMask)),
        new(Mnemonic.Pushf,  at => Push(at, OpSize.B16)),
        new(Mnemonic.Pushfd, at => Push(at, OpSize.B32)),
        new(Mnemonic.Pushfq, at => Push(at, OpSize.B64)),
        new(Mnemonic.Popf,   at => Pop(at, OpSize.B16)),
        new(Mnemonic.Popfd,  at => Pop(at, OpSize.B32)),
        new(Mnemonic.Popfq,  at => Pop(at, OpSize.B64)),
    ];

    private static void Carry(Lifting at, IrOp op) => at.Block.Append(op).SetsFlags = true;

    private static void ChangeSystemFlags(Lifting at, IrOp op, ulong mask)
    {
        var flags = at.LoadState(CpuState.SystemFlagsOffset, OpSize.B32);
        at.StoreState(CpuState.SystemFlagsOffset, OpSize.B32, at.Compute(op, OpSize.B32, flags, at.Constant(mask)));
    }

    // An interrupt that is pending goes on waiting, so the block need not end.
    private static void ClearInterrupts(Lifting at)
    {
        if (at.Context.Cpl <= at.Context.Iopl) ChangeSystemFlags(at, IrOp.And, ~InterruptBit);
        else at.Invoke(HelperId.Cli);
    }

    private static void AlignmentOverride(Lifting at, IrOp op, ulong mask)
    {
        if (at.Context.Cpl != 0) at.RaiseUndefined();
        else ChangeSystemFlags(at, op, mask);
    }

    private static void LoadAh(Lifting at)
    {
        var image = at.Compute(IrOp.Or, OpSize.B32, ReadFlags(at), at.Constant(2));
        at.WriteRegister(Register.AH, OpSize.B8, image);
    }

    private static Operand ReadFlags(Lifting at)
    {
        var flags = at.Temp();
        at.Emit(IrOp.ReadFlags, OpSize.B32, flags, Operand.None);
        return flags;
    }

    private static void Write(Lifting at, Operand value, ulong mask)
    {
        ref var i = ref at.Block.Append(IrOp.WriteFlags);
        i.Size = OpSize.B32;
        i.A = value;
        i.Imm = mask;
        i.SetsFlags = true;
    }

    // In V8086 mode below IOPL 3, PUSHF and POPF are the monitor's business.
    private static bool Trapped(Lifting at) => at.IsVirtual8086 && at.Context.Iopl < 3;

    private static void Push(Lifting at, OpSize size)
    {
        if (Trapped(at))
        {
            at.Push(at.Call(HelperId.Pushf, at.Constant((uint)Lifting.BytesOf(size))), size);
            return;
        }
        var system = at.LoadState(CpuState.SystemFlagsOffset, OpSize.B32);
        var all = at.Compute(IrOp.Or, OpSize.B32, system, ReadFlags(at));
        at.Push(at.Compute(IrOp.And, OpSize.B32, all, at.Constant(~ResumeAndVirtual)), size);
    }

    private static void Pop(Lifting at, OpSize size)
    {
        var bytes = Lifting.BytesOf(size);
        var value = at.Peek(size);
        var plain = at.NewLabel();
        if (!Trapped(at))
        {
            var system = at.LoadState(CpuState.SystemFlagsOffset, OpSize.B32);
            var changed = at.Compute(IrOp.Xor, OpSize.B32, value, system);
            var mask = size == OpSize.B16 ? SystemBits & 0xffff : SystemBits;
            at.BranchIfZero(at.Compute(IrOp.And, OpSize.B32, changed, at.Constant(mask)), OpSize.B32, plain);
        }
        at.Invoke(HelperId.Popf, at.Constant((uint)bytes), value);
        at.AdjustStack(bytes);
        at.ExitLookup();
        if (Trapped(at)) return;
        at.ContinueAt(plain);
        Write(at, value, (ulong)ArithmeticFlags.All);
        at.AdjustStack(bytes);
    }
}

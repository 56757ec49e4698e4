using Iced.Intel;
using Tcg.Mttcg.Translator.Ir;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Guest;

/// <summary>
/// The instruction being lifted and the block it goes to: what the families emit through. Parts: Operands, Memory, Stack, Ends.
/// <para>
/// The rule of every family: all operations that may fault come before the first change of a guest register or flag, so that an instruction
/// that faults, or that must run again because it stored into its own block, has changed nothing.
/// </para>
/// </summary>
public sealed partial class Lifting(CodeWindow window, InstructionGate gate)
{
    /// <summary>Decoded by Iced; invalid if the bytes are no instruction.</summary>
    public Instruction Instruction;

    public IrBlock Block { get; private set; } = null!;
    public TbContext Context { get; private set; }

    /// <summary>The instruction's bytes, prefixes first.</summary>
    public ReadOnlySpan<byte> Bytes => window.Bytes[..Math.Min(Instruction.Length, window.Bytes.Length)];

    public ulong Rip { get; private set; }
    public ulong NextRip { get; private set; }

    public void Begin(IrBlock block, int sideExits = 0)
    {
        _sideExitsLeft = Math.Min(sideExits, MostSideExits);
        _sideExits.Clear();
        Block = block;
        Context = block.Context;
        Ended = false;
    }

    /// <summary>Emits everything for <see cref="Instruction"/>, its faults included.</summary>
    public void LiftOne(ulong rip)
    {
        Rip = rip;
        NextRip = rip + (uint)Instruction.Length;
        if (!Is64) NextRip = (uint)NextRip;
        Block.Append(IrOp.InsnStart).Imm = rip;

        CheckFetch();
        if (Instruction.IsInvalid)
        {
            // Iced gives up after 15 bytes; fewer cannot have been too long.
            if (Instruction.Length >= CodeWindow.MaxInstruction) RaiseGeneralProtection();
            else RaiseUndefined();
        }
        else if (!gate.Lets(Instruction.Code) || !LiftTable.TryFind(Instruction.Mnemonic, out var row))
        {
            RaiseUndefined();
        }
        else if (Permits(row.Rules))
        {
            row.Lift(this);
            if ((row.Rules & LiftRules.EndsBlock) != 0 && !Ended) ExitLookup();
        }
    }

    private bool Permits(LiftRules rules)
    {
        if (rules is LiftRules.None or LiftRules.EndsBlock) return true;
        var undefined = ((rules & LiftRules.ProtectedOnly) != 0 && !IsProtected) || ((rules & LiftRules.FsGsBase) != 0 && !Has(TbFlags.FsGsBase));
        var protection = ((rules & LiftRules.Cpl0) != 0 && Context.Cpl != 0)
            || ((rules & LiftRules.NotRealMode) != 0 && !Has(TbFlags.Protected))
            || ((rules & LiftRules.Umip) != 0 && Context.Cpl != 0 && Has(TbFlags.Umip))
            || ((rules & LiftRules.TimeStamp) != 0 && Context.Cpl != 0 && Has(TbFlags.TimeStampDisable));
        if (undefined) RaiseUndefined();
        else if (protection) RaiseGeneralProtection();
        return !undefined && !protection;
    }

    public bool Has(TbFlags flag) => (Context.Flags & flag) != 0;
    public bool Is64 => Has(TbFlags.Code64);
    public bool IsVirtual8086 => Has(TbFlags.Virtual8086);

    /// <summary>Protected mode proper: segments have descriptors.</summary>
    public bool IsProtected => (Context.Flags & (TbFlags.Protected | TbFlags.Virtual8086)) == TbFlags.Protected;

    public Operand Temp() => Block.NewTemp();

    public Operand Constant(ulong value) => Block.Constant(value);

    public void Emit(IrOp op, OpSize size, Operand dst, Operand a, Operand b = default, bool flags = false)
    {
        ref var i = ref Block.Append(op);
        i.Size = size;
        i.Dst = dst;
        i.A = a;
        i.B = b;
        i.SetsFlags = flags;
    }

    /// <summary>A new temporary, computed.</summary>
    public Operand Compute(IrOp op, OpSize size, Operand a, Operand b = default)
    {
        var result = Temp();
        Emit(op, size, result, a, b);
        return result;
    }

    /// <summary>Movzx or Movsx.</summary>
    public void Widen(IrOp op, OpSize size, Operand dst, Operand a, OpSize from)
    {
        ref var i = ref Block.Append(op);
        i.Size = size;
        i.SourceSize = from;
        i.Dst = dst;
        i.A = a;
    }

    public Operand ZeroExtend(Operand a, OpSize from)
    {
        if (from == OpSize.B64) return a;
        var wide = Temp();
        Widen(IrOp.Movzx, OpSize.B64, wide, a, from);
        return wide;
    }

    public void EmitIf(IrOp op, OpSize size, Condition condition, Operand dst, Operand a = default, Operand b = default)
    {
        Emit(op, size, dst, a, b);
        Block.Instructions[^1].Cond = condition;
    }

    public Operand LoadState(int offset, OpSize size)
    {
        var value = Temp();
        ref var i = ref Block.Append(IrOp.LoadState);
        i.Size = size;
        i.Dst = value;
        i.Imm = (ulong)offset;
        return value;
    }

    public void StoreState(int offset, OpSize size, Operand value)
    {
        ref var i = ref Block.Append(IrOp.StoreState);
        i.Size = size;
        i.A = value;
        i.Imm = (ulong)offset;
    }

    /// <summary>Calls a helper; the result is a new temporary.</summary>
    public Operand Call(HelperId helper, Operand a = default, Operand b = default, Operand c = default)
    {
        var result = Temp();
        ref var i = ref Block.Append(IrOp.Call);
        i.Size = OpSize.B64;
        i.Dst = result;
        i.A = a;
        i.B = b;
        i.C = c;
        i.Imm = (ulong)helper;
        return result;
    }

    /// <summary>Calls a helper whose result is not wanted.</summary>
    public void Invoke(HelperId helper, Operand a = default, Operand b = default, Operand c = default)
    {
        Call(helper, a, b, c);
        Block.Instructions[^1].Dst = Operand.None;
    }

    public ulong NewLabel() => Block.NewLabel();

    public void Label(ulong label) => Block.Append(IrOp.Label).Imm = label;

    public void Branch(ulong label) => Block.Append(IrOp.Br).Imm = label;

    public void BranchIf(Condition condition, ulong label)
    {
        ref var i = ref Block.Append(IrOp.BrIf);
        i.Cond = condition;
        i.Imm = label;
    }

    public void BranchIfZero(Operand value, OpSize size, ulong label) => BranchOn(IrOp.BrZero, value, size, label);

    public void BranchIfNotZero(Operand value, OpSize size, ulong label) => BranchOn(IrOp.BrNonZero, value, size, label);

    private void BranchOn(IrOp op, Operand value, OpSize size, ulong label)
    {
        ref var i = ref Block.Append(op);
        i.Size = size;
        i.A = value;
        i.Imm = label;
    }
}

using Iced.Intel;
using Tcg.Mttcg.Translator.Ir;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Guest.Families;

/// <summary>PUSH and POP in all forms, frames.</summary>
internal static class Stack
{
    public static readonly LiftRow[] Rows =
    [
        new(Mnemonic.Push,   Push),
        new(Mnemonic.Pop,    Pop),
        new(Mnemonic.Pusha,  at => PushAll(at, OpSize.B16)),
        new(Mnemonic.Pushad, at => PushAll(at, OpSize.B32)),
        new(Mnemonic.Popa,   at => PopAll(at, OpSize.B16)),
        new(Mnemonic.Popad,  at => PopAll(at, OpSize.B32)),
        new(Mnemonic.Enter,  Enter),
        new(Mnemonic.Leave,  Leave),
    ];

    private static void Push(Lifting at)
    {
        var size = Lifting.SizeOfBytes(-at.Instruction.StackPointerIncrement);
        var value = at.IsRegister(0) && at.RegisterOf(0).IsSegmentRegister()
            ? SpecialRegisters.Selector(at, at.RegisterOf(0))
            : at.Read(0, size);
        at.Push(value, size);
    }

    private static void Pop(Lifting at)
    {
        var bytes = at.Instruction.StackPointerIncrement;
        var size = Lifting.SizeOfBytes(bytes);
        var value = at.Peek(size);
        if (at.IsMemory(0))
        {
            // An address by RSP counts from the pointer after the pop.
            var address = at.MemoryOperand();
            if (address.Base == Lifting.Rsp) address.Displacement += bytes;
            at.Store(at.At(address, bytes, write: true), size, value);
            at.AdjustStack(bytes);
        }
        else if (at.RegisterOf(0).IsSegmentRegister())
        {
            SegmentLoads.Load(at, at.RegisterOf(0), value);
            at.AdjustStack(bytes);
            at.ExitLookup();
        }
        else
        {
            at.AdjustStack(bytes);
            at.WriteRegister(at.RegisterOf(0), size, value);
        }
    }

    private static void PushAll(Lifting at, OpSize size)
    {
        var bytes = Lifting.BytesOf(size);
        for (var register = 0; register < 8; register++)
            at.Store(at.StackSlot(Lifting.Rsp, -bytes * (register + 1), bytes, write: true), size, Operand.Gpr(register));
        at.AdjustStack(-8 * bytes);
    }

    private static void PopAll(Lifting at, OpSize size)
    {
        var bytes = Lifting.BytesOf(size);
        Span<Operand> values = stackalloc Operand[8];
        for (var slot = 0; slot < 8; slot++) values[slot] = at.Peek(size, slot * bytes);
        at.AdjustStack(8 * bytes);
        for (var slot = 0; slot < 8; slot++)
        {
            var register = Operand.Gpr(7 - slot);
            if (register != Lifting.Rsp) at.Emit(IrOp.Mov, size, register, values[slot]);
        }
    }

    private static void Enter(Lifting at)
    {
        var size = at.Instruction.Code switch { Code.Enterw_imm16_imm8 => OpSize.B16, Code.Enterd_imm16_imm8 => OpSize.B32, _ => OpSize.B64 };
        var bytes = Lifting.BytesOf(size);
        var allocate = at.Instruction.Immediate16;
        var level = at.Instruction.Immediate8_2nd & 31;
        if (level > 0)
        {
            at.Invoke(HelperId.Enter, at.Constant((uint)bytes), at.Constant(allocate), at.Constant((uint)level));
            return;
        }
        at.Store(at.StackSlot(Lifting.Rsp, -bytes, bytes, write: true), size, Lifting.Rbp);
        // The frame is all of (E)SP, also where only SP moves.
        at.Emit(IrOp.Sub, at.StackSize, Lifting.Rsp, Lifting.Rsp, at.Constant((uint)bytes));
        at.Emit(IrOp.Mov, size, Lifting.Rbp, Lifting.Rsp);
        if (allocate != 0) at.Emit(IrOp.Sub, at.StackSize, Lifting.Rsp, Lifting.Rsp, at.Constant(allocate));
    }

    private static void Leave(Lifting at)
    {
        var size = at.Instruction.Code switch { Code.Leavew => OpSize.B16, Code.Leaved => OpSize.B32, _ => OpSize.B64 };
        var bytes = Lifting.BytesOf(size);
        var value = at.Load(at.StackSlot(Lifting.Rbp, 0, bytes, write: false), size);
        at.Emit(IrOp.Add, at.StackSize, Lifting.Rsp, Lifting.Rbp, at.Constant((uint)bytes));
        at.Emit(IrOp.Mov, size, Lifting.Rbp, value);
    }
}

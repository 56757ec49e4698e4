using Iced.Intel;
using Tcg.Mttcg.Translator.Ir;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Guest.Families;

/// <summary>MOV and its relatives, LEA, CMOVcc, SETcc, sign extensions of the accumulator, XLAT.</summary>
internal static class Moves
{
    public static readonly LiftRow[] Rows =
    [
        new(Mnemonic.Mov,    Move),
        new(Mnemonic.Movzx,  at => Extend(at, IrOp.Movzx, Extension.Zero)),
        new(Mnemonic.Movsx,  at => Extend(at, IrOp.Movsx, Extension.Sign)),
        new(Mnemonic.Movsxd, at => Extend(at, IrOp.Movsx, Extension.Sign)),
        new(Mnemonic.Movnti, Move),
        new(Mnemonic.Lea,    at => at.EffectiveAddress(at.Read(0, at.SizeOf(0)), at.SizeOf(0), at.MemoryOperand())),
        new(Mnemonic.Cbw,    at => at.Widen(IrOp.Movsx, OpSize.B16, Lifting.Rax, Lifting.Rax, OpSize.B8)),
        new(Mnemonic.Cwde,   at => at.Widen(IrOp.Movsx, OpSize.B32, Lifting.Rax, Lifting.Rax, OpSize.B16)),
        new(Mnemonic.Cdqe,   at => at.Widen(IrOp.Movsx, OpSize.B64, Lifting.Rax, Lifting.Rax, OpSize.B32)),
        new(Mnemonic.Cwd,    at => SpreadSign(at, OpSize.B16)),
        new(Mnemonic.Cdq,    at => SpreadSign(at, OpSize.B32)),
        new(Mnemonic.Cqo,    at => SpreadSign(at, OpSize.B64)),
        new(Mnemonic.Xlatb,  Translate),

        new(Mnemonic.Cmovo, MoveIf), new(Mnemonic.Cmovno, MoveIf), new(Mnemonic.Cmovb,  MoveIf), new(Mnemonic.Cmovae, MoveIf),
        new(Mnemonic.Cmove, MoveIf), new(Mnemonic.Cmovne, MoveIf), new(Mnemonic.Cmovbe, MoveIf), new(Mnemonic.Cmova,  MoveIf),
        new(Mnemonic.Cmovs, MoveIf), new(Mnemonic.Cmovns, MoveIf), new(Mnemonic.Cmovp,  MoveIf), new(Mnemonic.Cmovnp, MoveIf),
        new(Mnemonic.Cmovl, MoveIf), new(Mnemonic.Cmovge, MoveIf), new(Mnemonic.Cmovle, MoveIf), new(Mnemonic.Cmovg,  MoveIf),

        new(Mnemonic.Seto, SetIf), new(Mnemonic.Setno, SetIf), new(Mnemonic.Setb,  SetIf), new(Mnemonic.Setae, SetIf),
        new(Mnemonic.Sete, SetIf), new(Mnemonic.Setne, SetIf), new(Mnemonic.Setbe, SetIf), new(Mnemonic.Seta,  SetIf),
        new(Mnemonic.Sets, SetIf), new(Mnemonic.Setns, SetIf), new(Mnemonic.Setp,  SetIf), new(Mnemonic.Setnp, SetIf),
        new(Mnemonic.Setl, SetIf), new(Mnemonic.Setge, SetIf), new(Mnemonic.Setle, SetIf), new(Mnemonic.Setg,  SetIf),
    ];

    private static void Move(Lifting at)
    {
        if (SpecialRegisters.TryMove(at)) return;
        if (at.IsMemory(0))
        {
            var size = at.SizeOf(0);
            at.StoreMemory(size, at.Read(1, size));
            return;
        }
        var register = at.RegisterOf(0);
        var width = at.SizeOf(0);
        if (!at.IsMemory(1))
        {
            at.WriteRegister(register, width, at.Read(1, width));
            return;
        }
        if (Lifting.IsHighByte(register)) at.WriteRegister(register, width, at.LoadMemory(width));
        else at.LoadInto(Lifting.Gpr(register), at.Memory(Lifting.BytesOf(width), write: false), width, width, Extension.Zero);
    }

    private static void Extend(Lifting at, IrOp op, Extension extension)
    {
        var size = at.SizeOf(0);
        var from = at.SizeOf(1);
        var register = Lifting.Gpr(at.RegisterOf(0));
        if (at.IsMemory(1)) at.LoadInto(register, at.Memory(Lifting.BytesOf(from), write: false), size, from, extension);
        else if (from == size) at.Emit(IrOp.Mov, size, register, at.Read(1, from));
        else at.Widen(op, size, register, at.Read(1, from), from);
    }

    private static void SpreadSign(Lifting at, OpSize size) =>
        at.Emit(IrOp.Sar, size, Lifting.Rdx, Lifting.Rax, at.Constant((ulong)Lifting.BitsOf(size) - 1));

    private static void Translate(Lifting at)
    {
        var address = at.MemoryOperand() with { Index = at.ZeroExtend(Lifting.Rax, OpSize.B8) };
        at.LoadInto(Lifting.Rax, at.At(address, 1, write: false), OpSize.B8, OpSize.B8, Extension.Zero);
    }

    // The load happens whatever the condition says.
    private static void MoveIf(Lifting at)
    {
        var size = at.SizeOf(0);
        var register = at.Read(0, size);
        var source = at.Read(1, size);
        at.EmitIf(IrOp.CMov, size, Conditions.Of(at.Instruction), register, source, register);
    }

    private static void SetIf(Lifting at)
    {
        var condition = Conditions.Of(at.Instruction);
        if (at.IsRegister(0) && !Lifting.IsHighByte(at.RegisterOf(0)))
        {
            at.EmitIf(IrOp.SetCc, OpSize.B8, condition, at.Read(0, OpSize.B8));
            return;
        }
        var value = at.Temp();
        at.EmitIf(IrOp.SetCc, OpSize.B8, condition, value);
        at.Write(0, OpSize.B8, value);
    }
}

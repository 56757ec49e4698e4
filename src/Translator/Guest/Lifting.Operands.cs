using Iced.Intel;
using Tcg.Mttcg.Translator.Ir;

namespace Tcg.Mttcg.Translator.Guest;

// Register, immediate and memory operands by their position in the instruction.
public sealed partial class Lifting
{
    public static readonly Operand Rax = Operand.Gpr(0), Rcx = Operand.Gpr(1), Rdx = Operand.Gpr(2), Rbx = Operand.Gpr(3),
        Rsp = Operand.Gpr(4), Rbp = Operand.Gpr(5), Rsi = Operand.Gpr(6), Rdi = Operand.Gpr(7);

    public bool IsMemory(int operand) => Instruction.GetOpKind(operand) == OpKind.Memory;

    public bool IsRegister(int operand) => Instruction.GetOpKind(operand) == OpKind.Register;

    public Register RegisterOf(int operand) => Instruction.GetOpRegister(operand);

    /// <summary>Width of a register or memory operand.</summary>
    public OpSize SizeOf(int operand) =>
        SizeOfBytes(IsRegister(operand) ? RegisterOf(operand).GetSize() : Instruction.MemorySize.GetSize());

    public static OpSize SizeOfBytes(int bytes) => bytes switch { 1 => OpSize.B8, 2 => OpSize.B16, 4 => OpSize.B32, 8 => OpSize.B64, _ => OpSize.B128 };

    public static int BytesOf(OpSize size) => 1 << (int)size;

    public static int BitsOf(OpSize size) => 8 << (int)size;

    public static bool IsHighByte(Register register) => register is >= Register.AH and <= Register.BH;

    /// <summary>The guest register a general register is part of.</summary>
    public static Operand Gpr(Register register) => Operand.Gpr(register switch
    {
        >= Register.RAX => register - Register.RAX,
        >= Register.EAX => register - Register.EAX,
        >= Register.AX => register - Register.AX,
        >= Register.SPL => register - Register.SPL + 4,
        >= Register.AH => register - Register.AH,
        _ => register - Register.AL,
    });

    /// <summary>The operand's value at <paramref name="size"/>: a register itself, a constant, or a load into a temporary.</summary>
    public Operand Read(int operand, OpSize size) => Instruction.GetOpKind(operand) switch
    {
        OpKind.Register => ReadRegister(RegisterOf(operand)),
        OpKind.Memory => LoadMemory(size),
        _ => Immediate(operand, size),
    };

    public Operand ReadRegister(Register register)
    {
        var gpr = Gpr(register);
        return IsHighByte(register) ? Compute(IrOp.ExtractHigh, OpSize.B8, gpr) : gpr;
    }

    /// <summary>A copy that later writes of the register do not change.</summary>
    public Operand ReadCopy(int operand, OpSize size)
    {
        var value = Read(operand, size);
        return value.IsGpr ? Compute(IrOp.Mov, size, value) : value;
    }

    /// <summary>An immediate, sign-extended from <paramref name="size"/> so that equal values are equal constants.</summary>
    public Operand Immediate(int operand, OpSize size) => Constant(SignExtend(Instruction.GetImmediate(operand), size));

    public static ulong SignExtend(ulong value, OpSize size) => size switch
    {
        OpSize.B8 => (ulong)(sbyte)value,
        OpSize.B16 => (ulong)(short)value,
        OpSize.B32 => (ulong)(int)value,
        _ => value,
    };

    /// <summary>Writes a register or memory operand.</summary>
    public void Write(int operand, OpSize size, Operand value)
    {
        if (IsMemory(operand)) StoreMemory(size, value);
        else WriteRegister(RegisterOf(operand), size, value);
    }

    public void WriteRegister(Register register, OpSize size, Operand value)
    {
        var high = IsHighByte(register);
        Emit(high ? IrOp.InsertHigh : IrOp.Mov, high ? OpSize.B8 : size, Gpr(register), value);
    }

    /// <summary>register = a op b, with the detour that AH, CH, DH and BH need.</summary>
    public void ComputeInto(Register register, IrOp op, OpSize size, Operand a, Operand b = default, bool flags = false)
    {
        if (!IsHighByte(register))
        {
            Emit(op, size, Gpr(register), a, b, flags);
            return;
        }
        var result = Temp();
        Emit(op, size, result, a, b, flags);
        WriteRegister(register, size, result);
    }
}

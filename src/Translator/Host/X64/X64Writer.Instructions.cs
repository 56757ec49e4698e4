using Tcg.Mttcg.Translator.Ir;

namespace Tcg.Mttcg.Translator.Host.X64;

/// <summary>The eight operations of opcode rows 00 to 38, by their number.</summary>
internal enum AluOp : byte { Add, Or, Adc, Sbb, And, Sub, Xor, Cmp }

/// <summary>Shifts and rotates by their number in group 2.</summary>
internal enum ShiftOp : byte { Rol, Ror, Rcl, Rcr, Shl, Shr, Sar = 7 }

internal sealed unsafe partial class X64Writer
{
    // -- moves ---------------------------------------------------------------------------------------------------------------------------

    public void Mov(OpSize size, Reg to, Reg from) => Emit(Opcode.MovStore, size, from, to);

    public void Load(OpSize size, Reg to, in HostMem from) => Emit(Opcode.MovLoad, size, to, from);

    public void Store(OpSize size, in HostMem to, Reg from) => Emit(Opcode.MovStore, size, from, to);

    /// <summary>Loads and zero-extends to 64 bits.</summary>
    public void LoadZero(OpSize size, Reg to, in HostMem from)
    {
        switch (size)
        {
            case OpSize.B8: Emit(Opcode.MovzxByte, OpSize.B32, to, from); break;
            case OpSize.B16: Emit(Opcode.MovzxWord, OpSize.B32, to, from); break;
            default: Load(size, to, from); break;
        }
    }

    /// <summary>Zero-extends to 64 bits.</summary>
    public void MovZero(OpSize size, Reg to, Reg from)
    {
        switch (size)
        {
            case OpSize.B8: Emit(Opcode.MovzxByte, OpSize.B32, to, from); break;
            case OpSize.B16: Emit(Opcode.MovzxWord, OpSize.B32, to, from); break;
            default: Mov(size, to, from); break;
        }
    }

    /// <summary>The shortest move of a 64-bit constant. Leaves the flags alone.</summary>
    public void MovConstant(Reg to, ulong value)
    {
        if (value <= uint.MaxValue)
        {
            if ((int)to >= 8) Byte(0x41);
            Byte(0xb8 | (int)to & 7);
            Int32((int)value);
        }
        else if ((long)value == (int)value)
        {
            Emit(Opcode.MovImmediate, OpSize.B64, Digit, to);
            Int32((int)value);
        }
        else
        {
            Byte(0x48 | (int)to >> 3);
            Byte(0xb8 | (int)to & 7);
            Int64(value);
        }
    }

    /// <summary>A constant into the low 8 or 16 bits of a register.</summary>
    public void MovConstantLow(OpSize size, Reg to, int value)
    {
        Emit(Opcode.MovImmediate, size, Digit, to);
        Immediate(size, value);
    }

    /// <summary>Stores an immediate, sign-extended from 32 bits at size 64.</summary>
    public void StoreImmediate(OpSize size, in HostMem to, int value)
    {
        Emit(Opcode.MovImmediate, size, Digit, to);
        Immediate(size, value);
    }

    public void Lea(OpSize size, Reg to, in HostMem address) => Emit(Opcode.Lea, size, to, address);

    private void Immediate(OpSize size, int value)
    {
        switch (size)
        {
            case OpSize.B8: Byte(value); break;
            case OpSize.B16: Byte(value); Byte(value >> 8); break;
            default: Int32(value); break;
        }
    }

    // -- arithmetic ----------------------------------------------------------------------------------------------------------------------

    public void Alu(AluOp op, OpSize size, Reg to, Reg from) => Emit((uint)op << 3 | Opcode.Sized, size, from, to);

    public void Alu(AluOp op, OpSize size, Reg to, in HostMem from) => Emit((uint)op << 3 | 2 | Opcode.Sized, size, to, from);

    public void Alu(AluOp op, OpSize size, in HostMem to, Reg from) => Emit((uint)op << 3 | Opcode.Sized, size, from, to);

    public void Alu(AluOp op, OpSize size, Reg to, int immediate)
    {
        Emit(AluImmediate(size, immediate), size, (int)op | Digit, to);
        AluImmediateBytes(size, immediate);
    }

    public void Alu(AluOp op, OpSize size, in HostMem to, int immediate)
    {
        Emit(AluImmediate(size, immediate), size, (int)op | Digit, to);
        AluImmediateBytes(size, immediate);
    }

    private static uint AluImmediate(OpSize size, int immediate) =>
        size == OpSize.B8 ? 0x80u : immediate == (sbyte)immediate ? 0x83u : 0x81u;

    private void AluImmediateBytes(OpSize size, int immediate)
    {
        if (size == OpSize.B8 || immediate == (sbyte)immediate) Byte(immediate);
        else Immediate(size, immediate);
    }

    public void Test(OpSize size, Reg a, Reg b) => Emit(Opcode.Test, size, b, a);

    public void Test(OpSize size, in HostMem a, Reg b) => Emit(Opcode.Test, size, b, a);

    public void Test(OpSize size, Reg a, int immediate)
    {
        Emit(Opcode.TestGroup, size, Digit, a);
        Immediate(size, immediate);
    }

    public void Test(OpSize size, in HostMem a, int immediate)
    {
        Emit(Opcode.TestGroup, size, Digit, a);
        Immediate(size, immediate);
    }

    /// <summary>Group 3: 2 NOT, 3 NEG, 4 MUL, 5 IMUL, 6 DIV, 7 IDIV.</summary>
    public void Group3(int digit, OpSize size, Reg operand) => Emit(Opcode.TestGroup, size, digit | Digit, operand);

    public void Group3(int digit, OpSize size, in HostMem operand) => Emit(Opcode.TestGroup, size, digit | Digit, operand);

    /// <summary>INC or DEC.</summary>
    public void IncDec(bool down, OpSize size, Reg operand) => Emit(Opcode.IncGroup, size, (down ? 1 : 0) | Digit, operand);

    public void IncDec(bool down, OpSize size, in HostMem operand) => Emit(Opcode.IncGroup, size, (down ? 1 : 0) | Digit, operand);

    public void Shift(ShiftOp op, OpSize size, Reg operand, int count)
    {
        if (count == 1)
        {
            Emit(Opcode.ShiftByOne, size, (int)op | Digit, operand);
            return;
        }
        Emit(Opcode.ShiftByImmediate, size, (int)op | Digit, operand);
        Byte(count);
    }

    public void ShiftByCl(ShiftOp op, OpSize size, Reg operand) => Emit(Opcode.ShiftByCl, size, (int)op | Digit, operand);

    /// <summary>RORX: rotates without touching the flags (BMI2).</summary>
    public void Rorx(OpSize size, Reg to, Reg from, int count)
    {
        Vex(3, 3, 0xf0, size, to, Reg.Rax, from);
        Byte(count);
    }

    /// <summary>SHLX, SHRX, SARX: shift by a register without touching the flags (BMI2).</summary>
    public void ShiftX(ShiftOp op, OpSize size, Reg to, Reg from, Reg count) =>
        Vex(2, op == ShiftOp.Shl ? 1 : op == ShiftOp.Shr ? 3 : 2, 0xf7, size, to, count, from);

    /// <summary>An instruction of BMI1 or BMI2 by its <see cref="Opcode"/>. In the group of the lowest bit <paramref name="reg"/> is the digit.</summary>
    public void VexGeneral(uint opcode, OpSize size, Reg reg, Reg vvvv, Reg rm)
    {
        var prefix = (opcode & Opcode.PrefixMask) switch { Opcode.F2 => 3, Opcode.F3 => 2, _ => 0 };
        Vex(2, prefix, (int)(opcode & 0xff), size, reg, vvvv, rm);
    }

    public void CMov(Condition condition, OpSize size, Reg to, Reg from) => Emit(Opcode.CMov + (uint)condition, AtLeast16(size), to, from);

    public void CMov(Condition condition, OpSize size, Reg to, in HostMem from) => Emit(Opcode.CMov + (uint)condition, AtLeast16(size), to, from);

    private static OpSize AtLeast16(OpSize size) => size == OpSize.B8 ? OpSize.B32 : size;

    public void SetCc(Condition condition, Reg to) => Emit(Opcode.SetCc + (uint)condition, OpSize.B8, Digit, to);

    public void SetCc(Condition condition, in HostMem to) => Emit(Opcode.SetCc + (uint)condition, OpSize.B8, Digit, to);

    public void Bswap(OpSize size, Reg register)
    {
        var rex = (size == OpSize.B64 ? 8 : 0) | (int)register >> 3;
        if (rex != 0) Byte(0x40 | rex);
        Byte(0x0f);
        Byte(0xc8 | (int)register & 7);
    }

    public void Lock() => Byte(0xf0);

    public void Lahf() => Byte(0x9f);

    public void Sahf() => Byte(0x9e);

    // -- control -------------------------------------------------------------------------------------------------------------------------

    public const int JumpBytes = 1, ConditionalJumpBytes = 2;

    /// <summary>JMP rel32 with an open target; returns where its displacement is.</summary>
    public int Jump()
    {
        Byte(0xe9);
        Int32(0);
        return Position - 4;
    }

    /// <summary>Jcc rel32 with an open target; returns where its displacement is.</summary>
    public int Jump(Condition condition)
    {
        Byte(0x0f);
        Byte(0x80 | (int)condition);
        Int32(0);
        return Position - 4;
    }

    public void JumpBack(int target) => Patch(Jump(), target);

    /// <summary>JMP rel32 to an address within 2 GiB, in the executable view.</summary>
    public void JumpTo(nuint target)
    {
        Byte(0xe9);
        Relative(target);
    }

    public void CallTo(nuint target)
    {
        Byte(0xe8);
        Relative(target);
    }

    private void Relative(nuint target) => Int32(checked((int)((nint)target - (nint)AddressOf(Position + 4))));

    public void JumpIndirect(in HostMem target) => Emit(Opcode.IndirectGroup, OpSize.B32, 4 | Digit, target);

    public void CallIndirect(Reg target) => Emit(Opcode.IndirectGroup, OpSize.B32, 2 | Digit, target);

    public void JumpIndirect(Reg target) => Emit(Opcode.IndirectGroup, OpSize.B32, 4 | Digit, target);

    public void Push(Reg register)
    {
        if ((int)register >= 8) Byte(0x41);
        Byte(0x50 | (int)register & 7);
    }

    public void Pop(Reg register)
    {
        if ((int)register >= 8) Byte(0x41);
        Byte(0x58 | (int)register & 7);
    }

    public void Ret() => Byte(0xc3);
}

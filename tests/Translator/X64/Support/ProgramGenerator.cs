using Iced.Intel;
using Tcg.Mttcg.Translator.Ir;

namespace Tcg.Mttcg.Translator.Tests.X64;

/// <summary>
/// Random guest instructions as a front end would lift them. RSP stays out; R15 may hold the address of memory that both sides may touch.
/// </summary>
internal sealed partial class ProgramGenerator(Random random, GuestProgram program, bool memory)
{
    private const int MemoryBase = 15;

    private static readonly (IrOp Op, string Name)[] TwoOperand =
    [
        (IrOp.Add, "Add"), (IrOp.Adc, "Adc"), (IrOp.Sub, "Sub"), (IrOp.Sbb, "Sbb"), (IrOp.And, "And"), (IrOp.Or, "Or"), (IrOp.Xor, "Xor"),
    ];

    private static readonly (IrOp Op, string Name)[] OneOperand = [(IrOp.Inc, "Inc"), (IrOp.Dec, "Dec"), (IrOp.Neg, "Neg"), (IrOp.Not, "Not")];

    private static readonly (IrOp Op, string Name)[] Shifts =
    [
        (IrOp.Shl, "Shl"), (IrOp.Shr, "Shr"), (IrOp.Sar, "Sar"), (IrOp.Rol, "Rol"), (IrOp.Ror, "Ror"), (IrOp.Rcl, "Rcl"), (IrOp.Rcr, "Rcr"),
    ];

    private static readonly (IrOp Op, string Name)[] Bits = [(IrOp.Bt, "Bt"), (IrOp.Bts, "Bts"), (IrOp.Btr, "Btr"), (IrOp.Btc, "Btc")];

    private static readonly (IrOp Op, string Name)[] Scans =
        [(IrOp.Bsf, "Bsf"), (IrOp.Bsr, "Bsr"), (IrOp.Tzcnt, "Tzcnt"), (IrOp.Lzcnt, "Lzcnt"), (IrOp.Popcnt, "Popcnt")];

    private static readonly (RmwKind Kind, string Name)[] Updates =
    [
        (RmwKind.Add, "Add"), (RmwKind.Or, "Or"), (RmwKind.Adc, "Adc"), (RmwKind.Sbb, "Sbb"), (RmwKind.And, "And"), (RmwKind.Sub, "Sub"),
        (RmwKind.Xor, "Xor"), (RmwKind.Xadd, "Xadd"), (RmwKind.Xchg, "Xchg"),
    ];

    /// <summary>A register that stays out, or -1.</summary>
    public int Spared { get; init; } = -1;

    /// <summary>SUB or DEC of the register, so that a JNZ may follow.</summary>
    public void CountDown(int register)
    {
        if (random.Next(2) == 0) program.Add(Instruction.Create(Code.Dec_rm64, GuestProgram.Gpr(register, OpSize.B64)));
        else program.Add(Instruction.Create(Code.Sub_rm64_imm8, GuestProgram.Gpr(register, OpSize.B64), 1));
    }

    private OpSize AnySize() => (OpSize)random.Next(4);

    private OpSize Wide() => (OpSize)random.Next(1, 4);

    private int Gpr()
    {
        while (true)
        {
            var number = random.Next(16);
            if (number != 4 && number != Spared && (number != MemoryBase || !memory)) return number;
        }
    }

    private (IrOp Op, string Name) Pick((IrOp Op, string Name)[] rows) => rows[random.Next(rows.Length)];

    public void Next()
    {
        switch (random.Next(memory ? 20 : 12))
        {
            case 0 or 1: RegisterRegister(); break;
            case 2: RegisterImmediate(); break;
            case 3: Single(); break;
            case 4: Shift(); break;
            case 5: BitTest(); break;
            case 6: Scan(); break;
            case 7: Conditional(); break;
            case 8: Multiply(); break;
            case 9: Carry(); break;
            case 10: Moves(); break;
            case 11: Compare(); break;
            case 12: Load(); break;
            case 13: Store(); break;
            case 14: LoadOperate(); break;
            case 15 or 16: Update(); break;
            case 17: CompareExchange(); break;
            case 18: MoveBase(); break;
            case 19: Push(); break;
        }
    }

    private void RegisterRegister()
    {
        var (op, name) = Pick(TwoOperand);
        var size = AnySize();
        int d = Gpr(), s = Gpr();
        var bits = GuestProgram.Bits(size);
        program.Add(Instruction.Create(GuestProgram.CodeOf($"{name}_rm{bits}_r{bits}"), GuestProgram.Gpr(d, size), GuestProgram.Gpr(s, size)));
        program.Append(op, size, Operand.Gpr(d), Operand.Gpr(d), Operand.Gpr(s));
    }

    private void RegisterImmediate()
    {
        var (op, name) = Pick(TwoOperand);
        var size = AnySize();
        var d = Gpr();
        var bits = GuestProgram.Bits(size);
        var immediate = size == OpSize.B8 ? random.Next(-128, 128) : size == OpSize.B16 ? random.Next(-32768, 32768) : random.Next(int.MinValue, int.MaxValue);
        program.Add(Instruction.Create(GuestProgram.CodeOf($"{name}_rm{bits}_imm{Math.Min(bits, 32)}"), GuestProgram.Gpr(d, size), immediate));
        program.Append(op, size, Operand.Gpr(d), Operand.Gpr(d), program.Block.Constant((ulong)(long)immediate));
    }

    private void Single()
    {
        var (op, name) = Pick(OneOperand);
        var size = AnySize();
        var d = Gpr();
        program.Add(Instruction.Create(GuestProgram.CodeOf($"{name}_rm{GuestProgram.Bits(size)}"), GuestProgram.Gpr(d, size)));
        program.Append(op, size, Operand.Gpr(d), Operand.Gpr(d), flags: op != IrOp.Not);
    }

    private void Shift()
    {
        var (op, name) = Pick(Shifts);
        var size = AnySize();
        var d = Gpr();
        var bits = GuestProgram.Bits(size);
        if (random.Next(2) == 0)
        {
            var count = random.Next(4) == 0 ? random.Next(256) : random.Next(bits);
            program.Add(Instruction.Create(GuestProgram.CodeOf($"{name}_rm{bits}_imm8"), GuestProgram.Gpr(d, size), (byte)count), mayKeepFlags: true);
            program.Append(op, size, Operand.Gpr(d), Operand.Gpr(d), program.Block.Constant((ulong)count));
        }
        else
        {
            program.Add(Instruction.Create(GuestProgram.CodeOf($"{name}_rm{bits}_CL"), GuestProgram.Gpr(d, size), Register.CL), mayKeepFlags: true);
            program.Append(op, size, Operand.Gpr(d), Operand.Gpr(d), Operand.Gpr(1));
        }
    }

    private void BitTest()
    {
        var (op, name) = Pick(Bits);
        var size = Wide();
        int d = Gpr(), s = Gpr();
        var bits = GuestProgram.Bits(size);
        program.Add(Instruction.Create(GuestProgram.CodeOf($"{name}_rm{bits}_r{bits}"), GuestProgram.Gpr(d, size), GuestProgram.Gpr(s, size)));
        program.Append(op, size, op == IrOp.Bt ? Operand.None : Operand.Gpr(d), Operand.Gpr(d), Operand.Gpr(s));
    }

    private void Scan()
    {
        var (op, name) = Pick(Scans);
        var size = Wide();
        int d = Gpr(), s = Gpr();
        var bits = GuestProgram.Bits(size);
        program.Add(Instruction.Create(GuestProgram.CodeOf($"{name}_r{bits}_rm{bits}"), GuestProgram.Gpr(d, size), GuestProgram.Gpr(s, size)));
        program.Append(op, size, Operand.Gpr(d), Operand.Gpr(s));
    }

    // SET and CMOV only where no undefined flag decides.
    private void Conditional()
    {
        var condition = random.Next(16);
        ReadOnlySpan<ulong> read = [0x800, 1, 0x40, 0x41, 0x80, 4, 0x880, 0x8c0];
        if ((program.UndefinedFlags & read[condition >> 1]) != 0) return;
        ReadOnlySpan<string> names = ["o", "no", "b", "ae", "e", "ne", "be", "a", "s", "ns", "p", "np", "l", "ge", "le", "g"];
        int d = Gpr(), s = Gpr();
        if (random.Next(2) == 0)
        {
            program.Add(Instruction.Create(GuestProgram.CodeOf($"Set{names[condition]}_rm8"), GuestProgram.Gpr(d, OpSize.B8)));
            program.Append(IrOp.SetCc, OpSize.B8, Operand.Gpr(d), flags: false).Cond = (Condition)condition;
            return;
        }
        var size = Wide();
        var bits = GuestProgram.Bits(size);
        program.Add(Instruction.Create(GuestProgram.CodeOf($"Cmov{names[condition]}_r{bits}_rm{bits}"), GuestProgram.Gpr(d, size), GuestProgram.Gpr(s, size)));
        program.Append(IrOp.CMov, size, Operand.Gpr(d), Operand.Gpr(s), Operand.Gpr(d), flags: false).Cond = (Condition)condition;
    }

    private void Multiply()
    {
        var size = Wide();
        int d = Gpr(), s = Gpr();
        var bits = GuestProgram.Bits(size);
        switch (random.Next(3))
        {
            case 0:
                program.Add(Instruction.Create(GuestProgram.CodeOf($"Imul_r{bits}_rm{bits}"), GuestProgram.Gpr(d, size), GuestProgram.Gpr(s, size)));
                program.Append(IrOp.IMul, size, Operand.Gpr(d), Operand.Gpr(d), Operand.Gpr(s));
                break;
            case 1:
                var immediate = random.Next(-128, 128);
                program.Add(Instruction.Create(GuestProgram.CodeOf($"Imul_r{bits}_rm{bits}_imm8"), GuestProgram.Gpr(d, size), GuestProgram.Gpr(s, size), immediate));
                program.Append(IrOp.IMul, size, Operand.Gpr(d), Operand.Gpr(s), program.Block.Constant((ulong)(long)immediate));
                break;
            default:
                var signed = random.Next(2) == 0;
                size = AnySize();
                program.Add(Instruction.Create(GuestProgram.CodeOf($"{(signed ? "Imul" : "Mul")}_rm{GuestProgram.Bits(size)}"), GuestProgram.Gpr(s, size)));
                ref var x = ref program.Append(signed ? IrOp.IMulWide : IrOp.MulWide, size, Operand.Gpr(0), Operand.Gpr(0), Operand.Gpr(s));
                if (size != OpSize.B8) x.Dst2 = Operand.Gpr(2);
                break;
        }
    }

    private void Carry()
    {
        switch (random.Next(3))
        {
            case 0: program.Add(Instruction.Create(Code.Stc)); program.Append(IrOp.SetCarry, OpSize.B8, Operand.None); break;
            case 1: program.Add(Instruction.Create(Code.Clc)); program.Append(IrOp.ClearCarry, OpSize.B8, Operand.None); break;
            default: program.Add(Instruction.Create(Code.Cmc)); program.Append(IrOp.ComplementCarry, OpSize.B8, Operand.None); break;
        }
    }

    private void Moves()
    {
        int d = Gpr(), s = Gpr();
        var size = AnySize();
        var bits = GuestProgram.Bits(size);
        switch (random.Next(5))
        {
            case 0:
                program.Add(Instruction.Create(GuestProgram.CodeOf($"Mov_rm{bits}_r{bits}"), GuestProgram.Gpr(d, size), GuestProgram.Gpr(s, size)));
                program.Append(IrOp.Mov, size, Operand.Gpr(d), Operand.Gpr(s), flags: false);
                break;
            case 1:
                size = Wide();
                var signed = random.Next(2) == 0;
                program.Add(Instruction.Create(GuestProgram.CodeOf($"{(signed ? "Movsx" : "Movzx")}_r{GuestProgram.Bits(size)}_rm8"), GuestProgram.Gpr(d, size), GuestProgram.Gpr(s, OpSize.B8)));
                program.Append(signed ? IrOp.Movsx : IrOp.Movzx, size, Operand.Gpr(d), Operand.Gpr(s), flags: false).SourceSize = OpSize.B8;
                break;
            case 2:
                program.Add(Instruction.Create(Code.Movsxd_r64_rm32, GuestProgram.Gpr(d, OpSize.B64), GuestProgram.Gpr(s, OpSize.B32)));
                program.Append(IrOp.Movsx, OpSize.B64, Operand.Gpr(d), Operand.Gpr(s), flags: false).SourceSize = OpSize.B32;
                break;
            case 3:
                size = random.Next(2) == 0 ? OpSize.B32 : OpSize.B64;
                program.Add(Instruction.Create(size == OpSize.B32 ? Code.Bswap_r32 : Code.Bswap_r64, GuestProgram.Gpr(d, size)));
                program.Append(IrOp.Bswap, size, Operand.Gpr(d), Operand.Gpr(d), flags: false);
                break;
            default:
                // mov dl-kind register, ah: through a temporary, as the front end does.
                d = random.Next(4);
                s = random.Next(4);
                program.Add(Instruction.Create(Code.Mov_rm8_r8, Register.AH + d, Register.AH + s));
                var temp = program.Block.NewTemp();
                program.Append(IrOp.ExtractHigh, OpSize.B8, temp, Operand.Gpr(s), flags: false);
                program.Append(IrOp.InsertHigh, OpSize.B8, Operand.Gpr(d), temp, flags: false);
                break;
        }
    }

    private void Compare()
    {
        var size = AnySize();
        int d = Gpr(), s = Gpr();
        var bits = GuestProgram.Bits(size);
        var test = random.Next(2) == 0;
        program.Add(Instruction.Create(GuestProgram.CodeOf($"{(test ? "Test" : "Cmp")}_rm{bits}_r{bits}"), GuestProgram.Gpr(d, size), GuestProgram.Gpr(s, size)));
        program.Append(test ? IrOp.And : IrOp.Sub, size, Operand.None, Operand.Gpr(d), Operand.Gpr(s));
    }
}

using Iced.Intel;
using Tcg.Mttcg.Translator.Ir;

namespace Tcg.Mttcg.Translator.Tests.X64;

// Loads, stores and updates of memory around R15.
internal sealed partial class ProgramGenerator
{
    private (MemoryOperand Native, int Mem) Address()
    {
        // Sometimes across the end of the first page.
        var displacement = random.Next(4) == 0 ? random.Next(4088, 4100) : 8 * random.Next(16);
        var mem = program.Block.Address(new IrAddress
        {
            Base = Operand.Gpr(MemoryBase),
            AddressSize = OpSize.B64,
            Segment = Segment.None,
            Displacement = displacement,
        });
        return (new MemoryOperand(Register.R15, Register.None, 1, displacement, 8), mem);
    }

    private void Load()
    {
        var (native, mem) = Address();
        var d = Gpr();
        if (random.Next(2) == 0)
        {
            var size = AnySize();
            var bits = GuestProgram.Bits(size);
            program.Add(Instruction.Create(GuestProgram.CodeOf($"Mov_r{bits}_rm{bits}"), GuestProgram.Gpr(d, size), native));
            ref var x = ref program.Append(IrOp.GuestLoad, size, Operand.Gpr(d), flags: false);
            (x.SourceSize, x.Mem) = (size, mem);
        }
        else
        {
            var size = Wide();
            var signed = random.Next(2) == 0;
            program.Add(Instruction.Create(GuestProgram.CodeOf($"{(signed ? "Movsx" : "Movzx")}_r{GuestProgram.Bits(size)}_rm8"), GuestProgram.Gpr(d, size), native));
            ref var x = ref program.Append(IrOp.GuestLoad, size, Operand.Gpr(d), flags: false);
            (x.SourceSize, x.Mem, x.Extend) = (OpSize.B8, mem, signed ? Extension.Sign : Extension.Zero);
        }
    }

    private void Store()
    {
        var (native, mem) = Address();
        var size = AnySize();
        var bits = GuestProgram.Bits(size);
        var s = Gpr();
        program.Add(Instruction.Create(GuestProgram.CodeOf($"Mov_rm{bits}_r{bits}"), native, GuestProgram.Gpr(s, size)));
        program.Append(IrOp.GuestStore, size, Operand.None, Operand.Gpr(s), flags: false).Mem = mem;
    }

    private void LoadOperate()
    {
        var (native, mem) = Address();
        var (op, name) = Pick(TwoOperand);
        var size = AnySize();
        var bits = GuestProgram.Bits(size);
        var d = Gpr();
        var temp = program.Block.NewTemp();
        var compare = random.Next(3) == 0;
        if (compare) (op, name) = (IrOp.Sub, "Cmp");
        program.Add(Instruction.Create(GuestProgram.CodeOf($"{name}_r{bits}_rm{bits}"), GuestProgram.Gpr(d, size), native));
        ref var x = ref program.Append(IrOp.GuestLoad, size, temp, flags: false);
        (x.SourceSize, x.Mem) = (size, mem);
        program.Append(op, size, compare ? Operand.None : Operand.Gpr(d), Operand.Gpr(d), temp);
    }

    private void Update()
    {
        var (native, mem) = Address();
        var size = AnySize();
        var bits = GuestProgram.Bits(size);
        var s = Gpr();
        if (random.Next(3) == 0)
        {
            var (kind, name) = random.Next(4) switch
            {
                0 => (RmwKind.Inc, "Inc"),
                1 => (RmwKind.Dec, "Dec"),
                2 => (RmwKind.Neg, "Neg"),
                _ => (RmwKind.Not, "Not"),
            };
            program.Add(Instruction.Create(GuestProgram.CodeOf($"{name}_rm{bits}"), native));
            ref var x = ref program.Append(IrOp.GuestRmw, size, Operand.None, flags: kind != RmwKind.Not);
            (x.Rmw, x.Mem) = (kind, mem);
        }
        else
        {
            var (kind, name) = Updates[random.Next(Updates.Length)];
            program.Add(Instruction.Create(GuestProgram.CodeOf($"{name}_rm{bits}_r{bits}"), native, GuestProgram.Gpr(s, size)));
            var old = kind is RmwKind.Xadd or RmwKind.Xchg ? Operand.Gpr(s) : Operand.None;
            ref var x = ref program.Append(IrOp.GuestRmw, size, old, Operand.Gpr(s), flags: kind != RmwKind.Xchg);
            (x.Rmw, x.Mem, x.Lock) = (kind, mem, random.Next(2) == 0);
        }
    }

    // As PUSH and POP move their pointer: with flags here, for ADD and SUB have them.
    private void MoveBase()
    {
        var by = 8 * random.Next(-2, 3);
        var down = random.Next(2) == 0;
        program.Add(Instruction.Create(down ? Code.Sub_rm64_imm8 : Code.Add_rm64_imm8, Register.R15, by));
        program.Append(down ? IrOp.Sub : IrOp.Add, OpSize.B64, Operand.Gpr(MemoryBase), Operand.Gpr(MemoryBase), program.Block.Constant((ulong)(long)by));
    }

    // lea r15, [r15 - 8]; mov [r15], register: a PUSH on another pointer.
    private void Push()
    {
        var s = Gpr();
        program.Add(Instruction.Create(Code.Lea_r64_m, Register.R15, new MemoryOperand(Register.R15, Register.None, 1, -8, 8)));
        program.Append(IrOp.Sub, OpSize.B64, Operand.Gpr(MemoryBase), Operand.Gpr(MemoryBase), program.Block.Constant(8), flags: false);
        program.Add(Instruction.Create(Code.Mov_rm64_r64, new MemoryOperand(Register.R15, Register.None, 1, 0, 0), GuestProgram.Gpr(s, OpSize.B64)));
        ref var x = ref program.Append(IrOp.GuestStore, OpSize.B64, Operand.None, Operand.Gpr(s), flags: false);
        x.Mem = program.Block.Address(new IrAddress { Base = Operand.Gpr(MemoryBase), AddressSize = OpSize.B64, Segment = Segment.None });
    }

    private void CompareExchange()
    {
        var (native, mem) = Address();
        var size = AnySize();
        var bits = GuestProgram.Bits(size);
        var s = Gpr();
        program.Add(Instruction.Create(GuestProgram.CodeOf($"Cmpxchg_rm{bits}_r{bits}"), native, GuestProgram.Gpr(s, size)));
        ref var x = ref program.Append(IrOp.GuestCmpXchg, size, Operand.None, Operand.Gpr(s));
        (x.Mem, x.Lock) = (mem, random.Next(2) == 0);
    }
}

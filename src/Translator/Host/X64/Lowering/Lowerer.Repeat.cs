using Tcg.Mttcg.Translator.Ir;

namespace Tcg.Mttcg.Translator.Host.X64.Lowering;

/// <summary>Having flags again that were never saved: which operations can be repeated for them, what that needs intact, and for how long it lasts.</summary>
internal sealed unsafe partial class Lowerer
{
    /// <summary>What repeating one operation needs intact, and whether it is one instruction only.</summary>
    private RepeatCost CostOf(int setter)
    {
        ref var x = ref _block.Instructions[setter];
        Loc d = Place(x.Dst), a = Place(x.A), b = Place(x.B);
        var gone = IsFolded(a) || IsFolded(b);
        return x.Op switch
        {
            IrOp.And or IrOp.Or or IrOp.Xor when !d.IsNone => new(true, true, d, Loc.None),
            IrOp.And => new(!gone, true, a, b),
            IrOp.Sub when d.IsNone || d != a => new(!gone && d != b, true, a, b),
            IrOp.Sub => new(!gone && d != b, false, d, b),
            IrOp.Add when d == a => new(!gone && d != b, false, d, b),
            IrOp.Add => new(!gone && d != b && !d.IsNone, false, a, b),
            IrOp.Inc or IrOp.Dec => new(!d.IsNone, false, d, Loc.None),
            _ => default,
        };
    }

    private readonly record struct RepeatCost(bool Possible, bool Cheap, Loc First, Loc Second);

    /// <summary>The flags into EFLAGS once more. RAX may be lost.</summary>
    private void EmitRepeat(FlagSource source)
    {
        if (source.Carry == FlagSource.CarryInState) EmitCarryFromState();
        else if (source.Carry >= 0) EmitRepeat(source.Carry);
        EmitRepeat(source.Setter);
    }

    private void EmitRepeat(int setter)
    {
        ref var x = ref _block.Instructions[setter];
        Loc d = Place(x.Dst), a = Place(x.A), b = Place(x.B);
        switch (x.Op)
        {
            case IrOp.And or IrOp.Or or IrOp.Xor when !d.IsNone:
                if (d.IsRegister) _w.Test(x.Size, d.Register, d.Register);
                else _w.Alu(AluOp.Cmp, x.Size, d.Memory, 0);
                break;
            case IrOp.And:
                Compare(AluOp.And, x.Size, a, b);
                break;
            case IrOp.Sub when d.IsNone || d != a:
                Compare(AluOp.Cmp, x.Size, a, b);
                break;
            case IrOp.Sub:
                CopyInto(x.Size, Reg.Rax, d);
                AluRegister(AluOp.Add, x.Size, Reg.Rax, b);
                AluRegister(AluOp.Cmp, x.Size, Reg.Rax, b);
                break;
            case IrOp.Add when d == a:
                CopyInto(x.Size, Reg.Rax, d);
                AluRegister(AluOp.Sub, x.Size, Reg.Rax, b);
                AluRegister(AluOp.Add, x.Size, Reg.Rax, b);
                break;
            case IrOp.Inc or IrOp.Dec:
                CopyInto(x.Size, Reg.Rax, d);
                _w.IncDec(x.Op == IrOp.Inc, x.Size, Reg.Rax);
                _w.IncDec(x.Op == IrOp.Dec, x.Size, Reg.Rax);
                break;
            default:
                CopyInto(x.Size, Reg.Rax, a);
                AluRegister(AluOp.Add, x.Size, Reg.Rax, b);
                break;
        }
    }

    /// <summary>
    /// The flags may be forgotten from operation <paramref name="from"/> on, because whoever needs them later can repeat what set them: no operand
    /// is overwritten before the last possible exception, and a reader or the block's end is reached with the repetition still cheap.
    /// </summary>
    /// <param name="readNow">Operation <paramref name="from"/> has what it reads in EFLAGS and loses them: only later readers count.</param>
    private bool Repeatable(FlagSource source, int from, bool readNow = false) =>
        source.IsKnown && Intact(source, from) && LastsFrom(from, source, readNow);

    /// <summary>Nothing before <paramref name="index"/> has overwritten what the repetition needs.</summary>
    private bool Intact(FlagSource source, int index)
    {
        RepeatCost cost = CostOf(source.Setter), carry = CarryCost(source);
        if (!cost.Possible || !carry.Possible) return false;
        for (var j = (source.Carry >= 0 ? source.Carry : source.Setter) + 1; j < index; j++)
        {
            if (j > source.Setter && Overwrites(j, cost) || Overwrites(j, carry)) return false;
        }
        return true;
    }

    private RepeatCost CarryCost(FlagSource source) =>
        source.Carry >= 0 ? CostOf(source.Carry) : new RepeatCost(true, source.Carry == FlagSource.NoCarry, Loc.None, Loc.None);

    private bool LastsFrom(int from, FlagSource source, bool readNow = false)
    {
        RepeatCost cost = CostOf(source.Setter), carry = CarryCost(source);
        const int reach = 64;
        var cheap = cost.Cheap && carry.Cheap;
        var intact = true;
        var instructions = _block.Instructions;
        for (var j = from; j < instructions.Length && j < from + reach; j++)
        {
            ref var x = ref instructions[j];
            var traits = OpTable.Of(x.Op).Traits;
            if ((traits & (OpTraits.Structure | OpTraits.EndsBlock)) != 0) return cheap && intact;
            if (!intact && (traits & OpTraits.Faults) != 0) return false;
            var effects = _flags.Effects(j);
            var wanted = readNow && j == from ? 0 : effects.Writes == 0 ? effects.Reads : effects.Reads | _flags.After(j) & ~effects.Kills;
            // The carry alone comes from the state, whatever was overwritten; later readers may want more.
            if (wanted == ArithmeticFlags.CF && source.Carry == FlagSource.CarryInState) wanted = 0;
            if (wanted != 0) return cheap && intact;
            if (effects.Kills == ArithmeticFlags.All || _flags.After(j) == 0) return true;
            if (Overwrites(j, cost) || Overwrites(j, carry)) intact = false;
        }
        return false;
    }

    private bool Overwrites(int index, in RepeatCost cost) =>
        Overwrites(_block.Instructions[index], cost.First) || Overwrites(_block.Instructions[index], cost.Second);

    private bool Overwrites(in IrInstruction x, Loc loc)
    {
        if (loc.IsNone || loc.IsConstant) return false;
        return Place(x.Dst) == loc || Place(x.Dst2) == loc || x.Op == IrOp.GuestCmpXchg && Place(Operand.Gpr(0)) == loc;
    }
}

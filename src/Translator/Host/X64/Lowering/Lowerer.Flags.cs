using Tcg.Mttcg.Translator.Ir;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Host.X64.Lowering;

/// <summary>
/// Where the guest flags are: resident (the host's EFLAGS), saved (the state), both, or neither. Neither means dead, or recoverable: the operation
/// that set them can be repeated (<see cref="_setter"/>), which only slow paths and rare readers pay for.
/// </summary>
internal sealed unsafe partial class Lowerer
{
    private bool _resident;
    private bool _saved;

    /// <summary>The operation whose repetition gives the current flags; -1: none.</summary>
    private int _setter;

    private void FlagsAtLabel()
    {
        _resident = false;
        _saved = true;
        _setter = -1;
    }

    /// <summary>LAHF; SETO AL; store. RAX is lost, EFLAGS stay.</summary>
    private void EmitSave()
    {
        _w.Lahf();
        _w.SetCc(Condition.O, Reg.Rax);
        _w.Store(OpSize.B16, HostMem.Env(CpuState.FlagsOffset), Reg.Rax);
    }

    /// <summary>ADD AL, 0x7f overflows exactly if AL is 1; SAHF does the other five. RAX is lost.</summary>
    private void EmitRestore()
    {
        _w.LoadZero(OpSize.B16, Reg.Rax, HostMem.Env(CpuState.FlagsOffset));
        _w.Alu(AluOp.Add, OpSize.B8, Reg.Rax, 0x7f);
        _w.Sahf();
    }

    /// <summary>Guest flags into EFLAGS. RAX may be lost.</summary>
    private void EnsureResident()
    {
        if (_resident) return;
        if (!_saved && _setter >= 0) EmitRepeat(_setter);
        else EmitRestore();
        _resident = true;
    }

    /// <summary>Guest flags into the state. RAX may be lost.</summary>
    private void EnsureSaved()
    {
        if (_saved) return;
        if (!_resident && _setter < 0) return;
        EnsureResident();
        EmitSave();
        _saved = true;
    }

    /// <summary>The host's flags are about to be lost by an operation that does not define the guest's. RAX may be lost.</summary>
    private void ClobberFlags()
    {
        if (_resident && !_saved && _flags.After(_index) != 0)
        {
            if (_setter < 0 || !Repeatable(_setter, _index)) EnsureSaved();
        }
        _resident = false;
    }

    /// <summary>
    /// Before an operation that may leave with a guest exception and destroys EFLAGS on its way. Afterwards the flags are saved, or
    /// <see cref="ColdSetter"/> tells its slow path how to recover them.
    /// </summary>
    private void FlagsBeforeFault()
    {
        if (_resident && !_saved && (_setter < 0 || !Repeatable(_setter, _index))) EnsureSaved();
        _resident = false;
    }

    /// <summary>What a slow path must repeat to have the flags; -1: they are saved.</summary>
    private int ColdSetter => _saved ? -1 : _setter;

    /// <summary>Before the host instruction of the current operation: old flags in EFLAGS if it needs some, else kept somewhere if anyone does. RAX may be lost.</summary>
    private void BeforeFlagOperation()
    {
        var effects = _flags.Effects(_index);
        if (effects.Writes == 0)
        {
            if (effects.Reads != 0) EnsureResident();
            ClobberFlags();
            if (effects.Reads != 0) _resident = true;
            return;
        }
        if (effects.Reads != 0 || (_flags.After(_index) & ~effects.Kills) != 0) EnsureResident();
    }

    /// <summary>After the host instruction: EFLAGS hold the guest's flags, or garbage if the operation was not to set them.</summary>
    private void AfterFlagOperation(bool repeatable = false)
    {
        var effects = _flags.Effects(_index);
        if (effects.Writes == 0)
        {
            _resident = false;
            return;
        }
        _resident = true;
        _saved = false;
        _setter = repeatable && effects.Kills == ArithmeticFlags.All ? _index : -1;
    }

    // -- repeating an operation for its flags --------------------------------------------------------------------------------------------

    /// <summary>What <see cref="EmitRepeat"/> needs intact, and whether it is one instruction only.</summary>
    private (Loc First, Loc Second, bool Cheap, bool Possible) RepeatNeeds(int setter)
    {
        ref var x = ref _block.Instructions[setter];
        Loc d = Place(x.Dst), a = Place(x.A), b = Place(x.B);
        var loadFolded = IsFolded(a) || IsFolded(b);
        switch (x.Op)
        {
            case IrOp.And or IrOp.Or or IrOp.Xor when !d.IsNone:
                return (d, Loc.None, true, true);
            case IrOp.And:
                return (a, b, true, !loadFolded);
            case IrOp.Sub when d.IsNone || d != a:
                return (a, b, true, !loadFolded && d != b);
            case IrOp.Sub:
                return (d, b, false, !loadFolded && d != b);
            case IrOp.Add when d == a:
                return (d, b, false, !loadFolded && d != b);
            case IrOp.Add:
                return (a, b, false, !loadFolded && d != b && !d.IsNone);
            default:
                return default;
        }
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
            default:
                CopyInto(x.Size, Reg.Rax, a);
                AluRegister(AluOp.Add, x.Size, Reg.Rax, b);
                break;
        }
    }

    /// <summary>
    /// The flags of <paramref name="setter"/> may be forgotten from <paramref name="from"/> on, because whoever needs them later can repeat the
    /// operation: no operand is overwritten before the last possible exception, and a reader or the block's end is reached with it still cheap.
    /// </summary>
    private bool Repeatable(int setter, int from)
    {
        const int reach = 64;
        var (first, second, cheap, possible) = RepeatNeeds(setter);
        if (!possible) return false;
        var intact = true;
        var instructions = _block.Instructions;
        for (var j = setter + 1; j < from; j++)
        {
            if (Overwrites(instructions[j], first) || Overwrites(instructions[j], second)) return false;
        }
        for (var j = from; j < instructions.Length && j < from + reach; j++)
        {
            ref var x = ref instructions[j];
            var traits = OpTable.Of(x.Op).Traits;
            if ((traits & (OpTraits.Structure | OpTraits.EndsBlock)) != 0) return cheap && intact;
            if (!intact && (traits & OpTraits.Faults) != 0) return false;
            var effects = _flags.Effects(j);
            if (effects.Reads != 0 || effects.Writes != 0 && (_flags.After(j) & ~effects.Kills) != 0) return cheap && intact;
            if (effects.Kills == ArithmeticFlags.All || _flags.After(j) == 0) return true;
            if (Overwrites(x, first) || Overwrites(x, second)) intact = false;
        }
        return false;
    }

    private bool Overwrites(in IrInstruction x, Loc loc)
    {
        if (loc.IsNone || loc.IsConstant) return false;
        return Place(x.Dst) == loc || Place(x.Dst2) == loc || x.Op == IrOp.GuestCmpXchg && Place(Operand.Gpr(0)) == loc;
    }

    // -- operations on the flags ---------------------------------------------------------------------------------------------------------

    private const int LowFlagsMask = 0xd5;

    private void ReadFlags()
    {
        EnsureSaved();
        var to = Place(Current.Dst);
        _resident = false;
        _w.LoadZero(OpSize.B8, Reg.Rax, HostMem.Env(CpuState.FlagsOffset));
        _w.LoadZero(OpSize.B8, Reg.Rcx, HostMem.Env(CpuState.FlagsOffset + 1));
        _w.Shift(ShiftOp.Shl, OpSize.B32, Reg.Rax, 11);
        _w.Alu(AluOp.And, OpSize.B32, Reg.Rcx, LowFlagsMask);
        _w.Alu(AluOp.Or, OpSize.B32, Reg.Rax, Reg.Rcx);
        StoreResult(Current.Size, to, Reg.Rax);
    }

    private void WriteFlags()
    {
        var mask = (ArithmeticFlags)Current.Imm & ArithmeticFlags.All;
        if ((_flags.After(_index) & ~mask) != 0) EnsureSaved();
        LoadInto(OpSize.B32, Reg.Rcx, Place(Current.A));
        if ((mask & ArithmeticFlags.OF) != 0)
        {
            _w.Mov(OpSize.B32, Reg.Rax, Reg.Rcx);
            _w.Shift(ShiftOp.Shr, OpSize.B32, Reg.Rax, 11);
            _w.Alu(AluOp.And, OpSize.B32, Reg.Rax, 1);
            _w.Store(OpSize.B8, HostMem.Env(CpuState.FlagsOffset), Reg.Rax);
        }
        var low = (int)mask & LowFlagsMask;
        if (low != 0)
        {
            // LAHF has bit 1 set and bits 3 and 5 clear.
            _w.LoadZero(OpSize.B8, Reg.Rax, HostMem.Env(CpuState.FlagsOffset + 1));
            _w.Alu(AluOp.And, OpSize.B32, Reg.Rax, LowFlagsMask & ~low);
            _w.Alu(AluOp.And, OpSize.B32, Reg.Rcx, low);
            _w.Alu(AluOp.Or, OpSize.B32, Reg.Rax, Reg.Rcx);
            _w.Alu(AluOp.Or, OpSize.B32, Reg.Rax, 2);
            _w.Store(OpSize.B8, HostMem.Env(CpuState.FlagsOffset + 1), Reg.Rax);
        }
        _resident = false;
        _saved = true;
        _setter = -1;
    }

    /// <summary>STC, CLC or CMC.</summary>
    private void Carry(int opcode)
    {
        BeforeFlagOperation();
        _w.Byte(opcode);
        AfterFlagOperation();
    }
}

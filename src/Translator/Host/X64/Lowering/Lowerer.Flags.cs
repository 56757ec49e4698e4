using Tcg.Mttcg.Translator.Ir;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Host.X64.Lowering;

/// <summary>
/// Where the guest flags are: resident (the host's EFLAGS), saved (the state), both, or neither. Neither means dead, or recoverable: the operation
/// that set them can be repeated (<see cref="_source"/>), which only slow paths and rare readers pay for.
/// </summary>
internal sealed unsafe partial class Lowerer
{
    private bool _resident;
    private bool _saved;

    /// <summary>What gives the current flags once more.</summary>
    private FlagSource _source;

    private void FlagsAtLabel()
    {
        _resident = false;
        _saved = true;
        _source = FlagSource.None;
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
        if (!_saved && _source.IsKnown) EmitRepeat(_source);
        else EmitRestore();
        _resident = true;
    }

    /// <summary>Guest flags into the state. RAX may be lost.</summary>
    private void EnsureSaved()
    {
        if (_saved) return;
        if (!_resident && !_source.IsKnown) return;
        EnsureResident();
        EmitSave();
        _saved = true;
    }

    /// <summary>The host's flags are about to be lost by an operation that does not define the guest's. RAX may be lost.</summary>
    private void ClobberFlags()
    {
        if (_resident && !_saved && _flags.After(_index) != 0)
        {
            if (!Repeatable(_source, _index, readNow: true)) EnsureSaved();
        }
        _resident = false;
    }

    /// <summary>
    /// Before an operation that may leave with a guest exception and destroys EFLAGS on its way. Afterwards the flags are saved, or
    /// <see cref="ColdSource"/> tells its slow path how to recover them.
    /// </summary>
    private void FlagsBeforeFault()
    {
        if (_resident && !_saved && !Repeatable(_source, _index)) EnsureSaved();
        _resident = false;
    }

    /// <summary>What a slow path must repeat to have the flags; none: they are saved.</summary>
    private FlagSource ColdSource => _saved ? FlagSource.None : _source;

    /// <summary>
    /// Before the host instruction of the current operation: the old flags it needs in EFLAGS, else the old flags kept somewhere if anyone wants
    /// them. RAX may be lost.
    /// </summary>
    private void BeforeFlagOperation()
    {
        var effects = _flags.Effects(_index);
        if (effects.Writes == 0) ClobberFlags(effects.Reads);
        else EnsureResident(effects.Reads | _flags.After(_index) & ~effects.Kills);
    }

    /// <summary>As <see cref="EnsureResident()"/> for some of the flags; the others in EFLAGS may be garbage then. CF alone comes without RAX.</summary>
    private void EnsureResident(ArithmeticFlags needed)
    {
        _carry = _saved ? FlagSource.CarryInState : _source.Carry != FlagSource.NoCarry ? _source.Carry : _source.Setter;
        if (needed == 0 || _resident) return;
        if (needed == ArithmeticFlags.CF && (_saved || _source.Carry == FlagSource.CarryInState)) EmitCarryFromState();
        else EnsureResident();
    }

    /// <summary>For an operation that keeps CF: where CF came from before it.</summary>
    private int _carry;

    private void ClobberFlags(ArithmeticFlags reads)
    {
        if (reads != 0) EnsureResident();
        ClobberFlags();
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
        _source = FlagSource.None;
        if (!repeatable) return;
        if (effects.Kills == ArithmeticFlags.All) _source = new(_index, FlagSource.NoCarry);
        else if (effects.Kills == ArithmeticFlags.AllButCarry && _carry != FlagSource.NoCarry) _source = new(_index, _carry);
    }

    /// <summary>
    /// The condition, ready to be tested by a host instruction: in EFLAGS, or by a bit of the saved flags, which tells another condition. RAX may
    /// be lost.
    /// </summary>
    private Condition TestCondition(Condition condition)
    {
        if (_resident || !_saved || condition >= Condition.L)
        {
            EnsureResident();
            return condition;
        }
        var (offset, mask) = ((int)condition >> 1) switch
        {
            0 => (0, 0x01),
            1 => (1, 0x01),
            2 => (1, 0x40),
            3 => (1, 0x41),
            4 => (1, 0x80),
            _ => (1, 0x04),
        };
        _w.Test(OpSize.B8, HostMem.Env(CpuState.FlagsOffset + offset), mask);
        return (Condition)((int)Condition.Ne ^ (int)condition & 1);
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
        FlagsAtLabel();
    }

    /// <summary>STC, CLC or CMC.</summary>
    private void Carry(int opcode)
    {
        BeforeFlagOperation();
        _w.Byte(opcode);
        AfterFlagOperation();
    }
}

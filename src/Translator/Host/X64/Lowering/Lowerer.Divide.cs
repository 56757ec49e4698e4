using Tcg.Mttcg.Translator.Ir;

namespace Tcg.Mttcg.Translator.Host.X64.Lowering;

/// <summary>Division. A #DE of the host would kill the process, so zero divisors and overflows are found before.</summary>
internal sealed unsafe partial class Lowerer
{
    private void DivideUnsigned()
    {
        ref var x = ref Current;
        FlagsBeforeFault();
        var divisor = DivisorPlace(Place(x.C), x.Size);
        if (x.Size == OpSize.B8)
        {
            LoadInto(OpSize.B16, Reg.Rax, Place(x.A));
            LoadInto(OpSize.B8, Reg.Rcx, divisor);
            // CMP AH, CL
            _w.Byte(0x38);
            _w.Byte(0xcc);
            AddCold(ColdKind.DivideError, _w.Jump(Condition.Ae));
            _w.Group3(6, OpSize.B8, Reg.Rcx);
            StoreByteQuotient(x);
            return;
        }
        LoadInto(x.Size, Reg.Rax, Place(x.A));
        LoadInto(x.Size, Reg.Rdx, Place(x.B));
        // The quotient fits exactly if the high half is below the divisor; a zero divisor never is above it.
        if (divisor.IsRegister) _w.Alu(AluOp.Cmp, x.Size, Reg.Rdx, divisor.Register);
        else _w.Alu(AluOp.Cmp, x.Size, Reg.Rdx, divisor.Memory);
        AddCold(ColdKind.DivideError, _w.Jump(Condition.Ae));
        DivideBy(6, x.Size, divisor);
        StoreQuotient(x);
    }

    /// <summary>A register or memory; constants go to RCX.</summary>
    private Loc DivisorPlace(Loc divisor, OpSize size)
    {
        if (!divisor.IsConstant) return divisor;
        LoadInto(size, Reg.Rcx, divisor);
        return Loc.In(Reg.Rcx);
    }

    private void DivideBy(int digit, OpSize size, Loc divisor)
    {
        if (divisor.IsRegister) _w.Group3(digit, size, divisor.Register);
        else _w.Group3(digit, size, divisor.Memory);
    }

    private void StoreQuotient(in IrInstruction x)
    {
        StoreResult(x.Size, Place(x.Dst), Reg.Rax);
        StoreResult(x.Size, Place(x.Dst2), Reg.Rdx);
    }

    /// <summary>Quotient in AL, remainder in AH.</summary>
    private void StoreByteQuotient(in IrInstruction x)
    {
        // MOVZX ECX, AH
        _w.Byte(0x0f);
        _w.Byte(0xb6);
        _w.Byte(0xcc);
        StoreResult(OpSize.B8, Place(x.Dst), Reg.Rax);
        StoreResult(OpSize.B8, Place(x.Dst2), Reg.Rcx);
    }

    private void DivideSigned()
    {
        ref var x = ref Current;
        FlagsBeforeFault();
        if (x.Size <= OpSize.B16)
        {
            DivideSignedNarrow();
            return;
        }
        LoadInto(x.Size, Reg.Rax, Place(x.A));
        LoadInto(x.Size, Reg.Rdx, Place(x.B));
        // The common case: the dividend is the sign-extended low half, and the divisor is neither 0 nor -1.
        _w.Mov(x.Size, Reg.Rcx, Reg.Rax);
        _w.Shift(ShiftOp.Sar, x.Size, Reg.Rcx, x.Size == OpSize.B64 ? 63 : 31);
        _w.Alu(AluOp.Cmp, x.Size, Reg.Rcx, Reg.Rdx);
        LoadInto(x.Size, Reg.Rcx, Place(x.C));
        AddCold(ColdKind.SignedDivide, _w.Jump(Condition.Ne));
        var wide = _cold.Count - 1;
        _w.Alu(AluOp.Add, x.Size, Reg.Rcx, 1);
        _w.Alu(AluOp.Cmp, x.Size, Reg.Rcx, 1);
        var special = _w.Jump(Condition.Be);
        _w.Lea(x.Size, Reg.Rcx, HostMem.At(Reg.Rcx, -1));
        _w.Group3(7, x.Size, Reg.Rcx);
        var done = _w.Position;
        StoreQuotient(x);
        _cold[wide] = _cold[wide] with { Resume = done };
        _specialDivides.Add((special, wide));
    }

    /// <summary>Jumps with divisor + 1 in RCX, and the slow path they join.</summary>
    private readonly List<(int Jump, int Cold)> _specialDivides = [];

    private void EmitSignedDivideSlow(in ColdPath path)
    {
        ref var x = ref Current;
        // Dividend in RDX:RAX, divisor in RCX; all values possible.
        int error;
        var enter = _w.Position;
        if (x.Size == OpSize.B64)
        {
            _w.CallTo(_thunks.DivideSigned);
            error = _w.Jump(Condition.B);
        }
        else
        {
            // The 64-bit division of the whole dividend overflows for -2^63 / -1 only, which the 128-bit one catches; then the quotient must fit 32 bits.
            _w.Shift(ShiftOp.Shl, OpSize.B64, Reg.Rdx, 32);
            _w.Alu(AluOp.Or, OpSize.B64, Reg.Rax, Reg.Rdx);
            _w.Emit(Opcode.Movsxd, OpSize.B64, Reg.Rcx, Reg.Rcx);
            _w.Mov(OpSize.B64, Reg.Rdx, Reg.Rax);
            _w.Shift(ShiftOp.Sar, OpSize.B64, Reg.Rdx, 63);
            _w.CallTo(_thunks.DivideSigned);
            error = _w.Jump(Condition.B);
            _w.Emit(Opcode.Movsxd, OpSize.B64, Reg.Rcx, Reg.Rax);
            _w.Alu(AluOp.Cmp, OpSize.B64, Reg.Rcx, Reg.Rax);
            var tooLarge = _w.Jump(Condition.Ne);
            _w.Mov(OpSize.B32, Reg.Rax, Reg.Rax);
            _w.Mov(OpSize.B32, Reg.Rdx, Reg.Rdx);
            _w.JumpBack(path.Resume);
            _w.PatchHere(tooLarge);
            _w.PatchHere(error);
            error = -1;
        }
        if (error >= 0)
        {
            _w.JumpBack(path.Resume);
            _w.PatchHere(error);
        }
        RecoverFlags(path.Source);
        Raise(vector: 0, hasErrorCode: false);
        foreach (var (jump, cold) in _specialDivides)
        {
            if (_cold[cold] != path) continue;
            _w.PatchHere(jump);
            _w.Lea(x.Size, Reg.Rcx, HostMem.At(Reg.Rcx, -1));
            _w.JumpBack(enter);
        }
    }

    /// <summary>8 and 16 bits in wider divisions that cannot overflow; then the quotient must fit.</summary>
    private void DivideSignedNarrow()
    {
        ref var x = ref Current;
        var isByte = x.Size == OpSize.B8;
        LoadInto(OpSize.B16, Reg.Rax, Place(x.A));
        if (!isByte)
        {
            LoadInto(OpSize.B16, Reg.Rdx, Place(x.B));
            _w.Shift(ShiftOp.Shl, OpSize.B32, Reg.Rdx, 16);
            _w.Alu(AluOp.Or, OpSize.B32, Reg.Rax, Reg.Rdx);
            _w.Emit(Opcode.Movsxd, OpSize.B64, Reg.Rax, Reg.Rax);
        }
        else
        {
            _w.Emit(Opcode.MovsxWord, OpSize.B64, Reg.Rax, Reg.Rax);
        }
        LoadInto(x.Size, Reg.Rcx, Place(x.C));
        _w.Emit(isByte ? Opcode.MovsxByte : Opcode.MovsxWord, OpSize.B64, Reg.Rcx, Reg.Rcx);
        _w.Test(OpSize.B64, Reg.Rcx, Reg.Rcx);
        AddCold(ColdKind.DivideError, _w.Jump(Condition.E));
        _w.Mov(OpSize.B64, Reg.Rdx, Reg.Rax);
        _w.Shift(ShiftOp.Sar, OpSize.B64, Reg.Rdx, 63);
        _w.Group3(7, OpSize.B64, Reg.Rcx);
        _w.Emit(isByte ? Opcode.MovsxByte : Opcode.MovsxWord, OpSize.B64, Reg.Rcx, Reg.Rax);
        _w.Alu(AluOp.Cmp, OpSize.B64, Reg.Rcx, Reg.Rax);
        AddCold(ColdKind.DivideError, _w.Jump(Condition.Ne));
        StoreQuotient(x);
    }
}

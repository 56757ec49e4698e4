using Tcg.Mttcg.Translator.Ir;

namespace Tcg.Mttcg.Translator.Host.X64.Lowering;

/// <summary>BMI1, BMI2 and ADX as the host's own. A guest has them only if the host does (CpuModels checks).</summary>
internal sealed unsafe partial class Lowerer
{
    /// <summary>Three registers. <paramref name="maskLast"/>: the r/m operand is B and VEX.vvvv is A; else the other way round.</summary>
    private void VexBits(uint opcode, bool maskLast)
    {
        ref var x = ref Current;
        Loc to = Place(x.Dst), a = Place(x.A), b = Place(x.B);
        var setsFlags = OpTable.Of(x.Op).Writes != 0;
        if (setsFlags) BeforeFlagOperation();
        var first = InRegister(x.Size, a, Reg.Rax);
        var second = InRegister(x.Size, b, Reg.Rcx);
        var register = to.IsRegister ? to.Register : Reg.Rax;
        _w.VexGeneral(opcode, x.Size, register, maskLast ? first : second, maskLast ? second : first);
        StoreResult(x.Size, to, register);
        if (setsFlags) AfterFlagOperation();
    }

    /// <summary>BLSR (1), BLSMSK (2), BLSI (3).</summary>
    private void VexLowestBit(int digit)
    {
        ref var x = ref Current;
        Loc to = Place(x.Dst), a = Place(x.A);
        BeforeFlagOperation();
        var source = InRegister(x.Size, a, Reg.Rcx);
        var register = to.IsRegister ? to.Register : Reg.Rax;
        _w.VexGeneral(Opcode.LowestBitGroup, x.Size, (Reg)digit, register, source);
        StoreResult(x.Size, to, register);
        AfterFlagOperation();
    }

    /// <summary>ADCX or ADOX.</summary>
    private void AddCarry(uint opcode)
    {
        ref var x = ref Current;
        Loc to = Place(x.Dst), a = Place(x.A), b = Place(x.B);
        if (to == b) (a, b) = (b, a);
        BeforeFlagOperation();
        var register = to.IsRegister && to == a ? to.Register : Reg.Rax;
        if (register == Reg.Rax) CopyInto(x.Size, Reg.Rax, a);
        if (b.IsMemory) _w.Emit(opcode, x.Size, register, b.Memory);
        else _w.Emit(opcode, x.Size, register, InRegister(x.Size, b, Reg.Rcx));
        StoreResult(x.Size, to, register);
        AfterFlagOperation();
    }

    /// <summary>MULX: a wide product that leaves the flags alone.</summary>
    private bool TryFlaglessMultiply(Loc low, Loc high, Loc a, Loc b)
    {
        ref var x = ref Current;
        if (x.SetsFlags || !HasBmi2 || x.Size < OpSize.B32) return false;
        if (a.IsConstant) (a, b) = (b, a);
        CopyInto(x.Size, Reg.Rdx, a);
        var source = InRegister(x.Size, b, Reg.Rcx);
        _w.VexGeneral(Opcode.Mulx, x.Size, Reg.Rdx, Reg.Rax, source);
        StoreResult(x.Size, low, Reg.Rax);
        StoreResult(x.Size, high, Reg.Rdx);
        return true;
    }
}

using Tcg.Mttcg.Translator.Ir;

namespace Tcg.Mttcg.Translator.Host.X64.Lowering;

internal sealed unsafe partial class Lowerer
{
    /// <summary>BT (4), BTS (5), BTR (6), BTC (7) of a register: the host masks the bit number.</summary>
    private void BitTest(int digit)
    {
        ref var x = ref Current;
        Loc to = Place(x.Dst), a = Place(x.A), b = Place(x.B);
        BeforeFlagOperation();
        var onlyTests = digit == 4 || to.IsNone;
        var inPlace = onlyTests ? a.IsRegister : to == a && to.IsRegister;
        var register = inPlace ? a.Register : Reg.Rax;
        if (!inPlace) CopyInto(x.Size, Reg.Rax, a);
        if (b.IsConstant)
        {
            _w.Emit(Opcode.BtImmediate, x.Size, (onlyTests ? 4 : digit) | X64Writer.Digit, register);
            _w.Byte((int)b.Value & (8 << (int)x.Size) - 1);
        }
        else
        {
            _w.Emit(Opcode.Bt + (uint)((onlyTests ? 4 : digit) - 4 << 3), x.Size, InRegister(x.Size, b, Reg.Rcx), register);
        }
        if (!onlyTests && !inPlace) StoreResult(x.Size, to, Reg.Rax);
        AfterFlagOperation();
    }

    /// <summary>BSF and BSR: a zero source leaves the whole destination as it is, also at 32 bits.</summary>
    private void BitScan(uint opcode)
    {
        ref var x = ref Current;
        Loc to = Place(x.Dst), a = Place(x.A);
        BeforeFlagOperation();
        var register = to.IsRegister ? to.Register : Reg.Rax;
        if (to.IsMemory) _w.Load(OpSize.B64, Reg.Rax, to.Memory);
        if (a.IsMemory) _w.Emit(opcode, x.Size, register, a.Memory);
        else _w.Emit(opcode, x.Size, register, InRegister(x.Size, a, Reg.Rcx));
        if (to.IsMemory) _w.Store(OpSize.B64, to.Memory, Reg.Rax);
        AfterFlagOperation();
    }

    private void BitCount(uint opcode)
    {
        ref var x = ref Current;
        Loc to = Place(x.Dst), a = Place(x.A);
        BeforeFlagOperation();
        var register = to.IsRegister ? to.Register : Reg.Rax;
        if (a.IsMemory) _w.Emit(opcode, x.Size, register, a.Memory);
        else _w.Emit(opcode, x.Size, register, InRegister(x.Size, a, Reg.Rcx));
        StoreResult(x.Size, to, register);
        AfterFlagOperation();
    }

    private void Crc32()
    {
        ref var x = ref Current;
        Loc to = Place(x.Dst), a = Place(x.A), b = Place(x.B);
        CopyInto(OpSize.B32, Reg.Rax, a);
        if (b.IsMemory) _w.Emit(Opcode.Crc32, x.Size, Reg.Rax, b.Memory);
        else _w.Emit(Opcode.Crc32, x.Size, Reg.Rax, InRegister(x.Size, b, Reg.Rcx));
        StoreResult(OpSize.B32, to, Reg.Rax);
    }
}

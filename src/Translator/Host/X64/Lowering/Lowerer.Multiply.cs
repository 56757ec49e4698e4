using Tcg.Mttcg.Translator.Ir;

namespace Tcg.Mttcg.Translator.Host.X64.Lowering;

internal sealed unsafe partial class Lowerer
{
    private void Multiply()
    {
        ref var x = ref Current;
        Loc to = Place(x.Dst), a = Place(x.A), b = Place(x.B);
        if (a.IsConstant || to == b) (a, b) = (b, a);
        BeforeFlagOperation();
        if (x.Size == OpSize.B8)
        {
            // No two-operand form: AX = AL * r/m8 has the same low half and flags.
            CopyInto(OpSize.B8, Reg.Rcx, b);
            CopyInto(OpSize.B8, Reg.Rax, a);
            _w.Group3(5, OpSize.B8, Reg.Rcx);
            StoreResult(OpSize.B8, to, Reg.Rax);
            AfterFlagOperation();
            return;
        }
        var direct = x.Size >= OpSize.B32 && to.IsRegister && (to == a || to != b);
        var register = direct ? to.Register : Reg.Rax;
        if (b.FitsImmediate(x.Size, out var immediate) && !a.IsConstant)
        {
            var opcode = immediate == (sbyte)immediate ? Opcode.IMulImmediate8 : Opcode.IMulImmediate32;
            if (a.IsRegister) _w.Emit(opcode, x.Size, register, a.Register);
            else _w.Emit(opcode, x.Size, register, a.Memory);
            if (opcode == Opcode.IMulImmediate8) _w.Byte(immediate);
            else if (x.Size == OpSize.B16) { _w.Byte(immediate); _w.Byte(immediate >> 8); }
            else _w.Int32(immediate);
        }
        else
        {
            if (!a.IsRegister || a.Register != register) CopyInto(x.Size, register, a);
            if (b.IsMemory) _w.Emit(Opcode.IMul, x.Size, register, b.Memory);
            else if (b.IsConstant) _pool.Use(b.Value, _w.EmitRelative(Opcode.IMul, x.Size, register));
            else _w.Emit(Opcode.IMul, x.Size, register, InRegister(x.Size, b, Reg.Rcx));
        }
        StoreResult(x.Size, to, register);
        AfterFlagOperation();
    }

    /// <summary>MUL (4) and IMUL (5) of one operand.</summary>
    private void MultiplyWide(int digit)
    {
        ref var x = ref Current;
        Loc low = Place(x.Dst), high = Place(x.Dst2), a = Place(x.A), b = Place(x.B);
        if (digit == 4 && TryFlaglessMultiply(low, high, a, b)) return;
        BeforeFlagOperation();
        CopyInto(x.Size, Reg.Rax, a);
        if (b.IsMemory) _w.Group3(digit, x.Size, b.Memory);
        else _w.Group3(digit, x.Size, InRegister(x.Size, b, Reg.Rcx));
        if (x.Size == OpSize.B8)
        {
            StoreResult(OpSize.B16, low, Reg.Rax);
        }
        else
        {
            StoreResult(x.Size, low, Reg.Rax);
            StoreResult(x.Size, high, Reg.Rdx);
        }
        AfterFlagOperation();
    }
}

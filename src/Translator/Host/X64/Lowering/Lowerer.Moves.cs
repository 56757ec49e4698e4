using Tcg.Mttcg.Translator.Ir;

namespace Tcg.Mttcg.Translator.Host.X64.Lowering;

/// <summary>Data movement: nothing here touches EFLAGS.</summary>
internal sealed unsafe partial class Lowerer
{
    private void Move() => Assign(Current.Size, Place(Current.Dst), Place(Current.A));

    private void Extend(bool signed)
    {
        ref var x = ref Current;
        var to = Place(x.Dst);
        var from = Place(x.A);
        if (from.IsConstant)
        {
            Assign(x.Size, to, Loc.Constant(ExtendConstant(from.Value, x.SourceSize, signed)));
            return;
        }
        if (x.SourceSize >= x.Size)
        {
            Assign(x.Size, to, from);
            return;
        }
        var register = to.IsRegister ? to.Register : Reg.Rax;
        if (from.IsRegister) EmitExtend(x.Size, x.SourceSize, signed, register, from.Register);
        else EmitExtend(x.Size, x.SourceSize, signed, register, from.Memory);
        if (!to.IsRegister) StoreResult(x.Size, to, register);
    }

    private static ulong ExtendConstant(ulong value, OpSize size, bool signed)
    {
        var shift = 64 - (8 << (int)size);
        return signed ? (ulong)((long)(value << shift) >> shift) : value << shift >> shift;
    }

    private void EmitExtend(OpSize size, OpSize source, bool signed, Reg to, Reg from)
    {
        if (ExtendOpcode(size, source, signed, out var opcode, out var width)) _w.Emit(opcode, width, to, from);
        else _w.Mov(width, to, from);
    }

    private void EmitExtend(OpSize size, OpSize source, bool signed, Reg to, in HostMem from)
    {
        if (ExtendOpcode(size, source, signed, out var opcode, out var width)) _w.Emit(opcode, width, to, from);
        else _w.Load(width, to, from);
    }

    /// <summary>False: a plain move of that width does it.</summary>
    private static bool ExtendOpcode(OpSize size, OpSize source, bool signed, out uint opcode, out OpSize width)
    {
        width = signed || size == OpSize.B16 ? size : OpSize.B32;
        opcode = (source, signed) switch
        {
            (OpSize.B8, false) => Opcode.MovzxByte,
            (OpSize.B16, false) => Opcode.MovzxWord,
            (OpSize.B8, true) => Opcode.MovsxByte,
            (OpSize.B16, true) => Opcode.MovsxWord,
            (OpSize.B32, true) when size == OpSize.B64 => Opcode.Movsxd,
            _ => 0,
        };
        if (source >= size || opcode == 0) width = source < size ? OpSize.B32 : size;
        return opcode != 0 && source < size;
    }

    private void ExtractHigh()
    {
        var to = Place(Current.Dst);
        CopyInto(OpSize.B32, Reg.Rax, Place(Current.A));
        // MOVZX EAX, AH
        _w.Byte(0x0f);
        _w.Byte(0xb6);
        _w.Byte(0xc4);
        StoreResult(Current.Dst.IsTemp && to.IsRegister ? OpSize.B32 : OpSize.B8, to, Reg.Rax);
    }

    private void InsertHigh()
    {
        var to = Place(Current.Dst);
        var from = Place(Current.A);
        if (to.IsMemory)
        {
            var high = HostMem.At(to.Register, to.Displacement + 1);
            if (from.IsConstant) _w.StoreImmediate(OpSize.B8, high, (int)from.Value);
            else _w.Store(OpSize.B8, high, InRegister(OpSize.B8, from, Reg.Rax));
            return;
        }
        CopyInto(OpSize.B32, Reg.Rcx, from);
        _w.Mov(OpSize.B64, Reg.Rax, to.Register);
        // MOV AH, CL
        _w.Byte(0x88);
        _w.Byte(0xcc);
        _w.Mov(OpSize.B64, to.Register, Reg.Rax);
    }

    private void Bswap()
    {
        ref var x = ref Current;
        var to = Place(x.Dst);
        var from = Place(x.A);
        if (x.Size == OpSize.B16)
        {
            // Undefined for the instruction, a byte swap for MOVBE: XCHG AL, AH.
            CopyInto(OpSize.B16, Reg.Rax, from);
            _w.Byte(0x86);
            _w.Byte(0xe0);
            StoreResult(OpSize.B16, to, Reg.Rax);
            return;
        }
        var register = to.IsRegister ? to.Register : Reg.Rax;
        if (!from.IsRegister || from.Register != register) LoadInto(x.Size, register, from);
        _w.Bswap(x.Size, register);
        StoreResult(x.Size, to, register);
    }

    private void CMov()
    {
        ref var x = ref Current;
        Loc to = Place(x.Dst), a = Place(x.A), b = Place(x.B);
        var condition = TestCondition(x.Cond);
        if (to == a)
        {
            // Keep what is there, or take B when the condition fails.
            (a, b) = (b, a);
            condition = (Condition)((int)condition ^ 1);
        }
        var register = x.Size >= OpSize.B32 && to.IsRegister && to != a ? to.Register : Reg.Rax;
        if (!b.IsRegister || b.Register != register) LoadInto(x.Size, register, b);
        if (a.IsMemory && x.Size != OpSize.B8) _w.CMov(condition, x.Size, register, a.Memory);
        else _w.CMov(condition, x.Size, register, InRegister(x.Size, a, Reg.Rcx));
        StoreResult(x.Size, to, register);
    }

    private void SetCc()
    {
        ref var x = ref Current;
        var condition = TestCondition(x.Cond);
        var to = Place(x.Dst);
        if (x.Size == OpSize.B8)
        {
            if (to.IsRegister) _w.SetCc(condition, to.Register);
            else _w.SetCc(condition, to.Memory);
            return;
        }
        _w.SetCc(condition, Reg.Rax);
        _w.MovZero(OpSize.B8, Reg.Rax, Reg.Rax);
        StoreResult(x.Size, to, Reg.Rax);
    }
}

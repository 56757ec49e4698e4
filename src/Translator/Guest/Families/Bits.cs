using Iced.Intel;
using Tcg.Mttcg.Translator.Ir;

namespace Tcg.Mttcg.Translator.Guest.Families;

/// <summary>Bit tests, bit scans and counts, BSWAP, MOVBE, CRC32.</summary>
internal static class Bits
{
    public static readonly LiftRow[] Rows =
    [
        new(Mnemonic.Bt,     at => BitTest(at, IrOp.Bt,  null)),
        new(Mnemonic.Bts,    at => BitTest(at, IrOp.Bts, RmwKind.Bts)),
        new(Mnemonic.Btr,    at => BitTest(at, IrOp.Btr, RmwKind.Btr)),
        new(Mnemonic.Btc,    at => BitTest(at, IrOp.Btc, RmwKind.Btc)),
        new(Mnemonic.Bsf,    at => Count(at, IrOp.Bsf)),
        new(Mnemonic.Bsr,    at => Count(at, IrOp.Bsr)),
        new(Mnemonic.Tzcnt,  at => Count(at, IrOp.Tzcnt)),
        new(Mnemonic.Lzcnt,  at => Count(at, IrOp.Lzcnt)),
        new(Mnemonic.Popcnt, at => Count(at, IrOp.Popcnt)),
        new(Mnemonic.Bswap,  Swap),
        new(Mnemonic.Movbe,  MoveSwapped),
        new(Mnemonic.Crc32,  Checksum),
    ];

    private static void BitTest(Lifting at, IrOp op, RmwKind? kind)
    {
        var size = at.SizeOf(0);
        if (!at.IsMemory(0))
        {
            var register = at.Read(0, size);
            at.Emit(op, size, kind is null ? Operand.None : register, register, at.Read(1, size), flags: true);
            return;
        }
        var (memory, bit) = BitOperand(at, size, write: kind is not null);
        if (kind is { } rmw) at.Rmw(rmw, size, memory, bit);
        else at.Emit(op, size, Operand.None, at.Load(memory, size), bit, flags: true);
    }

    /// <summary>A register's bit offset is signed and reaches beyond the operand (SDM 2, BT: address of the bit string plus (offset DIV bits)).</summary>
    private static (int Memory, Operand Bit) BitOperand(Lifting at, OpSize size, bool write)
    {
        var mask = (ulong)Lifting.BitsOf(size) - 1;
        var address = at.MemoryOperand();
        if (!at.IsRegister(1))
        {
            var bit = at.Constant(at.Instruction.GetImmediate(1) & mask);
            return (at.At(address, Lifting.BytesOf(size), write), bit);
        }

        var offset = at.Read(1, size);
        if (size != OpSize.B64)
        {
            var wide = at.Temp();
            at.Widen(IrOp.Movsx, OpSize.B64, wide, offset, size);
            offset = wide;
        }
        var element = at.Compute(IrOp.Sar, OpSize.B64, offset, at.Constant((ulong)(3 + (int)size)));
        if (address.Base.IsNone || !address.Index.IsNone)
        {
            var start = at.Temp();
            at.EffectiveAddress(start, OpSize.B64, address);
            address = address with { Base = start, Displacement = 0 };
        }
        var indexed = address with { Index = element, ScaleShift = (byte)size };
        var masked = at.Compute(IrOp.And, OpSize.B64, offset, at.Constant(mask));
        return (at.At(indexed, Lifting.BytesOf(size), write), masked);
    }

    private static void Count(Lifting at, IrOp op)
    {
        var size = at.SizeOf(0);
        var source = at.Read(1, size);
        at.Emit(op, size, at.Read(0, size), source, flags: true);
    }

    // BSWAP of a 16-bit register is undefined; processors clear it.
    private static void Swap(Lifting at)
    {
        var size = at.SizeOf(0);
        var register = at.Read(0, size);
        if (size == OpSize.B16) at.Emit(IrOp.Mov, size, register, at.Constant(0));
        else at.Emit(IrOp.Bswap, size, register, register);
    }

    private static void MoveSwapped(Lifting at)
    {
        var size = at.SizeOf(0);
        var value = at.Read(1, size);
        var swapped = size == OpSize.B16
            ? at.Compute(IrOp.Rol, size, value, at.Constant(8))
            : at.Compute(IrOp.Bswap, size, value);
        at.Write(0, size, swapped);
    }

    private static void Checksum(Lifting at)
    {
        var size = at.SizeOf(1);
        var source = at.Read(1, size);
        var sum = at.Read(0, OpSize.B32);
        at.Emit(IrOp.Crc32, size, sum, sum, source);
    }
}

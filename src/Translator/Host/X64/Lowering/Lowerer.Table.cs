using Tcg.Mttcg.Translator.Ir;

namespace Tcg.Mttcg.Translator.Host.X64.Lowering;

internal sealed unsafe partial class Lowerer
{
    /// <summary>The lowering of each operation, by operation.</summary>
    private static readonly Action<Lowerer>[] Table = Build(
    [
        (IrOp.InsnStart,     l => l.InsnStart()),
        (IrOp.Label,         l => l.Label()),
        (IrOp.Br,            l => l.Branch()),
        (IrOp.BrIf,          l => l.BranchIf()),
        (IrOp.BrZero,        l => l.BranchZero(Condition.E)),
        (IrOp.BrNonZero,     l => l.BranchZero(Condition.Ne)),
        (IrOp.GotoTb,        l => l.GotoTb()),
        (IrOp.GotoIndirect,  l => l.GotoIndirect()),
        (IrOp.ExitTb,        l => l.ExitTb()),

        (IrOp.Mov,           l => l.Move()),
        (IrOp.Movzx,         l => l.Extend(signed: false)),
        (IrOp.Movsx,         l => l.Extend(signed: true)),
        (IrOp.Lea,           l => l.Lea()),
        (IrOp.ExtractHigh,   l => l.ExtractHigh()),
        (IrOp.InsertHigh,    l => l.InsertHigh()),
        (IrOp.Bswap,         l => l.Bswap()),
        (IrOp.CMov,          l => l.CMov()),
        (IrOp.SetCc,         l => l.SetCc()),

        (IrOp.Add,           l => l.Arithmetic(AluOp.Add, commutes: true)),
        (IrOp.Adc,           l => l.Arithmetic(AluOp.Adc, commutes: true)),
        (IrOp.Sub,           l => l.Arithmetic(AluOp.Sub, commutes: false)),
        (IrOp.Sbb,           l => l.Arithmetic(AluOp.Sbb, commutes: false)),
        (IrOp.And,           l => l.Arithmetic(AluOp.And, commutes: true)),
        (IrOp.Or,            l => l.Arithmetic(AluOp.Or, commutes: true)),
        (IrOp.Xor,           l => l.Arithmetic(AluOp.Xor, commutes: true)),
        (IrOp.Inc,           l => l.IncDec(down: false)),
        (IrOp.Dec,           l => l.IncDec(down: true)),
        (IrOp.Neg,           l => l.Unary(3)),
        (IrOp.Not,           l => l.Unary(2)),

        (IrOp.Shl,           l => l.Shift(ShiftOp.Shl)),
        (IrOp.Shr,           l => l.Shift(ShiftOp.Shr)),
        (IrOp.Sar,           l => l.Shift(ShiftOp.Sar)),
        (IrOp.Rol,           l => l.Shift(ShiftOp.Rol)),
        (IrOp.Ror,           l => l.Shift(ShiftOp.Ror)),
        (IrOp.Rcl,           l => l.Shift(ShiftOp.Rcl)),
        (IrOp.Rcr,           l => l.Shift(ShiftOp.Rcr)),
        (IrOp.Shld,          l => l.DoubleShift(Opcode.ShldImmediate)),
        (IrOp.Shrd,          l => l.DoubleShift(Opcode.ShrdImmediate)),

        (IrOp.IMul,          l => l.Multiply()),
        (IrOp.MulWide,       l => l.MultiplyWide(4)),
        (IrOp.IMulWide,      l => l.MultiplyWide(5)),
        (IrOp.Div,           l => l.DivideUnsigned()),
        (IrOp.IDiv,          l => l.DivideSigned()),

        (IrOp.Bt,            l => l.BitTest(4)),
        (IrOp.Bts,           l => l.BitTest(5)),
        (IrOp.Btr,           l => l.BitTest(6)),
        (IrOp.Btc,           l => l.BitTest(7)),
        (IrOp.Bsf,           l => l.BitScan(Opcode.Bsf)),
        (IrOp.Bsr,           l => l.BitScan(Opcode.Bsr)),
        (IrOp.Tzcnt,         l => l.BitCount(Opcode.Tzcnt)),
        (IrOp.Lzcnt,         l => l.BitCount(Opcode.Lzcnt)),
        (IrOp.Popcnt,        l => l.BitCount(Opcode.Popcnt)),
        (IrOp.Crc32,         l => l.Crc32()),

        (IrOp.Andn,          l => l.VexBits(Opcode.Andn, maskLast: true)),
        (IrOp.Bextr,         l => l.VexBits(Opcode.Bextr, maskLast: false)),
        (IrOp.Blsi,          l => l.VexLowestBit(3)),
        (IrOp.Blsmsk,        l => l.VexLowestBit(2)),
        (IrOp.Blsr,          l => l.VexLowestBit(1)),
        (IrOp.Bzhi,          l => l.VexBits(Opcode.Bzhi, maskLast: false)),
        (IrOp.Pdep,          l => l.VexBits(Opcode.Pdep, maskLast: true)),
        (IrOp.Pext,          l => l.VexBits(Opcode.Pext, maskLast: true)),
        (IrOp.Adcx,          l => l.AddCarry(Opcode.Adcx)),
        (IrOp.Adox,          l => l.AddCarry(Opcode.Adox)),

        (IrOp.ReadFlags,     l => l.ReadFlags()),
        (IrOp.WriteFlags,    l => l.WriteFlags()),
        (IrOp.SetCarry,      l => l.Carry(0xf9)),
        (IrOp.ClearCarry,    l => l.Carry(0xf8)),
        (IrOp.ComplementCarry, l => l.Carry(0xf5)),

        (IrOp.GuestLoad,     l => l.GuestLoad()),
        (IrOp.GuestStore,    l => l.GuestStore()),
        (IrOp.GuestRmw,      l => l.GuestRmw()),
        (IrOp.GuestCmpXchg,  l => l.GuestCmpXchg()),
        (IrOp.ProbeWrite,    l => l.ProbeWrite()),

        (IrOp.LoadState,     l => l.LoadState()),
        (IrOp.StoreState,    l => l.StoreState()),
        (IrOp.Call,          l => l.Call()),
        (IrOp.Simd,          l => l.Simd()),
        (IrOp.Fence,         l => l.Fence()),
        (IrOp.Pause,         l => l.Pause()),
    ]);

    private static Action<Lowerer>[] Build((IrOp Op, Action<Lowerer> Lower)[] rows)
    {
        var table = new Action<Lowerer>[Enum.GetValues<IrOp>().Length];
        foreach (var (op, lower) in rows) table[(int)op] = lower;
        foreach (var op in Enum.GetValues<IrOp>())
        {
            if (table[(int)op] is null) throw new InvalidOperationException($"IrOp.{op} has no lowering");
        }
        return table;
    }
}

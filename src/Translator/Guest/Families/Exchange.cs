using Iced.Intel;
using Tcg.Mttcg.Translator.Ir;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Guest.Families;

/// <summary>XCHG, XADD and the compare-and-exchanges.</summary>
internal static class Exchange
{
    public static readonly LiftRow[] Rows =
    [
        new(Mnemonic.Xchg,       Swap),
        new(Mnemonic.Xadd,       ExchangeAdd),
        new(Mnemonic.Cmpxchg,    CompareExchange),
        new(Mnemonic.Cmpxchg8b,  at => CompareExchangeWide(at, 8)),
        new(Mnemonic.Cmpxchg16b, at => CompareExchangeWide(at, 16)),
    ];

    // XCHG with memory is atomic with or without LOCK.
    private static void Swap(Lifting at)
    {
        var size = at.SizeOf(0);
        var memory = at.IsMemory(0) ? 0 : at.IsMemory(1) ? 1 : -1;
        if (memory >= 0)
        {
            var register = at.RegisterOf(1 - memory);
            var source = at.ReadRegister(register);
            var old = at.Temp();
            at.Rmw(RmwKind.Xchg, size, at.Memory(Lifting.BytesOf(size), write: true), source, old, flags: false, locked: true);
            at.WriteRegister(register, size, old);
            return;
        }
        var first = at.ReadCopy(0, size);
        at.WriteRegister(at.RegisterOf(0), size, at.Read(1, size));
        at.WriteRegister(at.RegisterOf(1), size, first);
    }

    private static void ExchangeAdd(Lifting at)
    {
        var size = at.SizeOf(0);
        if (at.IsMemory(0))
        {
            var source = at.Read(1, size);
            var old = at.Temp();
            at.Rmw(RmwKind.Xadd, size, at.Memory(Lifting.BytesOf(size), write: true), source, old);
            at.WriteRegister(at.RegisterOf(1), size, old);
            return;
        }
        var left = at.ReadCopy(0, size);
        var right = at.Read(1, size);
        var sum = at.Temp();
        at.Emit(IrOp.Add, size, sum, left, right, flags: true);
        at.WriteRegister(at.RegisterOf(1), size, left);
        at.WriteRegister(at.RegisterOf(0), size, sum);
    }

    private static void CompareExchange(Lifting at)
    {
        var size = at.SizeOf(0);
        if (at.IsMemory(0))
        {
            var replacement = at.Read(1, size);
            var memory = at.Memory(Lifting.BytesOf(size), write: true);
            ref var i = ref at.Block.Append(IrOp.GuestCmpXchg);
            i.Size = size;
            i.Mem = memory;
            i.A = replacement;
            i.SetsFlags = true;
            i.Lock = at.Instruction.HasLockPrefix;
            return;
        }
        var source = at.ReadCopy(1, size);
        var old = at.ReadCopy(0, size);
        at.Emit(IrOp.Sub, size, Operand.None, Lifting.Rax, old, flags: true);
        ulong equal = at.NewLabel(), done = at.NewLabel();
        at.BranchIf(Condition.E, equal);
        // A register that does not compare equal is not written at all: its upper half stays.
        at.Emit(IrOp.Mov, size, Lifting.Rax, old);
        at.Branch(done);
        at.Label(equal);
        at.WriteRegister(at.RegisterOf(0), size, source);
        at.Label(done);
    }

    private static void CompareExchangeWide(Lifting at, int bytes) =>
        at.Invoke(
            HelperId.CmpXchgWide,
            at.LinearAddress(bytes, write: true),
            at.Constant((uint)bytes),
            at.Constant(at.Instruction.HasLockPrefix ? 1u : 0));
}

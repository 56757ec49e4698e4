using Iced.Intel;
using Tcg.Mttcg.Translator.Ir;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Guest.Families;

/// <summary>Descriptor tables, system segments, the machine status word, and descriptor inspection.</summary>
internal static class Descriptors
{
    private const LiftRules Privileged = LiftRules.Cpl0 | LiftRules.EndsBlock;

    public static readonly LiftRow[] Rows =
    [
        new(Mnemonic.Lgdt, at => LoadTable(at, HelperId.Lgdt), Privileged),
        new(Mnemonic.Lidt, at => LoadTable(at, HelperId.Lidt), Privileged),
        new(Mnemonic.Sgdt, at => StoreTable(at, StateFields.GdtLimit, StateFields.GdtBase), LiftRules.Umip),
        new(Mnemonic.Sidt, at => StoreTable(at, StateFields.IdtLimit, StateFields.IdtBase), LiftRules.Umip),
        new(Mnemonic.Lldt, at => at.Invoke(HelperId.Lldt, ReadSelector(at, 0)), Privileged | LiftRules.ProtectedOnly),
        new(Mnemonic.Ltr,  at => at.Invoke(HelperId.Ltr, ReadSelector(at, 0)), Privileged | LiftRules.ProtectedOnly),
        new(Mnemonic.Sldt, at => StoreWord(at, at.LoadState(StateFields.Ldtr + StateFields.Selector, OpSize.B16)), LiftRules.Umip | LiftRules.ProtectedOnly),
        new(Mnemonic.Str,  at => StoreWord(at, at.LoadState(StateFields.Tr + StateFields.Selector, OpSize.B16)), LiftRules.Umip | LiftRules.ProtectedOnly),
        new(Mnemonic.Smsw, at => StoreWord(at, at.LoadState(StateFields.Cr0, OpSize.B64)), LiftRules.Umip),
        new(Mnemonic.Lmsw, at => at.Invoke(HelperId.Lmsw, ReadSelector(at, 0)), Privileged),
        new(Mnemonic.Lar,  at => Inspect(at, HelperId.Lar), LiftRules.ProtectedOnly),
        new(Mnemonic.Lsl,  at => Inspect(at, HelperId.Lsl), LiftRules.ProtectedOnly),
        new(Mnemonic.Verr, at => at.Invoke(HelperId.Verr, ReadSelector(at, 0)), LiftRules.ProtectedOnly),
        new(Mnemonic.Verw, at => at.Invoke(HelperId.Verw, ReadSelector(at, 0)), LiftRules.ProtectedOnly),
        new(Mnemonic.Arpl, AdjustPrivilege, LiftRules.ProtectedOnly),
    ];

    private static Operand ReadSelector(Lifting at, int operand) => at.ZeroExtend(at.Read(operand, OpSize.B16), OpSize.B16);

    private static void StoreWord(Lifting at, Operand value)
    {
        var size = at.IsMemory(0) ? OpSize.B16 : at.SizeOf(0);
        at.Write(0, size, value);
    }

    // The 16-bit operand size keeps 24 bits of base (SDM 2, LGDT).
    private static void LoadTable(Lifting at, HelperId helper)
    {
        var size = at.Is64 ? OpSize.B64 : OpSize.B32;
        var (limitAt, baseAt) = TableOperand(at, size, write: false);
        var limit = at.ZeroExtend(at.Load(limitAt, OpSize.B16), OpSize.B16);
        var address = at.Load(baseAt, size);
        if (at.Instruction.Code is Code.Lgdt_m1632_16 or Code.Lidt_m1632_16)
            address = at.Compute(IrOp.And, OpSize.B32, address, at.Constant(0xffffff));
        at.Invoke(helper, limit, address);
    }

    private static void StoreTable(Lifting at, int limit, int address)
    {
        var size = at.Is64 ? OpSize.B64 : OpSize.B32;
        var (limitAt, baseAt) = TableOperand(at, size, write: true);
        at.ProbeWrite(baseAt, size);
        at.Store(limitAt, OpSize.B16, at.LoadState(limit, OpSize.B16));
        at.Store(baseAt, size, at.LoadState(address, size));
    }

    private static (int Limit, int Base) TableOperand(Lifting at, OpSize size, bool write)
    {
        var limit = at.Memory(2 + Lifting.BytesOf(size), write);
        var address = at.Block.Addresses[limit];
        address.Displacement += 2;
        return (limit, at.Block.Address(address));
    }

    // The destination changes only if the selector passed (ZF).
    private static void Inspect(Lifting at, HelperId helper)
    {
        var result = at.Call(helper, ReadSelector(at, 1));
        var failed = at.NewLabel();
        at.BranchIf(Condition.Ne, failed);
        at.WriteRegister(at.RegisterOf(0), at.SizeOf(0), result);
        at.Label(failed);
    }

    private static void AdjustPrivilege(Lifting at)
    {
        var source = ReadSelector(at, 1);
        var unchanged = 0ul;
        if (at.IsMemory(0))
        {
            var memory = at.Memory(2, write: true);
            at.ProbeWrite(memory, OpSize.B16);
            var adjusted = at.Call(HelperId.Arpl, at.ZeroExtend(at.Load(memory, OpSize.B16), OpSize.B16), source);
            unchanged = at.NewLabel();
            at.BranchIf(Condition.Ne, unchanged);
            at.Store(memory, OpSize.B16, adjusted);
        }
        else
        {
            var adjusted = at.Call(HelperId.Arpl, ReadSelector(at, 0), source);
            unchanged = at.NewLabel();
            at.BranchIf(Condition.Ne, unchanged);
            at.WriteRegister(at.RegisterOf(0), OpSize.B16, adjusted);
        }
        at.Label(unchanged);
    }
}

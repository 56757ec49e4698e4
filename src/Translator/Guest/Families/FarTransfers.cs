using Iced.Intel;
using Tcg.Mttcg.Translator.Ir;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Guest.Families;

/// <summary>Transfers that may change CS: far jumps, calls and returns, interrupts, fast system calls. Helpers set RIP.</summary>
internal static class FarTransfers
{
    public static readonly LiftRow[] Rows =
    [
        new(Mnemonic.Retf,     Return),
        new(Mnemonic.Iret,     at => Leave(at, HelperId.InterruptReturn, at.Constant(2))),
        new(Mnemonic.Iretd,    at => Leave(at, HelperId.InterruptReturn, at.Constant(4))),
        new(Mnemonic.Iretq,    at => Leave(at, HelperId.InterruptReturn, at.Constant(8))),
        new(Mnemonic.Int,      at => Interrupt(at, at.Instruction.Immediate8, kind: 0)),
        new(Mnemonic.Int3,     at => Interrupt(at, (byte)Vector.Breakpoint, kind: 1)),
        new(Mnemonic.Into,     InterruptOnOverflow),
        new(Mnemonic.Int1,     at => Interrupt(at, (byte)Vector.Debug, kind: 3)),
        new(Mnemonic.Syscall,  at => Leave(at, HelperId.SysCall, at.Constant(at.NextRip))),
        new(Mnemonic.Sysret,   at => Leave(at, HelperId.SysRet, at.Constant(4)), LiftRules.Cpl0 | LiftRules.NotRealMode),
        new(Mnemonic.Sysretq,  at => Leave(at, HelperId.SysRet, at.Constant(8)), LiftRules.Cpl0 | LiftRules.NotRealMode),
        new(Mnemonic.Sysenter, at => Leave(at, HelperId.SysEnter, at.Constant(at.NextRip)), LiftRules.NotRealMode),
        new(Mnemonic.Sysexit,  at => Leave(at, HelperId.SysExit, at.Constant(4)), LiftRules.Cpl0 | LiftRules.NotRealMode),
        new(Mnemonic.Sysexitq, at => Leave(at, HelperId.SysExit, at.Constant(8)), LiftRules.Cpl0 | LiftRules.NotRealMode),
    ];

    public static bool IsFar(Lifting at) =>
        at.Instruction.GetOpKind(0) is OpKind.FarBranch16 or OpKind.FarBranch32
        || (at.IsMemory(0) && at.Instruction.MemorySize is MemorySize.SegPtr16 or MemorySize.SegPtr32 or MemorySize.SegPtr64);

    public static void Jump(Lifting at)
    {
        var (selector, offset, size) = FarPointer(at);
        Leave(at, HelperId.FarJump, selector, offset, at.Constant((uint)size | (at.NextRip << 8)));
    }

    public static void Call(Lifting at)
    {
        var (selector, offset, size) = FarPointer(at);
        Leave(at, HelperId.FarCall, selector, offset, at.Constant((uint)size | (at.NextRip << 8)));
    }

    /// <summary>A far pointer in the instruction or in memory: the offset, then the selector.</summary>
    public static (Operand Selector, Operand Offset, int Size) FarPointer(Lifting at)
    {
        switch (at.Instruction.Op0Kind)
        {
            case OpKind.FarBranch16: return (at.Constant(at.Instruction.FarBranchSelector), at.Constant(at.Instruction.FarBranch16), 2);
            case OpKind.FarBranch32: return (at.Constant(at.Instruction.FarBranchSelector), at.Constant(at.Instruction.FarBranch32), 4);
        }
        var size = at.Instruction.MemorySize switch { MemorySize.SegPtr16 => OpSize.B16, MemorySize.SegPtr32 => OpSize.B32, _ => OpSize.B64 };
        var bytes = Lifting.BytesOf(size);
        var memory = at.Memory(bytes + 2, write: false, alignment: bytes);
        var offset = at.ZeroExtend(at.Load(memory, size), size);
        var address = at.Block.Addresses[memory];
        address.Displacement += bytes;
        var selector = at.ZeroExtend(at.Load(at.Block.Address(address), OpSize.B16), OpSize.B16);
        return (selector, offset, bytes);
    }

    private static void Return(Lifting at)
    {
        var release = at.Instruction.OpCount == 0 ? 0u : at.Instruction.Immediate16;
        var size = at.Instruction.Code switch
        {
            Code.Retfw or Code.Retfw_imm16 => 2u,
            Code.Retfd or Code.Retfd_imm16 => 4u,
            _ => 8u,
        };
        Leave(at, HelperId.FarReturn, at.Constant(size), at.Constant(release));
    }

    private static void Interrupt(Lifting at, byte vector, uint kind) =>
        Leave(at, HelperId.SoftwareInterrupt, at.Constant(vector), at.Constant((uint)at.Instruction.Length), at.Constant(kind));

    private static void InterruptOnOverflow(Lifting at)
    {
        var clear = at.NewLabel();
        at.BranchIf(Condition.No, clear);
        Interrupt(at, (byte)Vector.Overflow, kind: 2);
        at.ContinueAt(clear);
    }

    private static void Leave(Lifting at, HelperId helper, Operand a, Operand b = default, Operand c = default)
    {
        at.Invoke(helper, a, b, c);
        at.ExitRipSet();
    }
}

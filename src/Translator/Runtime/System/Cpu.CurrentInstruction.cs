using Iced.Intel;
using Tcg.Mttcg.Memory;

namespace Tcg.Mttcg.Translator.Runtime;

// What the instruction under way is, found out when a fault needs to know: decoding it again costs the code that does not fault nothing.
public sealed unsafe partial class Cpu
{
    private const int LongestInstruction = 15;

    /// <summary>An access by the running instruction to a linear address goes through SS: PUSH and its kin, and operands based on RSP or RBP (SDM 1 3.7.4).</summary>
    private bool IsStackAccess(ulong linear)
    {
        if (Running is null || !TryDecodeCurrent(out var instruction)) return false;
        var info = new InstructionInfoFactory().GetInfo(instruction, InstructionInfoOptions.NoRegisterUsage);
        foreach (var memory in info.GetUsedMemory())
        {
            if (memory.Segment != Register.SS) continue;
            if (!memory.TryGetVirtualAddress(0, out var start, TryGetRegister)) continue;
            if (linear - start < (ulong)Math.Max(1, memory.MemorySize.GetSize())) return true;
        }
        return false;
    }

    /// <summary>
    /// A near branch of the running block leads to a non-canonical address: #GP(0) of the branch itself, whose stack pointer must be as before it
    /// (SDM 2A CALL, JMP; 2B RET).
    /// </summary>
    internal void FailBranch(ulong target)
    {
        if (TryDecodeCurrent(out var instruction))
        {
            // What merely runs there faults when it has arrived.
            if (instruction.FlowControl == FlowControl.Next || instruction.NextIP == target) return;
            if (instruction.IsStackInstruction) Rsp -= (ulong)instruction.StackPointerIncrement;
        }
        Raise(ExceptionVector.GeneralProtection, 0);
    }

    private bool TryDecodeCurrent(out Instruction instruction)
    {
        var rip = CurrentRip();
        var linear = IsLongMode64 ? rip : (uint)(State->Cs.Base + rip);
        var bytes = new byte[LongestInstruction];
        var length = 0;
        for (; length < bytes.Length && TryResolveCode(Add(new GuestVirtual(linear), length), raise: false, out var page) && page.IsRam; length++) bytes[length] = *page.Host;
        var decoder = Decoder.Create(IsLongMode64 ? 64 : (State->Cs.Attributes & SegmentBits.Big) != 0 ? 32 : 16, new ByteArrayCodeReader(bytes, 0, length), rip);
        decoder.Decode(out instruction);
        return !instruction.IsInvalid;
    }

    // Bases are zero: only 64-bit code asks.
    private bool TryGetRegister(Register register, int element, int elementSize, out ulong value)
    {
        value = 0;
        if (register.IsSegmentRegister()) return true;
        if (!register.IsGPR()) return false;
        value = State->Gpr[register.GetFullRegister() - Register.RAX];
        if (register.GetSize() == 4) value = (uint)value;
        return true;
    }
}

using Tcg.Mttcg.Memory;
using Tcg.Mttcg.Memory.Tlb;

namespace Tcg.Mttcg.Translator.Runtime;

public sealed unsafe partial class Cpu
{
    internal ulong Rsp
    {
        get => State->Gpr[4];
        set => State->Gpr[4] = value;
    }

    /// <summary>How many bits of RSP stack operations use: 64-bit code all, else by SS.B.</summary>
    internal ulong StackMask => IsLongMode64 ? ulong.MaxValue : MaskOf(State->Ss);

    internal static ulong MaskOf(in SegmentRegister stack) => (stack.Attributes & SegmentBits.Big) != 0 ? uint.MaxValue : 0xffffUL;

    /// <summary>Moves the stack pointer: 16 bits merge, 32 bits zero-extend.</summary>
    internal void SetStackPointer(ulong value, ulong mask) => Rsp = mask == 0xffff ? (Rsp & ~mask) | (value & mask) : value & mask;

    internal StackWriter PushTo(int slot, Span<ulong> values) => new(this, State->Ss, Rsp, StackMask, slot, View, 0, values);

    internal StackReader PopFrom(int slot) => new(this, State->Ss, Rsp, StackMask, slot, View);

    /// <summary>The linear address of a stack slot. False: #SS(<paramref name="error"/>) is pending.</summary>
    internal bool TryStackAddress(in SegmentRegister stack, ulong mask, ulong offset, int bytes, uint error, out GuestVirtual address)
    {
        if (mask == ulong.MaxValue)
        {
            address = new GuestVirtual(offset);
            return (IsCanonical(offset) && IsCanonical(offset + (uint)bytes - 1)) || Fail(ExceptionVector.StackFault, error);
        }
        address = new GuestVirtual((uint)(stack.Base + offset));
        return (IsWithin(stack, offset, bytes) && (stack.Attributes & SegmentBits.Present) != 0) || Fail(ExceptionVector.StackFault, error);
    }

    /// <summary>The bytes lie inside the segment's limit, expand-down data included (SDM 3A 5.3).</summary>
    internal static bool IsWithin(in SegmentRegister segment, ulong offset, int bytes)
    {
        var last = offset + (uint)bytes - 1;
        const int expandDown = SegmentBits.Code | SegmentBits.ExpandDown;
        if ((segment.Attributes & expandDown) != SegmentBits.ExpandDown) return last <= segment.Limit;
        var top = (segment.Attributes & SegmentBits.Big) != 0 ? uint.MaxValue : 0xffffu;
        return offset > segment.Limit && last <= top;
    }
}

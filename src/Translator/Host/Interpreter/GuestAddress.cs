using Tcg.Mttcg.Translator.Ir;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Host.Interpreter;

/// <summary>Effective and linear addresses of memory operands.</summary>
internal static unsafe class GuestAddress
{
    private const int GeneralProtection = 13;

    /// <summary>Offset in the segment, truncated to the address size.</summary>
    public static ulong Offset(Frame frame, IrInstruction* op)
    {
        var address = frame.Addresses + op->Mem;
        var offset = (ulong)address->Displacement;
        if (!address->Base.IsNone) offset += frame.Read(address->Base);
        if (!address->Index.IsNone) offset += frame.Read(address->Index) << address->ScaleShift;
        return offset & Width.Mask(address->AddressSize);
    }

    /// <summary>The operand must lie on a boundary and does not: #GP(0) is raised.</summary>
    public static bool IsMisaligned(Frame frame, IrInstruction* op, ulong linear)
    {
        var alignment = frame.Addresses[op->Mem].Alignment;
        if (alignment == 0 || (linear & (ulong)(alignment - 1)) == 0) return false;
        frame.Raise(GeneralProtection, 0);
        return true;
    }

    public static ulong Linear(Frame frame, IrInstruction* op)
    {
        var address = frame.Addresses + op->Mem;
        var linear = Offset(frame, op);
        if (address->Segment != Segment.None) linear += *(ulong*)((byte*)frame.State + CpuState.SegmentBaseOffset(address->Segment));
        return address->Linear32 ? (uint)linear : linear;
    }
}

using System.Runtime.InteropServices;

namespace Tcg.Mttcg.Translator.Ir;

/// <summary>One IR operation. A plain 40-byte value in the block's array; which fields matter is said at <see cref="IrOp"/>.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct IrInstruction
{
    public IrOp Op;
    public OpSize Size;
    /// <summary>The width read before extension: Movzx, Movsx, GuestLoad.</summary>
    public OpSize SourceSize;
    public Extension Extend;
    public Condition Cond;
    public RmwKind Rmw;
    /// <summary>Slot, exit reason or fence kind.</summary>
    public byte Aux;
    /// <summary>The operation defines guest flags. The dead-flags pass clears it.</summary>
    public bool SetsFlags;
    /// <summary>GuestRmw, GuestCmpXchg: atomic.</summary>
    public bool Lock;

    public Operand Dst;
    public Operand Dst2;
    public Operand A;
    public Operand B;
    public Operand C;

    /// <summary>Index into <see cref="IrBlock.Addresses"/>; -1: none.</summary>
    public int Mem;

    /// <summary>RIP, label number, state offset, helper id, flag mask or SIMD index.</summary>
    public ulong Imm;
}

/// <summary>
/// A guest memory operand. Offset = (Base + (Index &lt;&lt; ScaleShift) + Displacement) truncated to AddressSize; linear address = base of Segment +
/// offset, truncated to 32 bits outside 64-bit mode (<see cref="Linear32"/>).
/// </summary>
public struct IrAddress
{
    public Operand Base;
    public Operand Index;
    public byte ScaleShift;
    /// <summary>B16, B32 or B64.</summary>
    public OpSize AddressSize;
    public Segment Segment;
    public bool Linear32;
    /// <summary>SIMD operands that must be aligned to 16 or 32 bytes: #GP(0) otherwise. 0: anywhere.</summary>
    public byte Alignment;
    public long Displacement;
}

/// <summary>A guest SIMD instruction kept in its own form: the JIT re-encodes it for the host, the interpreter computes it by mnemonic.</summary>
public struct IrSimd
{
    /// <summary>Iced's decoded instruction. Vector register operands are the guest's own.</summary>
    public Iced.Intel.Instruction Instruction;

    /// <summary>Bytes of the memory operand; 0: register form.</summary>
    public byte MemorySize;

    /// <summary>The memory operand is the destination.</summary>
    public bool Stores;

    /// <summary>Only the elements that a mask chooses are accessed: <see cref="Runtime.ElementMove"/>, for the slow path; 0: all are.</summary>
    public ulong Elements;

    /// <summary>It may raise SIMD floating-point exceptions (SDM 1 11.5.1).</summary>
    public bool Raises;
}

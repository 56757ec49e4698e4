using Iced.Intel;
using Tcg.Mttcg.Translator.Ir;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Guest;

// Memory operands: effective address, segment, limit.
public sealed partial class Lifting
{
    /// <summary>The instruction's memory operand, its segment checked for an access of <paramref name="bytes"/> bytes.</summary>
    public int Memory(int bytes, bool write, int alignment = 0) => At(MemoryOperand(), bytes, write, alignment);

    public Operand LoadMemory(OpSize size) => Load(Memory(BytesOf(size), write: false), size);

    public void StoreMemory(OpSize size, Operand value) => Store(Memory(BytesOf(size), write: true), size, value);

    public Operand Load(int memory, OpSize size)
    {
        var value = Temp();
        LoadInto(value, memory, size, size, Extension.Zero);
        return value;
    }

    public void LoadInto(Operand dst, int memory, OpSize size, OpSize from, Extension extension)
    {
        ref var i = ref Block.Append(IrOp.GuestLoad);
        i.Size = size;
        i.SourceSize = from;
        i.Extend = extension;
        i.Dst = dst;
        i.Mem = memory;
    }

    public void Store(int memory, OpSize size, Operand value)
    {
        ref var i = ref Block.Append(IrOp.GuestStore);
        i.Size = size;
        i.A = value;
        i.Mem = memory;
    }

    public void ProbeWrite(int memory, OpSize size)
    {
        ref var i = ref Block.Append(IrOp.ProbeWrite);
        i.Size = size;
        i.Mem = memory;
    }

    /// <summary>memory = memory kind a; dst, if any, the old value.</summary>
    public void Rmw(RmwKind kind, OpSize size, int memory, Operand a, Operand dst = default, bool flags = true, bool locked = false)
    {
        ref var i = ref Block.Append(IrOp.GuestRmw);
        i.Rmw = kind;
        i.Size = size;
        i.Mem = memory;
        i.A = a;
        i.Dst = dst;
        i.SetsFlags = flags;
        i.Lock = locked || Instruction.HasLockPrefix;
    }

    /// <summary>The effective address, without segment base.</summary>
    public void EffectiveAddress(Operand dst, OpSize size, in IrAddress address)
    {
        ref var i = ref Block.Append(IrOp.Lea);
        i.Size = size;
        i.Dst = dst;
        i.Mem = Block.Address(address);
    }

    /// <summary>The linear address of the memory operand, for helpers that access memory themselves.</summary>
    public Operand LinearAddress(int bytes, bool write) => LinearAddress(Memory(bytes, write));

    public Operand LinearAddress(int memory)
    {
        var address = Block.Addresses[memory];
        var offset = Temp();
        EffectiveAddress(offset, OpSize.B64, address);
        if (address.Segment == Segment.None) return offset;
        var linear = Compute(IrOp.Add, address.Linear32 ? OpSize.B32 : OpSize.B64, offset, LoadState(CpuState.SegmentBaseOffset(address.Segment), OpSize.B64));
        return linear;
    }

    /// <summary>The memory operand as decoded, segment not checked, without an index that is a vector.</summary>
    public IrAddress MemoryOperand()
    {
        var address = new IrAddress
        {
            AddressSize = AddressSize(),
            Segment = Flatten(Instruction.MemorySegment),
            Linear32 = !Is64,
        };
        if (Instruction.IsIPRelativeMemoryOperand)
        {
            address.Displacement = (long)Instruction.IPRelativeMemoryAddress;
            return address;
        }
        if (Instruction.MemoryBase != Register.None) address.Base = Gpr(Instruction.MemoryBase);
        if (Instruction.MemoryIndex.IsGPR())
        {
            address.Index = Gpr(Instruction.MemoryIndex);
            address.ScaleShift = (byte)System.Numerics.BitOperations.Log2((uint)Instruction.MemoryIndexScale);
        }
        var displacement = Instruction.MemoryDisplacement64;
        var relative = !(address.Base.IsNone && address.Index.IsNone);
        address.Displacement = relative ? (long)SignExtend(displacement, address.AddressSize) : (long)displacement;
        return address;
    }

    /// <summary>Width of the operand's address arithmetic: as its registers, else as its displacement says.</summary>
    private OpSize AddressSize()
    {
        var register = Instruction.MemoryBase != Register.None ? Instruction.MemoryBase : Instruction.MemoryIndex;
        if (register != Register.None && !register.IsVectorRegister()) return register == Register.EIP ? OpSize.B32 : SizeOfBytes(register.GetSize());
        return Instruction.MemoryDisplSize switch
        {
            2 => OpSize.B16,
            4 => OpSize.B32,
            8 => OpSize.B64,
            _ => Is64 ? OpSize.B64 : Has(TbFlags.Code32) ? OpSize.B32 : OpSize.B16,
        };
    }

    /// <summary>None when the segment needs neither base nor limit: 64-bit mode but FS and GS, or flat data segments.</summary>
    public Segment Flatten(Register segment)
    {
        var number = (Segment)(segment - Register.ES);
        if (number is Segment.Fs or Segment.Gs) return number;
        return Is64 || (number != Segment.Cs && Has(TbFlags.FlatData)) ? Segment.None : number;
    }

    /// <summary>Registers the address for an access; outside 64-bit mode a segment that is not flat is checked first.</summary>
    /// <param name="alignment">In bytes, where EFLAGS.AC counts; 0: as the size says.</param>
    public int At(in IrAddress address, int bytes, bool write, int alignment = 0)
    {
        var memory = Within(address, bytes, write);
        if (Has(TbFlags.AlignmentCheck)) CheckAlignment(memory, bytes, write, alignment == 0 ? Cpu.AlignmentOf(bytes) : alignment);
        return memory;
    }

    private void CheckAlignment(int memory, int bytes, bool write, int alignment)
    {
        if (alignment == 1) return;
        var linear = LinearAddress(memory);
        var aligned = NewLabel();
        BranchIfZero(Compute(IrOp.And, OpSize.B64, linear, Constant((uint)(alignment - 1))), OpSize.B64, aligned);
        Invoke(HelperId.Misaligned, linear, Constant((uint)bytes | (write ? 0x100u : 0)));
        Label(aligned);
    }

    private int Within(in IrAddress address, int bytes, bool write)
    {
        if (address.Segment == Segment.None || Is64) return Block.Address(address);
        var offset = Temp();
        EffectiveAddress(offset, OpSize.B64, address);
        if (!IsProtected)
        {
            CheckLimit(address.Segment, offset, bytes);
        }
        else if (bytes <= byte.MaxValue)
        {
            CheckSegment(address.Segment, offset, bytes, write);
        }
        else
        {
            // The helper takes a byte for the size: check both ends of a save area.
            CheckSegment(address.Segment, offset, 1, write);
            CheckSegment(address.Segment, Compute(IrOp.Add, OpSize.B64, offset, Constant((uint)(bytes - 1))), 1, write);
        }
        return Block.Address(address with { Base = offset, Index = default, ScaleShift = 0, Displacement = 0 });
    }

    private void CheckSegment(Segment segment, Operand offset, int bytes, bool write) =>
        Invoke(HelperId.CheckSegment, Constant((ulong)segment), offset, Constant((uint)bytes | (write ? 0x100u : 0)));

    /// <summary>Real and virtual-8086 mode: the limit is all there is to check. #SS(0) for the stack segment, else #GP(0).</summary>
    private void CheckLimit(Segment segment, Operand offset, int bytes)
    {
        var limit = LoadState(CpuState.SegmentBaseOffset(segment) + StateFields.Limit, OpSize.B32);
        var room = Compute(IrOp.Sub, OpSize.B64, limit, offset);
        if (bytes > 1) room = Compute(IrOp.Sub, OpSize.B64, room, Constant((uint)(bytes - 1)));
        var sign = Compute(IrOp.Shr, OpSize.B64, room, Constant(63));
        var inside = NewLabel();
        BranchIfZero(sign, OpSize.B8, inside);
        Raise(segment == Segment.Ss ? Vector.StackFault : Vector.GeneralProtection, 0);
        Label(inside);
    }
}

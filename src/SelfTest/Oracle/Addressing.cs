using Iced.Intel;

namespace Tcg.Mttcg.SelfTest.Oracle;

/// <summary>Where a memory operand lies, given the registers.</summary>
internal static unsafe class Addressing
{
    /// <summary>Linear address of an explicit memory operand without vector index.</summary>
    public static ulong Of(in Instruction instruction, in Registers registers, OracleMode mode)
    {
        ulong address = instruction.MemoryDisplacement64;
        if (!instruction.IsIPRelativeMemoryOperand)
        {
            if (instruction.MemoryBase != Register.None) address += Value(instruction.MemoryBase, registers);
            if (instruction.MemoryIndex != Register.None) address += Value(instruction.MemoryIndex, registers) * (uint)instruction.MemoryIndexScale;
        }
        return mode.SegmentBase(instruction.MemorySegment) + Truncate(address, Bits(instruction, mode));
    }

    /// <summary>Address size of the memory operand.</summary>
    public static int Bits(in Instruction instruction, OracleMode mode)
    {
        var register = instruction.MemoryBase != Register.None ? instruction.MemoryBase : instruction.IsVsib ? Register.None : instruction.MemoryIndex;
        if (register is Register.RIP) return 64;
        if (register is Register.EIP) return 32;
        return register == Register.None ? instruction.MemoryDisplSize == 2 ? 16 : mode.Bitness : register.GetSize() * 8;
    }

    public static ulong Truncate(ulong value, int bits) => value & (ulong.MaxValue >> (64 - bits));

    private static ulong Value(Register register, in Registers registers) =>
        Truncate(registers.Gpr[register.GetFullRegister().GetNumber()], register.GetSize() * 8);
}

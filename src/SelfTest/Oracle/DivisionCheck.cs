using Iced.Intel;

namespace Tcg.Mttcg.SelfTest.Oracle;

/// <summary>Whether a division has a quotient: natively #DE would end the test process.</summary>
internal static unsafe class DivisionCheck
{
    public static bool Fits(in Instruction instruction, in Registers registers, Arena arena, OracleMode mode)
    {
        var bytes = instruction.Op0Kind == OpKind.Memory ? instruction.MemorySize.GetSize() : instruction.Op0Register.GetSize();
        var divisor = instruction.Op0Kind == OpKind.Memory ? *(ulong*)(arena.Native + (Addressing.Of(instruction, registers, mode) - Arena.Address)) : Register(instruction.Op0Register, registers);
        var bits = bytes * 8;
        var mask = ulong.MaxValue >> (64 - bits);
        divisor &= mask;
        if (divisor == 0) return false;
        var dividend = bytes == 1 ? registers.Gpr[0] & 0xffff : ((UInt128)(registers.Gpr[2] & mask) << bits) | (registers.Gpr[0] & mask);
        if (instruction.Mnemonic == Mnemonic.Div) return dividend / divisor <= mask;
        var signedDividend = (Int128)(dividend << (128 - 2 * bits)) >> (128 - 2 * bits);
        var signedDivisor = (long)(divisor << (64 - bits)) >> (64 - bits);
        if (signedDivisor == -1 && signedDividend == Int128.MinValue) return false;
        var quotient = signedDividend / signedDivisor;
        return quotient >= -(Int128)(mask / 2) - 1 && quotient <= (Int128)(mask / 2);
    }

    private static ulong Register(Register register, in Registers registers)
    {
        var high = register is >= Iced.Intel.Register.AH and <= Iced.Intel.Register.BH;
        var value = registers.Gpr[register.GetFullRegister().GetNumber()];
        return high ? value >> 8 : value;
    }
}

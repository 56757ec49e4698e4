using Tcg.Mttcg.Translator.Ir;
using static Tcg.Mttcg.Translator.Ir.ArithmeticFlags;

namespace Tcg.Mttcg.Translator.Host.Interpreter;

/// <summary>
/// Addition, subtraction and logic: operands and results masked to the size, flags as EFLAGS bits. AF of AND, OR and XOR is undefined (SDM 1
/// appendix A); current processors clear it, and so does this.
/// </summary>
internal static class Alu
{
    public static ulong Add(ulong a, ulong b, ulong carry, OpSize size, out uint flags)
    {
        var result = (a + b + carry) & Width.Mask(size);
        var carries = (a & b) | ((a | b) & ~result);
        flags = CarryFlags(carries, (a ^ result) & (b ^ result), a ^ b ^ result, size) | GuestFlags.OfResult(result, size);
        return result;
    }

    public static ulong Sub(ulong a, ulong b, ulong borrow, OpSize size, out uint flags)
    {
        var result = (a - b - borrow) & Width.Mask(size);
        var borrows = (~a & b) | ((~a | b) & result);
        flags = CarryFlags(borrows, (a ^ b) & (a ^ result), a ^ b ^ result, size) | GuestFlags.OfResult(result, size);
        return result;
    }

    public static ulong Logic(ulong result, OpSize size, out uint flags)
    {
        result &= Width.Mask(size);
        flags = GuestFlags.OfResult(result, size);
        return result;
    }

    private static uint CarryFlags(ulong carries, ulong overflow, ulong half, OpSize size)
    {
        var top = Width.Bits(size) - 1;
        return (uint)((carries >> top) & 1) | ((uint)((overflow >> top) & 1) << 11) | ((uint)half & (uint)AF);
    }
}

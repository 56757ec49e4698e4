using Tcg.Mttcg.Translator.Ir;
using static Tcg.Mttcg.Translator.Ir.ArithmeticFlags;

namespace Tcg.Mttcg.Translator.Host.Interpreter;

/// <summary>The new value and flags of a read-modify-write, from the old value and the source; both masked to the size.</summary>
internal static class RmwArithmetic
{
    public static ulong Compute(RmwKind kind, ulong old, ulong source, ulong carry, OpSize size, out uint flags, out ArithmeticFlags defined)
    {
        defined = All;
        switch (kind)
        {
            case RmwKind.Add or RmwKind.Xadd: return Alu.Add(old, source, 0, size, out flags);
            case RmwKind.Adc: return Alu.Add(old, source, carry, size, out flags);
            case RmwKind.Sub: return Alu.Sub(old, source, 0, size, out flags);
            case RmwKind.Sbb: return Alu.Sub(old, source, carry, size, out flags);
            case RmwKind.And: return Alu.Logic(old & source, size, out flags);
            case RmwKind.Or: return Alu.Logic(old | source, size, out flags);
            case RmwKind.Xor: return Alu.Logic(old ^ source, size, out flags);
            case RmwKind.Neg: return Alu.Sub(0, old, 0, size, out flags);
            case RmwKind.Inc: defined = AllButCarry; return Alu.Add(old, 1, 0, size, out flags);
            case RmwKind.Dec: defined = AllButCarry; return Alu.Sub(old, 1, 0, size, out flags);
            case RmwKind.Not: defined = None; flags = 0; return ~old & Width.Mask(size);
            case RmwKind.Xchg: defined = None; flags = 0; return source;
            default: defined = CF; return BitChange(kind, old, source, size, out flags);
        }
    }

    private static ulong BitChange(RmwKind kind, ulong old, ulong source, OpSize size, out uint flags)
    {
        var bit = 1ul << ((int)source & (Width.Bits(size) - 1));
        flags = (old & bit) != 0 ? (uint)CF : 0;
        return kind switch
        {
            RmwKind.Bts => old | bit,
            RmwKind.Btr => old & ~bit,
            _ => old ^ bit,
        };
    }
}

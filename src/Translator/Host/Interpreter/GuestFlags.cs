using System.Numerics;
using Tcg.Mttcg.Translator.Ir;
using Tcg.Mttcg.Translator.Runtime;
using static Tcg.Mttcg.Translator.Ir.ArithmeticFlags;

namespace Tcg.Mttcg.Translator.Host.Interpreter;

/// <summary>The guest's arithmetic flags in <see cref="CpuState"/>, as EFLAGS bits.</summary>
internal static unsafe class GuestFlags
{
    private const uint Low = (uint)(SF | ZF | AF | PF | CF);
    private const byte AlwaysOne = 2;
    private const int OverflowBit = 11;

    public static uint Get(CpuState* state) => (state->FlagsLow & Low) | ((uint)(state->FlagOverflow & 1) << OverflowBit);

    public static void Set(CpuState* state, uint flags)
    {
        state->FlagsLow = (byte)((flags & Low) | AlwaysOne);
        state->FlagOverflow = (byte)((flags >> OverflowBit) & 1);
    }

    /// <summary>Replaces the flags in <paramref name="mask"/>.</summary>
    public static void Set(CpuState* state, uint flags, ArithmeticFlags mask) => Set(state, (Get(state) & ~(uint)mask) | (flags & (uint)mask));

    public static ulong Carry(CpuState* state) => state->FlagsLow & 1u;

    public static bool Holds(CpuState* state, Condition condition)
    {
        uint low = state->FlagsLow;
        var overflow = state->FlagOverflow & 1u;
        var sign = (low >> 7) & 1;
        var holds = ((int)condition >> 1) switch
        {
            0 => overflow != 0,
            1 => (low & (uint)CF) != 0,
            2 => (low & (uint)ZF) != 0,
            3 => (low & (uint)(CF | ZF)) != 0,
            4 => sign != 0,
            5 => (low & (uint)PF) != 0,
            6 => sign != overflow,
            _ => sign != overflow || (low & (uint)ZF) != 0,
        };
        return holds ^ (((int)condition & 1) != 0);
    }

    /// <summary>SF, ZF and PF of a result already masked to its size.</summary>
    public static uint OfResult(ulong result, OpSize size)
    {
        var flags = (uint)(result >> (Width.Bits(size) - 8)) & (uint)SF;
        if (result == 0) flags |= (uint)ZF;
        if ((BitOperations.PopCount((uint)(byte)result) & 1) == 0) flags |= (uint)PF;
        return flags;
    }
}

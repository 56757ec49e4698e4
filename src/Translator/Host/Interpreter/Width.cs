using Tcg.Mttcg.Translator.Ir;

namespace Tcg.Mttcg.Translator.Host.Interpreter;

/// <summary>Bits, bytes and masks of an operand size up to 64 bits.</summary>
internal static class Width
{
    public static int Bytes(OpSize size) => 1 << (int)size;

    public static int Bits(OpSize size) => 8 << (int)size;

    public static ulong Mask(OpSize size) => ulong.MaxValue >> (64 - (8 << (int)size));

    public static ulong SignBit(OpSize size) => 1ul << (Bits(size) - 1);

    public static long SignExtend(ulong value, OpSize size) => (long)(value << (64 - Bits(size))) >> (64 - Bits(size));
}

using System.Runtime.Intrinsics;
using Iced.Intel;

namespace Tcg.Mttcg.Translator.Host.Interpreter.Simd;

/// <summary>Packed integer products.</summary>
internal static unsafe class SimdMultiply
{
    public static readonly SimdRow[] Rows =
    [
        new(Mnemonic.Pmullw,     &Pmullw),
        new(Mnemonic.Pmulld,     &Pmulld),
        new(Mnemonic.Pmulhw,     &Pmulhw),
        new(Mnemonic.Pmulhuw,    &Pmulhuw),
        new(Mnemonic.Pmulhrsw,   &Pmulhrsw),
        new(Mnemonic.Pmuludq,    &Pmuludq),
        new(Mnemonic.Pmuldq,     &Pmuldq),
        new(Mnemonic.Pmaddwd,    &Pmaddwd),
        new(Mnemonic.Pmaddubsw,  &Pmaddubsw),
    ];

    private static void Pmullw(ref SimdOperands o) => o.Set(o.D<ushort>() * o.S<ushort>());

    private static void Pmulld(ref SimdOperands o) => o.Set(o.D<uint>() * o.S<uint>());

    private static void Pmulhw(ref SimdOperands o) => o.Map<short>(&HighSigned);

    private static void Pmulhuw(ref SimdOperands o) => o.Map<ushort>(&HighUnsigned);

    private static void Pmulhrsw(ref SimdOperands o) => o.Map<short>(&HighRounded);

    private static short HighSigned(short a, short b) => (short)((a * b) >> 16);

    private static ushort HighUnsigned(ushort a, ushort b) => (ushort)(((uint)a * b) >> 16);

    private static short HighRounded(short a, short b) => (short)((((a * b) >> 14) + 1) >> 1);

    private static void Pmuludq(ref SimdOperands o)
    {
        for (var lane = 0; lane < 2; lane++) ((ulong*)o.Dst)[lane] = (ulong)((uint*)o.Dst)[lane * 2] * ((uint*)o.Src)[lane * 2];
    }

    private static void Pmuldq(ref SimdOperands o)
    {
        for (var lane = 0; lane < 2; lane++) ((long*)o.Dst)[lane] = (long)((int*)o.Dst)[lane * 2] * ((int*)o.Src)[lane * 2];
    }

    private static void Pmaddwd(ref SimdOperands o)
    {
        short* a = (short*)o.Dst, b = (short*)o.Src;
        for (var lane = 0; lane < 4; lane++) ((int*)o.Dst)[lane] = unchecked(a[lane * 2] * b[lane * 2] + a[lane * 2 + 1] * b[lane * 2 + 1]);
    }

    private static void Pmaddubsw(ref SimdOperands o)
    {
        byte* a = o.Dst;
        var b = (sbyte*)o.Src;
        for (var lane = 0; lane < 8; lane++)
        {
            var sum = a[lane * 2] * b[lane * 2] + a[lane * 2 + 1] * b[lane * 2 + 1];
            ((short*)o.Dst)[lane] = (short)Math.Clamp(sum, short.MinValue, short.MaxValue);
        }
    }
}

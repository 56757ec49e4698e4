using System.Numerics;
using Iced.Intel;

namespace Tcg.Mttcg.Translator.Host.Interpreter.Simd;

/// <summary>Sign and zero extension of the low elements of Src, as many as fill the destination.</summary>
internal static unsafe class SimdWiden
{
    public static readonly SimdRow[] Rows =
    [
        new(Mnemonic.Pmovsxbw, &Widen<sbyte, short>,  SimdShape.Whole), new(Mnemonic.Pmovsxbd, &Widen<sbyte, int>,   SimdShape.Whole),
        new(Mnemonic.Pmovsxbq, &Widen<sbyte, long>,   SimdShape.Whole), new(Mnemonic.Pmovsxwd, &Widen<short, int>,   SimdShape.Whole),
        new(Mnemonic.Pmovsxwq, &Widen<short, long>,   SimdShape.Whole), new(Mnemonic.Pmovsxdq, &Widen<int, long>,    SimdShape.Whole),
        new(Mnemonic.Pmovzxbw, &Widen<byte, ushort>,  SimdShape.Whole), new(Mnemonic.Pmovzxbd, &Widen<byte, uint>,   SimdShape.Whole),
        new(Mnemonic.Pmovzxbq, &Widen<byte, ulong>,   SimdShape.Whole), new(Mnemonic.Pmovzxwd, &Widen<ushort, uint>, SimdShape.Whole),
        new(Mnemonic.Pmovzxwq, &Widen<ushort, ulong>, SimdShape.Whole), new(Mnemonic.Pmovzxdq, &Widen<uint, ulong>,  SimdShape.Whole),
    ];

    private static void Widen<TFrom, TTo>(ref SimdOperands o)
        where TFrom : unmanaged, IBinaryInteger<TFrom>
        where TTo : unmanaged, IBinaryInteger<TTo>
    {
        for (var element = 0; element < o.VectorBytes / sizeof(TTo); element++) ((TTo*)o.Dst)[element] = TTo.CreateTruncating(((TFrom*)o.Src)[element]);
    }
}

using Iced.Intel;

namespace Tcg.Mttcg.Translator.Host.Interpreter.Simd;

/// <summary>The lowest element of Src, or its lowest 128 bits, everywhere.</summary>
internal static unsafe class SimdBroadcast
{
    public static readonly SimdRow[] Rows =
    [
        new(Mnemonic.Vpbroadcastb,   &Broadcast<byte>,    SimdShape.Whole),
        new(Mnemonic.Vpbroadcastw,   &Broadcast<ushort>,  SimdShape.Whole),
        new(Mnemonic.Vpbroadcastd,   &Broadcast<uint>,    SimdShape.Whole),
        new(Mnemonic.Vpbroadcastq,   &Broadcast<ulong>,   SimdShape.Whole),
        new(Mnemonic.Vbroadcastss,   &Broadcast<uint>,    SimdShape.Whole),
        new(Mnemonic.Vbroadcastsd,   &Broadcast<ulong>,   SimdShape.Whole),
        new(Mnemonic.Vbroadcastf128, &Broadcast<UInt128>, SimdShape.Whole),
        new(Mnemonic.Vbroadcasti128, &Broadcast<UInt128>, SimdShape.Whole),
    ];

    private static void Broadcast<T>(ref SimdOperands o)
        where T : unmanaged
    {
        for (var element = 0; element < o.VectorBytes / sizeof(T); element++) ((T*)o.Dst)[element] = *(T*)o.Src;
    }
}

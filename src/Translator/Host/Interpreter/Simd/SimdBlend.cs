using Iced.Intel;

namespace Tcg.Mttcg.Translator.Host.Interpreter.Simd;

/// <summary>SSE4.1 choices between Dst and Src, by immediate bits or by the top bits of XMM0's lanes.</summary>
internal static unsafe class SimdBlend
{
    public static readonly SimdRow[] Rows =
    [
        new(Mnemonic.Blendps,  &ByImmediate<uint>),
        new(Mnemonic.Blendpd,  &ByImmediate<ulong>),
        new(Mnemonic.Pblendw,  &ByImmediate<ushort>),
        new(Mnemonic.Blendvps, &ByMask<uint>),
        new(Mnemonic.Blendvpd, &ByMask<ulong>),
        new(Mnemonic.Pblendvb, &ByMask<byte>),
    ];

    private static void ByImmediate<T>(ref SimdOperands o)
        where T : unmanaged => Choose<T>(ref o, o.Immediate);

    private static void ByMask<T>(ref SimdOperands o)
        where T : unmanaged => Choose<T>(ref o, System.Runtime.Intrinsics.Vector128.ExtractMostSignificantBits(o.Mask<T>()));

    private static void Choose<T>(ref SimdOperands o, uint choice)
        where T : unmanaged
    {
        for (var lane = 0; lane < 16 / sizeof(T); lane++)
        {
            if ((choice >> lane & 1) != 0) ((T*)o.Dst)[lane] = ((T*)o.Src)[lane];
        }
    }
}

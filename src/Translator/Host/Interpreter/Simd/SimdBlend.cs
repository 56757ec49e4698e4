using System.Runtime.Intrinsics;
using Iced.Intel;

namespace Tcg.Mttcg.Translator.Host.Interpreter.Simd;

/// <summary>Choices between Dst and Src, by immediate bits or by the top bits of the third operand's elements.</summary>
internal static unsafe class SimdBlend
{
    public static readonly SimdRow[] Rows =
    [
        new(Mnemonic.Blendps,  &ByImmediate<uint>),
        new(Mnemonic.Blendpd,  &ByImmediate<ulong>),
        new(Mnemonic.Pblendw,  &Pblendw),
        new(Mnemonic.Vpblendd, &ByImmediate<uint>),
        new(Mnemonic.Blendvps, &ByMask<uint>),
        new(Mnemonic.Blendvpd, &ByMask<ulong>),
        new(Mnemonic.Pblendvb, &ByMask<byte>),
    ];

    private static void ByImmediate<T>(ref SimdOperands o)
        where T : unmanaged => Choose<T>(ref o, (uint)o.Immediate >> (o.Lane * 16 / sizeof(T)));

    // Eight bits for eight words: both lanes use the same.
    private static void Pblendw(ref SimdOperands o) => Choose<ushort>(ref o, o.Immediate);

    private static void ByMask<T>(ref SimdOperands o)
        where T : unmanaged => Choose<T>(ref o, o.T3<T>().ExtractMostSignificantBits());

    private static void Choose<T>(ref SimdOperands o, uint choice)
        where T : unmanaged
    {
        for (var lane = 0; lane < 16 / sizeof(T); lane++)
        {
            if ((choice >> lane & 1) != 0) ((T*)o.Dst)[lane] = ((T*)o.Src)[lane];
        }
    }
}

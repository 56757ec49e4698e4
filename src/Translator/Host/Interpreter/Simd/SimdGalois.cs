using System.Numerics;
using Iced.Intel;

namespace Tcg.Mttcg.Translator.Host.Interpreter.Simd;

/// <summary>Carry-less multiplication and GFNI.</summary>
internal static unsafe class SimdGalois
{
    public static readonly SimdRow[] Rows =
    [
        new(Mnemonic.Pclmulqdq,        &Pclmulqdq),
        new(Mnemonic.Gf2p8mulb,        &Gf2p8mulb),
        new(Mnemonic.Gf2p8affineqb,    &Gf2p8affineqb),
        new(Mnemonic.Gf2p8affineinvqb, &Gf2p8affineinvqb),
    ];

    // Immediate bits 0 and 4 choose the halves.
    private static void Pclmulqdq(ref SimdOperands o)
    {
        ulong a = ((ulong*)o.Dst)[o.Immediate & 1], b = ((ulong*)o.Src)[o.Immediate >> 4 & 1];
        UInt128 product = 0;
        for (var bit = 0; bit < 64; bit++)
        {
            if ((b >> bit & 1) != 0) product ^= (UInt128)a << bit;
        }
        *(UInt128*)o.Dst = product;
    }

    private static void Gf2p8mulb(ref SimdOperands o) => o.Map<byte>(&GaloisField.Multiply);

    private static void Gf2p8affineqb(ref SimdOperands o)
    {
        for (var index = 0; index < 16; index++) o.Dst[index] = Affine(o.Src + (index & 8), o.Dst[index], o.Immediate);
    }

    private static void Gf2p8affineinvqb(ref SimdOperands o)
    {
        for (var index = 0; index < 16; index++) o.Dst[index] = Affine(o.Src + (index & 8), GaloisField.Inverse(o.Dst[index]), o.Immediate);
    }

    // The matrix has its row for bit 0 in byte 7.
    private static byte Affine(byte* matrix, byte value, byte addend)
    {
        uint result = addend;
        for (var bit = 0; bit < 8; bit++) result ^= (uint)(BitOperations.PopCount((uint)(matrix[7 - bit] & value)) & 1) << bit;
        return (byte)result;
    }
}

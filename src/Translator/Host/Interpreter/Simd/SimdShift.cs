using System.Runtime.Intrinsics;
using Iced.Intel;

namespace Tcg.Mttcg.Translator.Host.Interpreter.Simd;

/// <summary>Packed shifts: the count is the low 64 bits of the second operand; counts beyond the lane empty it, or fill it with the sign.</summary>
internal static unsafe class SimdShift
{
    public static readonly SimdRow[] Rows =
    [
        new(Mnemonic.Psllw, &Psllw, SimdShape.Shift), new(Mnemonic.Pslld, &Pslld, SimdShape.Shift), new(Mnemonic.Psllq, &Psllq, SimdShape.Shift),
        new(Mnemonic.Psrlw, &Psrlw, SimdShape.Shift), new(Mnemonic.Psrld, &Psrld, SimdShape.Shift), new(Mnemonic.Psrlq, &Psrlq, SimdShape.Shift),
        new(Mnemonic.Psraw, &Psraw, SimdShape.Shift), new(Mnemonic.Psrad, &Psrad, SimdShape.Shift),
        new(Mnemonic.Pslldq, &Pslldq, SimdShape.Shift), new(Mnemonic.Psrldq, &Psrldq, SimdShape.Shift),
    ];

    private static void Psllw(ref SimdOperands o) => o.Set(Count(o, 16) is var n and < 16 ? o.D<ushort>() << n : Vector128<ushort>.Zero);
    private static void Pslld(ref SimdOperands o) => o.Set(Count(o, 32) is var n and < 32 ? o.D<uint>() << n : Vector128<uint>.Zero);
    private static void Psllq(ref SimdOperands o) => o.Set(Count(o, 64) is var n and < 64 ? o.D<ulong>() << n : Vector128<ulong>.Zero);
    private static void Psrlw(ref SimdOperands o) => o.Set(Count(o, 16) is var n and < 16 ? o.D<ushort>() >> n : Vector128<ushort>.Zero);
    private static void Psrld(ref SimdOperands o) => o.Set(Count(o, 32) is var n and < 32 ? o.D<uint>() >> n : Vector128<uint>.Zero);
    private static void Psrlq(ref SimdOperands o) => o.Set(Count(o, 64) is var n and < 64 ? o.D<ulong>() >> n : Vector128<ulong>.Zero);
    private static void Psraw(ref SimdOperands o) => o.Set(o.D<short>() >> Math.Min(Count(o, 16), 15));
    private static void Psrad(ref SimdOperands o) => o.Set(o.D<int>() >> Math.Min(Count(o, 32), 31));

    private static void Pslldq(ref SimdOperands o) => ShiftBytes(ref o, -Count(o, 16));

    private static void Psrldq(ref SimdOperands o) => ShiftBytes(ref o, Count(o, 16));

    private static int Count(in SimdOperands o, int limit) => (int)Math.Min(*(ulong*)o.Src, (ulong)limit);

    private static void ShiftBytes(ref SimdOperands o, int by)
    {
        var results = stackalloc byte[16];
        for (var index = 0; index < 16; index++) results[index] = (uint)(index + by) < 16 ? o.Dst[index + by] : (byte)0;
        Buffer.MemoryCopy(results, o.Dst, 16, 16);
    }
}

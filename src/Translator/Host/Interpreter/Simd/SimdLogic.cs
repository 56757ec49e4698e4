using System.Runtime.Intrinsics;
using Iced.Intel;
using Tcg.Mttcg.Translator.Ir;

namespace Tcg.Mttcg.Translator.Host.Interpreter.Simd;

/// <summary>Bitwise logic and PTEST.</summary>
internal static unsafe class SimdLogic
{
    public static readonly SimdRow[] Rows =
    [
        new(Mnemonic.Pand,   &And),
        new(Mnemonic.Andps,  &And),
        new(Mnemonic.Andpd,  &And),
        new(Mnemonic.Pandn,  &AndNot),
        new(Mnemonic.Andnps, &AndNot),
        new(Mnemonic.Andnpd, &AndNot),
        new(Mnemonic.Por,    &Or),
        new(Mnemonic.Orps,   &Or),
        new(Mnemonic.Orpd,   &Or),
        new(Mnemonic.Pxor,   &Xor),
        new(Mnemonic.Xorps,  &Xor),
        new(Mnemonic.Xorpd,  &Xor),
        new(Mnemonic.Ptest,  &Ptest),
        new(Mnemonic.Vtestps, &Vtestps),
        new(Mnemonic.Vtestpd, &Vtestpd),
    ];

    private static void And(ref SimdOperands o) => o.Set(o.D<ulong>() & o.S<ulong>());

    private static void AndNot(ref SimdOperands o) => o.Set(~o.D<ulong>() & o.S<ulong>());

    private static void Or(ref SimdOperands o) => o.Set(o.D<ulong>() | o.S<ulong>());

    private static void Xor(ref SimdOperands o) => o.Set(o.D<ulong>() ^ o.S<ulong>());

    private static void Ptest(ref SimdOperands o) => Test(ref o, Vector128<ulong>.AllBitsSet);

    private static void Vtestps(ref SimdOperands o) => Test(ref o, Vector128.Create(0x80000000u).AsUInt64());

    private static void Vtestpd(ref SimdOperands o) => Test(ref o, Vector128.Create(1ul << 63));

    // A flag stays only if every lane sets it.
    private static void Test(ref SimdOperands o, Vector128<ulong> mask)
    {
        var flags = ArithmeticFlags.None;
        if ((o.D<ulong>() & o.S<ulong>() & mask) == Vector128<ulong>.Zero) flags |= ArithmeticFlags.ZF;
        if ((~o.D<ulong>() & o.S<ulong>() & mask) == Vector128<ulong>.Zero) flags |= ArithmeticFlags.CF;
        o.Flags = o.Lane == 0 ? (uint)flags : o.Flags & (uint)flags;
    }
}

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
        new(Mnemonic.Ptest,  &Test),
    ];

    private static void And(ref SimdOperands o) => o.Set(o.D<ulong>() & o.S<ulong>());

    private static void AndNot(ref SimdOperands o) => o.Set(~o.D<ulong>() & o.S<ulong>());

    private static void Or(ref SimdOperands o) => o.Set(o.D<ulong>() | o.S<ulong>());

    private static void Xor(ref SimdOperands o) => o.Set(o.D<ulong>() ^ o.S<ulong>());

    private static void Test(ref SimdOperands o)
    {
        if ((o.D<ulong>() & o.S<ulong>()) == Vector128<ulong>.Zero) o.Flags |= (uint)ArithmeticFlags.ZF;
        if ((~o.D<ulong>() & o.S<ulong>()) == Vector128<ulong>.Zero) o.Flags |= (uint)ArithmeticFlags.CF;
    }
}

using System.Numerics;
using System.Runtime.Intrinsics;
using Iced.Intel;

namespace Tcg.Mttcg.Translator.Host.Interpreter.Simd;

/// <summary>Packed integers lane by lane: sums, saturated sums, comparisons, extremes, averages, magnitudes.</summary>
internal static unsafe class SimdInteger
{
    public static readonly SimdRow[] Rows =
    [
        new(Mnemonic.Paddb,   &Add<byte>),             new(Mnemonic.Paddw,   &Add<ushort>),
        new(Mnemonic.Paddd,   &Add<uint>),             new(Mnemonic.Paddq,   &Add<ulong>),
        new(Mnemonic.Psubb,   &Subtract<byte>),        new(Mnemonic.Psubw,   &Subtract<ushort>),
        new(Mnemonic.Psubd,   &Subtract<uint>),        new(Mnemonic.Psubq,   &Subtract<ulong>),
        new(Mnemonic.Paddsb,  &AddSaturated<sbyte>),   new(Mnemonic.Paddsw,  &AddSaturated<short>),
        new(Mnemonic.Paddusb, &AddSaturated<byte>),    new(Mnemonic.Paddusw, &AddSaturated<ushort>),
        new(Mnemonic.Psubsb,  &SubtractSaturated<sbyte>), new(Mnemonic.Psubsw, &SubtractSaturated<short>),
        new(Mnemonic.Psubusb, &SubtractSaturated<byte>),  new(Mnemonic.Psubusw, &SubtractSaturated<ushort>),
        new(Mnemonic.Pcmpeqb, &Equal<byte>),           new(Mnemonic.Pcmpeqw, &Equal<ushort>),
        new(Mnemonic.Pcmpeqd, &Equal<uint>),           new(Mnemonic.Pcmpeqq, &Equal<ulong>),
        new(Mnemonic.Pcmpgtb, &Greater<sbyte>),        new(Mnemonic.Pcmpgtw, &Greater<short>),
        new(Mnemonic.Pcmpgtd, &Greater<int>),          new(Mnemonic.Pcmpgtq, &Greater<long>),
        new(Mnemonic.Pminub,  &Minimum<byte>),         new(Mnemonic.Pminsw,  &Minimum<short>),
        new(Mnemonic.Pminsb,  &Minimum<sbyte>),        new(Mnemonic.Pminuw,  &Minimum<ushort>),
        new(Mnemonic.Pminsd,  &Minimum<int>),          new(Mnemonic.Pminud,  &Minimum<uint>),
        new(Mnemonic.Pmaxub,  &Maximum<byte>),         new(Mnemonic.Pmaxsw,  &Maximum<short>),
        new(Mnemonic.Pmaxsb,  &Maximum<sbyte>),        new(Mnemonic.Pmaxuw,  &Maximum<ushort>),
        new(Mnemonic.Pmaxsd,  &Maximum<int>),          new(Mnemonic.Pmaxud,  &Maximum<uint>),
        new(Mnemonic.Pavgb,   &Pavgb),                 new(Mnemonic.Pavgw,   &Pavgw),
        new(Mnemonic.Pabsb,   &Magnitude<sbyte>),      new(Mnemonic.Pabsw,   &Magnitude<short>), new(Mnemonic.Pabsd, &Magnitude<int>),
        new(Mnemonic.Psignb,  &Sign<sbyte>),           new(Mnemonic.Psignw,  &Sign<short>),      new(Mnemonic.Psignd, &Sign<int>),
    ];

    private static void Add<T>(ref SimdOperands o) => o.Set(o.D<T>() + o.S<T>());

    private static void Subtract<T>(ref SimdOperands o) => o.Set(o.D<T>() - o.S<T>());

    private static void AddSaturated<T>(ref SimdOperands o) => o.Set(Vector128.AddSaturate(o.D<T>(), o.S<T>()));

    private static void SubtractSaturated<T>(ref SimdOperands o) => o.Set(Vector128.SubtractSaturate(o.D<T>(), o.S<T>()));

    private static void Equal<T>(ref SimdOperands o) => o.Set(Vector128.Equals(o.D<T>(), o.S<T>()));

    private static void Greater<T>(ref SimdOperands o) => o.Set(Vector128.GreaterThan(o.D<T>(), o.S<T>()));

    private static void Minimum<T>(ref SimdOperands o) => o.Set(Vector128.Min(o.D<T>(), o.S<T>()));

    private static void Maximum<T>(ref SimdOperands o) => o.Set(Vector128.Max(o.D<T>(), o.S<T>()));

    private static void Pavgb(ref SimdOperands o) => o.Map<byte>(&Average);

    private static void Pavgw(ref SimdOperands o) => o.Map<ushort>(&Average);

    private static byte Average(byte a, byte b) => (byte)((a + b + 1) >> 1);

    private static ushort Average(ushort a, ushort b) => (ushort)((a + b + 1) >> 1);

    // The smallest number has no magnitude of its own and stays.
    private static void Magnitude<T>(ref SimdOperands o)
    {
        var negative = Vector128.LessThan(o.S<T>(), Vector128<T>.Zero);
        o.Set((o.S<T>() ^ negative) - negative);
    }

    private static void Sign<T>(ref SimdOperands o)
        where T : unmanaged, INumber<T> => o.Map<T>(&SignOne);

    private static T SignOne<T>(T a, T b)
        where T : unmanaged, INumber<T> => T.IsZero(b) ? T.Zero : T.IsNegative(b) ? unchecked(T.Zero - a) : a;
}

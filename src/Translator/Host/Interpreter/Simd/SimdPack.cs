using Iced.Intel;

namespace Tcg.Mttcg.Translator.Host.Interpreter.Simd;

/// <summary>Narrowing with saturation, interleaving.</summary>
internal static unsafe class SimdPack
{
    public static readonly SimdRow[] Rows =
    [
        new(Mnemonic.Packsswb, &Packsswb), new(Mnemonic.Packuswb, &Packuswb), new(Mnemonic.Packssdw, &Packssdw), new(Mnemonic.Packusdw, &Packusdw),
        new(Mnemonic.Punpcklbw, &Low<byte>), new(Mnemonic.Punpcklwd, &Low<ushort>), new(Mnemonic.Punpckldq, &Low<uint>), new(Mnemonic.Punpcklqdq, &Low<ulong>),
        new(Mnemonic.Punpckhbw, &High<byte>), new(Mnemonic.Punpckhwd, &High<ushort>), new(Mnemonic.Punpckhdq, &High<uint>), new(Mnemonic.Punpckhqdq, &High<ulong>),
        new(Mnemonic.Unpcklps, &Low<uint>), new(Mnemonic.Unpcklpd, &Low<ulong>), new(Mnemonic.Unpckhps, &High<uint>), new(Mnemonic.Unpckhpd, &High<ulong>),
    ];

    private static void Packsswb(ref SimdOperands o)
    {
        var results = stackalloc sbyte[16];
        for (var lane = 0; lane < 16; lane++) results[lane] = (sbyte)Math.Clamp(Lane<short>(o, lane), sbyte.MinValue, sbyte.MaxValue);
        Buffer.MemoryCopy(results, o.Dst, 16, 16);
    }

    private static void Packuswb(ref SimdOperands o)
    {
        var results = stackalloc byte[16];
        for (var lane = 0; lane < 16; lane++) results[lane] = (byte)Math.Clamp(Lane<short>(o, lane), byte.MinValue, byte.MaxValue);
        Buffer.MemoryCopy(results, o.Dst, 16, 16);
    }

    private static void Packssdw(ref SimdOperands o)
    {
        var results = stackalloc short[8];
        for (var lane = 0; lane < 8; lane++) results[lane] = (short)Math.Clamp(Lane<int>(o, lane), short.MinValue, short.MaxValue);
        Buffer.MemoryCopy(results, o.Dst, 16, 16);
    }

    private static void Packusdw(ref SimdOperands o)
    {
        var results = stackalloc ushort[8];
        for (var lane = 0; lane < 8; lane++) results[lane] = (ushort)Math.Clamp(Lane<int>(o, lane), ushort.MinValue, ushort.MaxValue);
        Buffer.MemoryCopy(results, o.Dst, 16, 16);
    }

    private static T Lane<T>(in SimdOperands o, int lane)
        where T : unmanaged
    {
        var lanes = 16 / sizeof(T);
        return lane < lanes ? ((T*)o.Dst)[lane] : ((T*)o.Src)[lane - lanes];
    }

    private static void Low<T>(ref SimdOperands o)
        where T : unmanaged => Interleave<T>(ref o, 0);

    private static void High<T>(ref SimdOperands o)
        where T : unmanaged => Interleave<T>(ref o, 8 / sizeof(T));

    private static void Interleave<T>(ref SimdOperands o, int first)
        where T : unmanaged
    {
        var results = stackalloc T[16 / sizeof(T)];
        for (var pair = 0; pair < 8 / sizeof(T); pair++)
        {
            results[pair * 2] = ((T*)o.Dst)[first + pair];
            results[pair * 2 + 1] = ((T*)o.Src)[first + pair];
        }
        Buffer.MemoryCopy(results, o.Dst, 16, 16);
    }
}

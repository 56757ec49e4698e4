using Iced.Intel;

namespace Tcg.Mttcg.Translator.Host.Interpreter.Simd;

/// <summary>Integer operations across lanes: neighbours, sums of differences, the smallest of eight.</summary>
internal static unsafe class SimdHorizontal
{
    public static readonly SimdRow[] Rows =
    [
        new(Mnemonic.Phaddw,     &Phaddw),
        new(Mnemonic.Phaddd,     &Phaddd),
        new(Mnemonic.Phaddsw,    &Phaddsw),
        new(Mnemonic.Phsubw,     &Phsubw),
        new(Mnemonic.Phsubd,     &Phsubd),
        new(Mnemonic.Phsubsw,    &Phsubsw),
        new(Mnemonic.Psadbw,     &Psadbw),
        new(Mnemonic.Mpsadbw,    &Mpsadbw),
        new(Mnemonic.Phminposuw, &Phminposuw),
    ];

    private static void Phaddw(ref SimdOperands o) => Pairs<short>(ref o, &Sum);
    private static void Phaddd(ref SimdOperands o) => Pairs<int>(ref o, &Sum);
    private static void Phaddsw(ref SimdOperands o) => Pairs<short>(ref o, &SumSaturated);
    private static void Phsubw(ref SimdOperands o) => Pairs<short>(ref o, &Difference);
    private static void Phsubd(ref SimdOperands o) => Pairs<int>(ref o, &Difference);
    private static void Phsubsw(ref SimdOperands o) => Pairs<short>(ref o, &DifferenceSaturated);

    private static short Sum(short a, short b) => (short)(a + b);
    private static int Sum(int a, int b) => unchecked(a + b);
    private static short Difference(short a, short b) => (short)(a - b);
    private static int Difference(int a, int b) => unchecked(a - b);
    private static short SumSaturated(short a, short b) => (short)Math.Clamp(a + b, short.MinValue, short.MaxValue);
    private static short DifferenceSaturated(short a, short b) => (short)Math.Clamp(a - b, short.MinValue, short.MaxValue);

    private static void Pairs<T>(ref SimdOperands o, delegate*<T, T, T> function)
        where T : unmanaged
    {
        var lanes = 16 / sizeof(T);
        var results = stackalloc T[lanes];
        for (var lane = 0; lane < lanes; lane++)
        {
            var from = (T*)(lane < lanes / 2 ? o.Dst : o.Src) + lane * 2 % lanes;
            results[lane] = function(from[0], from[1]);
        }
        Buffer.MemoryCopy(results, o.Dst, 16, 16);
    }

    private static void Psadbw(ref SimdOperands o)
    {
        for (var half = 0; half < 16; half += 8) *(ulong*)(o.Dst + half) = (ulong)Distance(o.Dst + half, o.Src + half, 8);
    }

    // Eight distances between four bytes of Src, chosen by immediate bits 1:0, and the runs of four that begin at bit 2's half of Dst.
    private static void Mpsadbw(ref SimdOperands o)
    {
        var results = stackalloc ushort[8];
        var choice = o.Immediate >> (3 * o.Lane);
        byte* fixedBytes = o.Src + (choice & 3) * 4, sliding = o.Dst + (choice & 4);
        for (var lane = 0; lane < 8; lane++) results[lane] = (ushort)Distance(sliding + lane, fixedBytes, 4);
        Buffer.MemoryCopy(results, o.Dst, 16, 16);
    }

    private static int Distance(byte* a, byte* b, int count)
    {
        var sum = 0;
        for (var index = 0; index < count; index++) sum += Math.Abs(a[index] - b[index]);
        return sum;
    }

    private static void Phminposuw(ref SimdOperands o)
    {
        var words = (ushort*)o.Src;
        var at = 0;
        for (var lane = 1; lane < 8; lane++)
        {
            if (words[lane] < words[at]) at = lane;
        }
        var smallest = words[at];
        ((ulong*)o.Dst)[0] = smallest | ((ulong)at << 16);
        ((ulong*)o.Dst)[1] = 0;
    }
}

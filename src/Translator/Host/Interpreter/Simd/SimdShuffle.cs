using Iced.Intel;

namespace Tcg.Mttcg.Translator.Host.Interpreter.Simd;

/// <summary>Rearrangements by an immediate or by a register of indexes.</summary>
internal static unsafe class SimdShuffle
{
    public static readonly SimdRow[] Rows =
    [
        new(Mnemonic.Shufps,  &Shufps),
        new(Mnemonic.Shufpd,  &Shufpd),
        new(Mnemonic.Pshufd,  &Pshufd),
        new(Mnemonic.Pshufhw, &Pshufhw),
        new(Mnemonic.Pshuflw, &Pshuflw),
        new(Mnemonic.Pshufb,  &Pshufb),
        new(Mnemonic.Palignr, &Palignr),
    ];

    private static void Shufps(ref SimdOperands o)
    {
        uint* a = (uint*)o.Dst, b = (uint*)o.Src;
        var results = stackalloc uint[4] { a[Two(o, 0)], a[Two(o, 1)], b[Two(o, 2)], b[Two(o, 3)] };
        Buffer.MemoryCopy(results, o.Dst, 16, 16);
    }

    private static void Shufpd(ref SimdOperands o)
    {
        var choice = o.Immediate >> (2 * o.Lane);
        ulong low = ((ulong*)o.Dst)[choice & 1], high = ((ulong*)o.Src)[(choice >> 1) & 1];
        ((ulong*)o.Dst)[0] = low;
        ((ulong*)o.Dst)[1] = high;
    }

    private static void Pshufd(ref SimdOperands o)
    {
        for (var lane = 0; lane < 4; lane++) ((uint*)o.Dst)[lane] = ((uint*)o.Src)[Two(o, lane)];
    }

    private static void Pshufhw(ref SimdOperands o)
    {
        *(ulong*)o.Dst = *(ulong*)o.Src;
        for (var lane = 0; lane < 4; lane++) ((ushort*)o.Dst)[4 + lane] = ((ushort*)o.Src)[4 + Two(o, lane)];
    }

    private static void Pshuflw(ref SimdOperands o)
    {
        *(ulong*)(o.Dst + 8) = *(ulong*)(o.Src + 8);
        for (var lane = 0; lane < 4; lane++) ((ushort*)o.Dst)[lane] = ((ushort*)o.Src)[Two(o, lane)];
    }

    private static void Pshufb(ref SimdOperands o)
    {
        var results = stackalloc byte[16];
        for (var lane = 0; lane < 16; lane++) results[lane] = (o.Src[lane] & 0x80) != 0 ? (byte)0 : o.Dst[o.Src[lane] & 15];
        Buffer.MemoryCopy(results, o.Dst, 16, 16);
    }

    // The 32 bytes Dst:Src shifted right by whole bytes.
    private static void Palignr(ref SimdOperands o)
    {
        var results = stackalloc byte[16];
        for (var lane = 0; lane < 16; lane++)
        {
            var from = lane + o.Immediate;
            results[lane] = from < 16 ? o.Src[from] : from < 32 ? o.Dst[from - 16] : (byte)0;
        }
        Buffer.MemoryCopy(results, o.Dst, 16, 16);
    }

    private static int Two(in SimdOperands o, int lane) => (o.Immediate >> (2 * lane)) & 3;
}

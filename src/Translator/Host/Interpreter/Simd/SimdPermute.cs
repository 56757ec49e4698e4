using Iced.Intel;

namespace Tcg.Mttcg.Translator.Host.Interpreter.Simd;

/// <summary>AVX permutations, by an immediate or by a register of indices, and moves of 128-bit halves.</summary>
internal static unsafe class SimdPermute
{
    public static readonly SimdRow[] Rows =
    [
        new(Mnemonic.Vpermilps,    &Vpermilps),
        new(Mnemonic.Vpermilpd,    &Vpermilpd),
        new(Mnemonic.Vpermd,       &ByIndices,     SimdShape.Whole),
        new(Mnemonic.Vpermps,      &ByIndices,     SimdShape.Whole),
        new(Mnemonic.Vpermq,       &ByImmediate,   SimdShape.Whole),
        new(Mnemonic.Vpermpd,      &ByImmediate,   SimdShape.Whole),
        new(Mnemonic.Vperm2f128,   &ChooseHalves,  SimdShape.Whole),
        new(Mnemonic.Vperm2i128,   &ChooseHalves,  SimdShape.Whole),
        new(Mnemonic.Vinsertf128,  &InsertHalf,    SimdShape.Whole),
        new(Mnemonic.Vinserti128,  &InsertHalf,    SimdShape.Whole),
        new(Mnemonic.Vextractf128, &ExtractHalf,   SimdShape.Whole),
        new(Mnemonic.Vextracti128, &ExtractHalf,   SimdShape.Whole),
    ];

    // With two sources, the second has an index in the low bits of each element.
    private static void Vpermilps(ref SimdOperands o)
    {
        uint* from = (uint*)(o.Sources == 2 ? o.Dst : o.Src), indices = (uint*)o.Src;
        var results = stackalloc uint[4];
        for (var element = 0; element < 4; element++) results[element] = from[o.Sources == 2 ? indices[element] & 3 : (uint)o.Immediate >> (2 * element) & 3];
        Buffer.MemoryCopy(results, o.Dst, 16, 16);
    }

    // The index is bit 1 of an element, not bit 0.
    private static void Vpermilpd(ref SimdOperands o)
    {
        ulong* from = (ulong*)(o.Sources == 2 ? o.Dst : o.Src), indices = (ulong*)o.Src;
        var results = stackalloc ulong[2];
        for (var element = 0; element < 2; element++) results[element] = from[o.Sources == 2 ? indices[element] >> 1 & 1 : (ulong)(o.Immediate >> (2 * o.Lane + element) & 1)];
        Buffer.MemoryCopy(results, o.Dst, 16, 16);
    }

    private static void ByIndices(ref SimdOperands o)
    {
        var results = stackalloc uint[8];
        for (var element = 0; element < 8; element++) results[element] = ((uint*)o.Src)[((uint*)o.Dst)[element] & 7];
        Buffer.MemoryCopy(results, o.Dst, 32, 32);
    }

    private static void ByImmediate(ref SimdOperands o)
    {
        for (var element = 0; element < 4; element++) ((ulong*)o.Dst)[element] = ((ulong*)o.Src)[o.Immediate >> (2 * element) & 3];
    }

    // Two bits choose one of four halves, bit 3 clears.
    private static void ChooseHalves(ref SimdOperands o)
    {
        var halves = stackalloc UInt128[4] { ((UInt128*)o.Dst)[0], ((UInt128*)o.Dst)[1], ((UInt128*)o.Src)[0], ((UInt128*)o.Src)[1] };
        for (var half = 0; half < 2; half++)
        {
            var choice = o.Immediate >> (4 * half);
            ((UInt128*)o.Dst)[half] = (choice & 8) != 0 ? 0 : halves[choice & 3];
        }
    }

    private static void InsertHalf(ref SimdOperands o) => ((UInt128*)o.Dst)[o.Immediate & 1] = *(UInt128*)o.Src;

    private static void ExtractHalf(ref SimdOperands o) => *(UInt128*)o.Dst = ((UInt128*)o.Src)[o.Immediate & 1];
}

using Iced.Intel;

namespace Tcg.Mttcg.Translator.Host.Interpreter.Simd;

/// <summary>Single elements in and out. Extractions give zero-extended general registers or memory of the element's size.</summary>
internal static unsafe class SimdInsert
{
    public static readonly SimdRow[] Rows =
    [
        new(Mnemonic.Pinsrb,    &Insert<byte>),
        new(Mnemonic.Pinsrw,    &Insert<ushort>),
        new(Mnemonic.Pinsrd,    &Insert<uint>),
        new(Mnemonic.Pinsrq,    &Insert<ulong>),
        new(Mnemonic.Pextrb,    &Pextrb),
        new(Mnemonic.Pextrw,    &Pextrw),
        new(Mnemonic.Pextrd,    &Pextrd),
        new(Mnemonic.Pextrq,    &Pextrq),
        new(Mnemonic.Extractps, &Pextrd),
        new(Mnemonic.Insertps,  &Insertps),
    ];

    private static void Insert<T>(ref SimdOperands o)
        where T : unmanaged => ((T*)o.Dst)[o.Immediate & (16 / sizeof(T) - 1)] = *(T*)o.Src;

    private static void Pextrb(ref SimdOperands o) => *(ulong*)o.Dst = o.Src[o.Immediate & 15];

    private static void Pextrw(ref SimdOperands o) => *(ulong*)o.Dst = ((ushort*)o.Src)[o.Immediate & 7];

    private static void Pextrd(ref SimdOperands o) => *(ulong*)o.Dst = ((uint*)o.Src)[o.Immediate & 3];

    private static void Pextrq(ref SimdOperands o) => *(ulong*)o.Dst = ((ulong*)o.Src)[o.Immediate & 1];

    // Bits 7:6 choose the source lane of a register, 5:4 the destination lane, 3:0 lanes to clear.
    private static void Insertps(ref SimdOperands o)
    {
        ((uint*)o.Dst)[(o.Immediate >> 4) & 3] = o.FromMemory ? *(uint*)o.Src : ((uint*)o.Src)[o.Immediate >> 6];
        for (var lane = 0; lane < 4; lane++)
        {
            if ((o.Immediate >> lane & 1) != 0) ((uint*)o.Dst)[lane] = 0;
        }
    }
}

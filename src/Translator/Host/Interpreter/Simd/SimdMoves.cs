using System.Runtime.Intrinsics;
using Iced.Intel;

namespace Tcg.Mttcg.Translator.Host.Interpreter.Simd;

/// <summary>Moves of whole registers and parts, between vector registers, memory and general registers.</summary>
internal static unsafe class SimdMoves
{
    public static readonly SimdRow[] Rows =
    [
        new(Mnemonic.Movaps,   &Whole),
        new(Mnemonic.Movups,   &Whole),
        new(Mnemonic.Movapd,   &Whole),
        new(Mnemonic.Movupd,   &Whole),
        new(Mnemonic.Movdqa,   &Whole),
        new(Mnemonic.Movdqu,   &Whole),
        new(Mnemonic.Lddqu,    &Whole),
        new(Mnemonic.Movntps,  &Whole),
        new(Mnemonic.Movntpd,  &Whole),
        new(Mnemonic.Movntdq,  &Whole),
        new(Mnemonic.Movntdqa, &Whole),
        new(Mnemonic.Movss,    &Scalar<uint>),
        new(Mnemonic.Movsd,    &Scalar<ulong>),
        new(Mnemonic.Movd,     &ZeroExtended),
        new(Mnemonic.Movq,     &ZeroExtended),
        new(Mnemonic.Movlps,   &Low),
        new(Mnemonic.Movlpd,   &Low),
        new(Mnemonic.Movhps,   &High),
        new(Mnemonic.Movhpd,   &High),
        new(Mnemonic.Movlhps,  &LowToHigh),
        new(Mnemonic.Movhlps,  &HighToLow),
        new(Mnemonic.Movddup,  &DuplicateLow),
        new(Mnemonic.Movsldup, &DuplicateEven),
        new(Mnemonic.Movshdup, &DuplicateOdd),
        new(Mnemonic.Movmskps, &SignMask<uint>),
        new(Mnemonic.Movmskpd, &SignMask<ulong>),
        new(Mnemonic.Pmovmskb, &SignMask<byte>),
    ];

    private static void Whole(ref SimdOperands o) => o.Set(o.S<byte>());

    // Loads clear the rest of the register, moves between registers keep it, stores write the scalar only.
    private static void Scalar<T>(ref SimdOperands o)
        where T : unmanaged
    {
        if (o.FromMemory) o.Set(o.S<byte>());
        else *(T*)o.Dst = *(T*)o.Src;
    }

    // MOVD and MOVQ: the narrower of what goes in and what comes out.
    private static void ZeroExtended(ref SimdOperands o)
    {
        var bytes = o.SourceBytes != 0 ? o.SourceBytes : o.ResultBytes != 0 ? o.ResultBytes : 8;
        o.Set(Vector128.Create(*(ulong*)o.Src & (ulong.MaxValue >> (64 - 8 * bytes)), 0ul));
    }

    private static void Low(ref SimdOperands o) => *(ulong*)o.Dst = *(ulong*)o.Src;

    // A load fills the high half; a store, whose memory is Dst, takes it from there.
    private static void High(ref SimdOperands o)
    {
        if (o.FromMemory) *(ulong*)(o.Dst + 8) = *(ulong*)o.Src;
        else *(ulong*)o.Dst = *(ulong*)(o.Src + 8);
    }

    private static void LowToHigh(ref SimdOperands o) => *(ulong*)(o.Dst + 8) = *(ulong*)o.Src;

    private static void HighToLow(ref SimdOperands o) => *(ulong*)o.Dst = *(ulong*)(o.Src + 8);

    private static void DuplicateLow(ref SimdOperands o) => o.Set(Vector128.Create(*(ulong*)o.Src));

    private static void DuplicateEven(ref SimdOperands o) => o.Set(Vector128.Shuffle(o.S<uint>(), Vector128.Create(0u, 0, 2, 2)));

    private static void DuplicateOdd(ref SimdOperands o) => o.Set(Vector128.Shuffle(o.S<uint>(), Vector128.Create(1u, 1, 3, 3)));

    private static void SignMask<T>(ref SimdOperands o)
        where T : unmanaged => *(ulong*)(o.Dst - 16 * o.Lane) |= (ulong)o.S<T>().ExtractMostSignificantBits() << (o.Lane * 16 / sizeof(T));
}

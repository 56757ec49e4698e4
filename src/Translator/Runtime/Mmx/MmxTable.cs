using System.Runtime.Intrinsics;
using Iced.Intel;
using static Tcg.Mttcg.Translator.Runtime.MmxLanes;

namespace Tcg.Mttcg.Translator.Runtime;

/// <summary>What an MMX instruction makes of its destination, its source and its immediate.</summary>
internal delegate ulong MmxOperation(ulong destination, ulong source, byte immediate);

internal readonly record struct MmxRow(Mnemonic Mnemonic, MmxOperation Operation);

/// <summary>The MMX registers' instructions, MMX to SSSE3. Shifts by immediate come as shifts by a source.</summary>
internal static class MmxTable
{
    private static readonly MmxRow[] Rows =
    [
        // moves; a doubleword source is zero-extended already
        new(Mnemonic.Movd,       (_, s, _) => s),
        new(Mnemonic.Movq,       (_, s, _) => s),
        new(Mnemonic.Movntq,     (_, s, _) => s),
        new(Mnemonic.Pmovmskb,   (_, s, _) => SignMask(s)),
        new(Mnemonic.Pextrw,     (_, s, i) => (s >> ((i & 3) * 16)) & 0xffff),
        new(Mnemonic.Pinsrw,     (d, s, i) => (d & ~(0xfffful << ((i & 3) * 16))) | ((s & 0xffff) << ((i & 3) * 16))),
        new(Mnemonic.Pshufw,     (_, s, i) => ShuffleWords(s, i)),
        new(Mnemonic.Pshufb,     (d, s, _) => ShuffleBytes(d, s)),
        new(Mnemonic.Palignr,    Align),

        // logic
        new(Mnemonic.Pand,       (d, s, _) => d & s),
        new(Mnemonic.Pandn,      (d, s, _) => ~d & s),
        new(Mnemonic.Por,        (d, s, _) => d | s),
        new(Mnemonic.Pxor,       (d, s, _) => d ^ s),

        // sums and differences
        new(Mnemonic.Paddb,      (d, s, _) => Of<byte>(d, s, Vector64.Add)),
        new(Mnemonic.Paddw,      (d, s, _) => Of<ushort>(d, s, Vector64.Add)),
        new(Mnemonic.Paddd,      (d, s, _) => Of<uint>(d, s, Vector64.Add)),
        new(Mnemonic.Paddq,      (d, s, _) => d + s),
        new(Mnemonic.Paddsb,     (d, s, _) => Of<sbyte>(d, s, Vector64.AddSaturate)),
        new(Mnemonic.Paddsw,     (d, s, _) => Of<short>(d, s, Vector64.AddSaturate)),
        new(Mnemonic.Paddusb,    (d, s, _) => Of<byte>(d, s, Vector64.AddSaturate)),
        new(Mnemonic.Paddusw,    (d, s, _) => Of<ushort>(d, s, Vector64.AddSaturate)),
        new(Mnemonic.Psubb,      (d, s, _) => Of<byte>(d, s, Vector64.Subtract)),
        new(Mnemonic.Psubw,      (d, s, _) => Of<ushort>(d, s, Vector64.Subtract)),
        new(Mnemonic.Psubd,      (d, s, _) => Of<uint>(d, s, Vector64.Subtract)),
        new(Mnemonic.Psubq,      (d, s, _) => d - s),
        new(Mnemonic.Psubsb,     (d, s, _) => Of<sbyte>(d, s, Vector64.SubtractSaturate)),
        new(Mnemonic.Psubsw,     (d, s, _) => Of<short>(d, s, Vector64.SubtractSaturate)),
        new(Mnemonic.Psubusb,    (d, s, _) => Of<byte>(d, s, Vector64.SubtractSaturate)),
        new(Mnemonic.Psubusw,    (d, s, _) => Of<ushort>(d, s, Vector64.SubtractSaturate)),
        new(Mnemonic.Pavgb,      (d, s, _) => Bytes(d, s, (a, b) => (a + b + 1) >> 1)),
        new(Mnemonic.Pavgw,      (d, s, _) => Words(d, s, (a, b) => ((ushort)a + (ushort)b + 1) >> 1)),
        new(Mnemonic.Psadbw,     (d, s, _) => SumOfDifferences(d, s)),
        new(Mnemonic.Phaddw,     (d, s, _) => WordPairs(d, s, (a, b) => a + b)),
        new(Mnemonic.Phaddd,     (d, s, _) => DoublePairs(d, s, (a, b) => unchecked(a + b))),
        new(Mnemonic.Phaddsw,    (d, s, _) => WordPairs(d, s, (a, b) => Saturate(a + b))),
        new(Mnemonic.Phsubw,     (d, s, _) => WordPairs(d, s, (a, b) => a - b)),
        new(Mnemonic.Phsubd,     (d, s, _) => DoublePairs(d, s, (a, b) => unchecked(a - b))),
        new(Mnemonic.Phsubsw,    (d, s, _) => WordPairs(d, s, (a, b) => Saturate(a - b))),

        // products
        new(Mnemonic.Pmullw,     (d, s, _) => Words(d, s, (a, b) => a * b)),
        new(Mnemonic.Pmulhw,     (d, s, _) => Words(d, s, (a, b) => (a * b) >> 16)),
        new(Mnemonic.Pmulhuw,    (d, s, _) => Words(d, s, (a, b) => (int)(((uint)(ushort)a * (ushort)b) >> 16))),
        new(Mnemonic.Pmulhrsw,   (d, s, _) => Words(d, s, (a, b) => (((a * b) >> 14) + 1) >> 1)),
        new(Mnemonic.Pmuludq,    (d, s, _) => (ulong)(uint)d * (uint)s),
        new(Mnemonic.Pmaddwd,    (d, s, _) => MultiplyAddWords(d, s)),
        new(Mnemonic.Pmaddubsw,  (d, s, _) => MultiplyAddBytes(d, s)),

        // comparisons, extremes, signs
        new(Mnemonic.Pcmpeqb,    (d, s, _) => Of<byte>(d, s, Vector64.Equals)),
        new(Mnemonic.Pcmpeqw,    (d, s, _) => Of<ushort>(d, s, Vector64.Equals)),
        new(Mnemonic.Pcmpeqd,    (d, s, _) => Of<uint>(d, s, Vector64.Equals)),
        new(Mnemonic.Pcmpgtb,    (d, s, _) => Of<sbyte>(d, s, Vector64.GreaterThan)),
        new(Mnemonic.Pcmpgtw,    (d, s, _) => Of<short>(d, s, Vector64.GreaterThan)),
        new(Mnemonic.Pcmpgtd,    (d, s, _) => Of<int>(d, s, Vector64.GreaterThan)),
        new(Mnemonic.Pmaxub,     (d, s, _) => Of<byte>(d, s, Vector64.Max)),
        new(Mnemonic.Pmaxsw,     (d, s, _) => Of<short>(d, s, Vector64.Max)),
        new(Mnemonic.Pminub,     (d, s, _) => Of<byte>(d, s, Vector64.Min)),
        new(Mnemonic.Pminsw,     (d, s, _) => Of<short>(d, s, Vector64.Min)),
        new(Mnemonic.Pabsb,      (_, s, _) => Bytes(s, s, (a, _) => Math.Abs((int)(sbyte)a))),
        new(Mnemonic.Pabsw,      (_, s, _) => Words(s, s, (a, _) => Math.Abs(a))),
        new(Mnemonic.Pabsd,      (_, s, _) => Doubles(s, s, (a, _) => unchecked(a < 0 ? -a : a))),
        new(Mnemonic.Psignb,     (d, s, _) => Bytes(d, s, (a, b) => WithSignOf(a, (sbyte)b))),
        new(Mnemonic.Psignw,     (d, s, _) => Words(d, s, WithSignOf)),
        new(Mnemonic.Psignd,     (d, s, _) => Doubles(d, s, WithSignOf)),

        // packing
        new(Mnemonic.Packsswb,   (d, s, _) => PackWords(d, s, a => (byte)Math.Clamp(a, sbyte.MinValue, sbyte.MaxValue))),
        new(Mnemonic.Packuswb,   (d, s, _) => PackWords(d, s, a => (byte)Math.Clamp(a, (short)0, byte.MaxValue))),
        new(Mnemonic.Packssdw,   (d, s, _) => PackDoubles(d, s)),
        new(Mnemonic.Punpcklbw,  (d, s, _) => Interleave(d, s, 0, 8)),
        new(Mnemonic.Punpcklwd,  (d, s, _) => Interleave(d, s, 0, 16)),
        new(Mnemonic.Punpckldq,  (d, s, _) => Interleave(d, s, 0, 32)),
        new(Mnemonic.Punpckhbw,  (d, s, _) => Interleave(d, s, 32, 8)),
        new(Mnemonic.Punpckhwd,  (d, s, _) => Interleave(d, s, 32, 16)),
        new(Mnemonic.Punpckhdq,  (d, s, _) => Interleave(d, s, 32, 32)),

        // shifts
        new(Mnemonic.Psllw,      (d, s, _) => Shift(d, s, 16, left: true)),
        new(Mnemonic.Pslld,      (d, s, _) => Shift(d, s, 32, left: true)),
        new(Mnemonic.Psllq,      (d, s, _) => Shift(d, s, 64, left: true)),
        new(Mnemonic.Psrlw,      (d, s, _) => Shift(d, s, 16, left: false)),
        new(Mnemonic.Psrld,      (d, s, _) => Shift(d, s, 32, left: false)),
        new(Mnemonic.Psrlq,      (d, s, _) => Shift(d, s, 64, left: false)),
        new(Mnemonic.Psraw,      (d, s, _) => Shift(d, s, 16, left: false, signed: true)),
        new(Mnemonic.Psrad,      (d, s, _) => Shift(d, s, 32, left: false, signed: true)),
    ];

    private static readonly Dictionary<Mnemonic, MmxOperation> ByMnemonic = Rows.ToDictionary(row => row.Mnemonic, row => row.Operation);

    public static bool Has(Mnemonic mnemonic) => ByMnemonic.ContainsKey(mnemonic);

    public static MmxOperation Of(Mnemonic mnemonic) => ByMnemonic[mnemonic];
}

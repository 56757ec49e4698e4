using System.Numerics;
using Iced.Intel;

namespace Tcg.Mttcg.Translator.Host.Interpreter.Simd;

/// <summary>SHA-1 and SHA-256 rounds and message schedules (FIPS 180-4; the order of elements is in SDM 2B).</summary>
internal static unsafe class SimdSha
{
    public static readonly SimdRow[] Rows =
    [
        new(Mnemonic.Sha1rnds4,   &Sha1rnds4),
        new(Mnemonic.Sha1nexte,   &Sha1nexte),
        new(Mnemonic.Sha1msg1,    &Sha1msg1),
        new(Mnemonic.Sha1msg2,    &Sha1msg2),
        new(Mnemonic.Sha256rnds2, &Sha256rnds2),
        new(Mnemonic.Sha256msg1,  &Sha256msg1),
        new(Mnemonic.Sha256msg2,  &Sha256msg2),
    ];

    private static ReadOnlySpan<uint> Sha1Constants => [0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6];

    // A is the highest element of Dst, the first word (with E added) the highest of Src.
    private static void Sha1rnds4(ref SimdOperands o)
    {
        uint* state = (uint*)o.Dst, words = (uint*)o.Src;
        var constant = Sha1Constants[o.Immediate & 3];
        uint a = state[3], b = state[2], c = state[1], d = state[0], e = 0;
        for (var round = 3; round >= 0; round--)
        {
            var next = Mix(o.Immediate & 3, b, c, d) + BitOperations.RotateLeft(a, 5) + words[round] + e + constant;
            (e, d, c, b, a) = (d, c, BitOperations.RotateLeft(b, 30), a, next);
        }
        (state[3], state[2], state[1], state[0]) = (a, b, c, d);
    }

    private static uint Mix(int phase, uint b, uint c, uint d) => phase switch
    {
        0 => b & c ^ ~b & d,
        2 => b & c ^ b & d ^ c & d,
        _ => b ^ c ^ d,
    };

    private static void Sha1nexte(ref SimdOperands o)
    {
        var e = BitOperations.RotateLeft(((uint*)o.Dst)[3], 30);
        o.Set(o.S<uint>());
        ((uint*)o.Dst)[3] += e;
    }

    private static void Sha1msg1(ref SimdOperands o)
    {
        uint* a = (uint*)o.Dst, b = (uint*)o.Src;
        (a[3], a[2], a[1], a[0]) = (a[3] ^ a[1], a[2] ^ a[0], a[1] ^ b[3], a[0] ^ b[2]);
    }

    private static void Sha1msg2(ref SimdOperands o)
    {
        uint* a = (uint*)o.Dst, b = (uint*)o.Src;
        a[3] = BitOperations.RotateLeft(a[3] ^ b[2], 1);
        a[2] = BitOperations.RotateLeft(a[2] ^ b[1], 1);
        a[1] = BitOperations.RotateLeft(a[1] ^ b[0], 1);
        a[0] = BitOperations.RotateLeft(a[0] ^ a[3], 1);
    }

    // C, D, G and H are in Dst, A, B, E and F in Src, highest first; the two words, with constants added, are the low ones of XMM0.
    private static void Sha256rnds2(ref SimdOperands o)
    {
        uint* old = (uint*)o.Dst, first = (uint*)o.Src, words = (uint*)o.Third;
        uint a = first[3], b = first[2], c = old[3], d = old[2], e = first[1], f = first[0], g = old[1], h = old[0];
        for (var round = 0; round < 2; round++)
        {
            var one = h + (e & f ^ ~e & g) + Turns(e, 6, 11, 25) + words[round];
            var two = (a & b ^ a & c ^ b & c) + Turns(a, 2, 13, 22);
            (h, g, f, e, d, c, b, a) = (g, f, e, d + one, c, b, a, one + two);
        }
        (old[3], old[2], old[1], old[0]) = (a, b, e, f);
    }

    private static uint Turns(uint value, int x, int y, int z) =>
        BitOperations.RotateRight(value, x) ^ BitOperations.RotateRight(value, y) ^ BitOperations.RotateRight(value, z);

    private static void Sha256msg1(ref SimdOperands o)
    {
        var a = (uint*)o.Dst;
        for (var index = 0; index < 4; index++)
        {
            var next = index < 3 ? a[index + 1] : *(uint*)o.Src;
            a[index] += BitOperations.RotateRight(next, 7) ^ BitOperations.RotateRight(next, 18) ^ next >> 3;
        }
    }

    private static void Sha256msg2(ref SimdOperands o)
    {
        uint* a = (uint*)o.Dst, b = (uint*)o.Src;
        for (var index = 0; index < 4; index++)
        {
            var before = index < 2 ? b[index + 2] : a[index - 2];
            a[index] += BitOperations.RotateRight(before, 17) ^ BitOperations.RotateRight(before, 19) ^ before >> 10;
        }
    }
}

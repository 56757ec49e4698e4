using System.Numerics;
using Iced.Intel;

namespace Tcg.Mttcg.Translator.Host.Interpreter.Simd;

/// <summary>AES rounds (FIPS 197): Dst is the state, column by column, Src the round key.</summary>
internal static unsafe class SimdAes
{
    public static readonly SimdRow[] Rows =
    [
        new(Mnemonic.Aesenc,          &Aesenc),
        new(Mnemonic.Aesenclast,      &Aesenclast),
        new(Mnemonic.Aesdec,          &Aesdec),
        new(Mnemonic.Aesdeclast,      &Aesdeclast),
        new(Mnemonic.Aesimc,          &Aesimc),
        new(Mnemonic.Aeskeygenassist, &Aeskeygenassist),
    ];

    private const uint Encrypt = 0x01010302, Decrypt = 0x090d0b0e;

    private static readonly byte[] Substitutes = MakeSubstitutes();
    private static readonly byte[] Inverses = MakeInverses();

    private static void Aesenc(ref SimdOperands o)
    {
        Substitute(ref o, Substitutes, 5);
        MixColumns(o.Dst, Encrypt);
        AddKey(ref o);
    }

    private static void Aesenclast(ref SimdOperands o)
    {
        Substitute(ref o, Substitutes, 5);
        AddKey(ref o);
    }

    private static void Aesdec(ref SimdOperands o)
    {
        Substitute(ref o, Inverses, 13);
        MixColumns(o.Dst, Decrypt);
        AddKey(ref o);
    }

    private static void Aesdeclast(ref SimdOperands o)
    {
        Substitute(ref o, Inverses, 13);
        AddKey(ref o);
    }

    private static void Aesimc(ref SimdOperands o)
    {
        o.Set(o.S<byte>());
        MixColumns(o.Dst, Decrypt);
    }

    // Doublewords 1 and 3, substituted, plain and rotated; the round constant goes into the rotated ones.
    private static void Aeskeygenassist(ref SimdOperands o)
    {
        uint* from = (uint*)o.Src, to = (uint*)o.Dst;
        for (var half = 0; half < 4; half += 2)
        {
            var word = SubstituteWord(from[half + 1]);
            to[half] = word;
            to[half + 1] = BitOperations.RotateRight(word, 8) ^ o.Immediate;
        }
    }

    private static uint SubstituteWord(uint word)
    {
        uint result = 0;
        for (var bit = 0; bit < 32; bit += 8) result |= (uint)Substitutes[(byte)(word >> bit)] << bit;
        return result;
    }

    // With ShiftRows: byte n comes from byte n * step, which is five columns' bytes further on, or back.
    private static void Substitute(ref SimdOperands o, byte[] box, int step)
    {
        var results = stackalloc byte[16];
        for (var index = 0; index < 16; index++) results[index] = box[o.Dst[index * step & 15]];
        Buffer.MemoryCopy(results, o.Dst, 16, 16);
    }

    // Each column times a circulant matrix, whose first row the coefficients are, lowest byte first.
    private static void MixColumns(byte* state, uint coefficients)
    {
        var column = stackalloc byte[4];
        for (var start = 0; start < 16; start += 4)
        {
            for (var row = 0; row < 4; row++)
            {
                column[row] = 0;
                for (var index = 0; index < 4; index++)
                    column[row] ^= GaloisField.Multiply((byte)(BitOperations.RotateLeft(coefficients, 8 * row) >> (8 * index)), state[start + index]);
            }
            Buffer.MemoryCopy(column, state + start, 4, 4);
        }
    }

    private static void AddKey(ref SimdOperands o) => o.Set(o.D<byte>() ^ o.S<byte>());

    private static byte[] MakeSubstitutes()
    {
        var box = new byte[256];
        for (var value = 0; value < 256; value++)
        {
            uint inverse = GaloisField.Inverse((byte)value);
            var turned = inverse * 0x01010101u;
            box[value] = (byte)(inverse ^ turned >> 4 ^ turned >> 5 ^ turned >> 6 ^ turned >> 7 ^ 0x63);
        }
        return box;
    }

    private static byte[] MakeInverses()
    {
        var box = new byte[256];
        for (var value = 0; value < 256; value++) box[Substitutes[value]] = (byte)value;
        return box;
    }
}

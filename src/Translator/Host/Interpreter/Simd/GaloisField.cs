namespace Tcg.Mttcg.Translator.Host.Interpreter.Simd;

/// <summary>GF(2^8) with the polynomial of AES and GFNI, x^8 + x^4 + x^3 + x + 1.</summary>
internal static class GaloisField
{
    private const int Polynomial = 0x11b;

    private static readonly byte[] Inverses = MakeInverses();

    public static byte Multiply(byte a, byte b)
    {
        int product = 0, shifted = a;
        for (int rest = b; rest != 0; rest >>= 1)
        {
            if ((rest & 1) != 0) product ^= shifted;
            shifted <<= 1;
            if ((shifted & 0x100) != 0) shifted ^= Polynomial;
        }
        return (byte)product;
    }

    /// <summary>Zero has none and gives zero.</summary>
    public static byte Inverse(byte value) => Inverses[value];

    private static byte[] MakeInverses()
    {
        var inverses = new byte[256];
        for (var a = 1; a < 256; a++)
        {
            for (var b = 1; b < 256 && inverses[a] == 0; b++)
            {
                if (Multiply((byte)a, (byte)b) == 1) inverses[a] = (byte)b;
            }
        }
        return inverses;
    }
}

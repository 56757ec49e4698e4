using System.Text;
using Tcg.Mttcg.Translator.Ir;

namespace Tcg.Mttcg.Translator.Tests.Guest.Native;

/// <summary>What an unprivileged instruction reads and writes beside memory. Laid out for the assembly in <see cref="NativeHost"/>.</summary>
internal unsafe struct ProcessorImage
{
    public const int FlagsOffset = 128, MxCsrOffset = 136, XmmOffset = 144;
    public const ulong FlagMask = (ulong)ArithmeticFlags.All;

    public fixed ulong Gpr[16];
    public ulong Flags;
    public ulong MxCsr;
    public fixed ulong Xmm[32];

    /// <summary>Edges and noise. RBX, RBP, RSI, RDI and RSP point into the memory, 16-byte aligned and never near the end of a page.</summary>
    public static ProcessorImage Random(Random random, ulong memory)
    {
        ProcessorImage image = default;
        for (var i = 0; i < 16; i++) image.Gpr[i] = Value(random);
        foreach (var pointer in (ReadOnlySpan<int>)[3, 4, 5, 6, 7]) image.Gpr[pointer] = memory + 0x4000 + (ulong)((random.Next(64) * 64) + 32);
        for (var i = 0; i < 32; i++) image.Xmm[i] = Lane(random);
        image.Flags = ((ulong)random.NextInt64() & FlagMask) | 2;
        image.MxCsr = 0x1f80;
        return image;
    }

    private static ulong Value(Random random) => random.Next(8) switch
    {
        0 => 0,
        1 => ulong.MaxValue,
        2 => 1ul << random.Next(64),
        3 => (ulong)random.Next(256),
        4 => 0x8000_0000,
        5 => (ulong)(random.Next(256) - 128),
        _ => (ulong)random.NextInt64() ^ ((ulong)random.NextInt64() << 1),
    };

    // Doubles, pairs of floats, small integers, noise (which is mostly huge, tiny or not a number).
    private static ulong Lane(Random random) => random.Next(6) switch
    {
        0 => BitConverter.DoubleToUInt64Bits((random.NextDouble() - 0.5) * 1000),
        1 => BitConverter.SingleToUInt32Bits(random.NextSingle() * 100) | ((ulong)BitConverter.SingleToUInt32Bits(-random.NextSingle()) << 32),
        2 => 0,
        3 => (ulong)random.Next(1000),
        4 => BitConverter.DoubleToUInt64Bits(random.Next(-50, 50)),
        _ => (ulong)random.NextInt64() ^ ((ulong)random.NextInt64() << 1),
    };

    /// <summary>Null, or the first difference.</summary>
    public static string? Difference(in ProcessorImage expected, in ProcessorImage actual, ulong undefinedFlags)
    {
        for (var i = 0; i < 16; i++)
            if (expected.Gpr[i] != actual.Gpr[i]) return $"{Operand.Gpr(i)} is {actual.Gpr[i]:x}, not {expected.Gpr[i]:x}";
        var mask = FlagMask & ~undefinedFlags;
        if ((expected.Flags & mask) != (actual.Flags & mask)) return $"flags are {(ArithmeticFlags)(actual.Flags & mask)}, not {(ArithmeticFlags)(expected.Flags & mask)}";
        for (var i = 0; i < 32; i++)
            if (expected.Xmm[i] != actual.Xmm[i]) return $"xmm{i / 2}, half {i % 2}, is {actual.Xmm[i]:x16}, not {expected.Xmm[i]:x16}";
        return null;
    }

    public override readonly string ToString()
    {
        var text = new StringBuilder($"flags {(ArithmeticFlags)(Flags & FlagMask)}");
        for (var i = 0; i < 16; i++) text.Append($" {Operand.Gpr(i)}={Gpr[i]:x}");
        for (var i = 0; i < 8; i++) text.Append($" xmm{i}={Xmm[(2 * i) + 1]:x16}{Xmm[2 * i]:x16}");
        return text.ToString();
    }
}

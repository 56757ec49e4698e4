using System.Globalization;
using Iced.Intel;

namespace Tcg.Mttcg.Translator.Ir;

/// <summary>A SIMD instruction as text: <c>#bitness@rip:bytes</c>, re-encoded by Iced, with its memory size and direction when it has a memory operand, and whether it raises exceptions.</summary>
internal static class IrTextSimd
{
    public static string Print(in IrSimd simd)
    {
        var writer = new BytesWriter();
        var encoder = Encoder.Create(Bitness(simd.Instruction), writer);
        encoder.Encode(simd.Instruction, simd.Instruction.IP);
        var memory = simd.MemorySize == 0 ? "" : $"{(simd.Stores ? " store" : " load")}{simd.MemorySize}";
        return $"#{Bitness(simd.Instruction)}@0x{simd.Instruction.IP:x}:{Convert.ToHexStringLower(writer.Bytes.ToArray())}{memory}{(simd.Elements != 0 ? $" elements{simd.Elements:x}" : "")}{(simd.Raises ? " raises" : "")}";
    }

    /// <exception cref="FormatException"/>
    public static IrSimd Parse(string text)
    {
        var words = text.Split(' ');
        int at = words[0].IndexOf('@', StringComparison.Ordinal), colon = words[0].IndexOf(':', StringComparison.Ordinal);
        if (at < 2 || colon < at) throw new FormatException($"'{text}' is not #bitness@rip:bytes");
        var bitness = int.Parse(words[0].AsSpan(1, at - 1), CultureInfo.InvariantCulture);
        var rip = ulong.Parse(words[0].AsSpan(at + 3, colon - at - 3), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        var decoder = Decoder.Create(bitness, new ByteArrayCodeReader(Convert.FromHexString(words[0][(colon + 1)..])), rip);
        var simd = new IrSimd { Instruction = decoder.Decode() };
        simd.Raises = words[^1] == "raises";
        if (words.Length < (simd.Raises ? 3 : 2)) return simd;
        simd.Stores = words[1].StartsWith("store", StringComparison.Ordinal);
        simd.MemorySize = byte.Parse(words[1].AsSpan(simd.Stores ? 5 : 4), CultureInfo.InvariantCulture);
        if (words.Length > 2 && words[2].StartsWith("elements", StringComparison.Ordinal)) simd.Elements = ulong.Parse(words[2].AsSpan(8), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        return simd;
    }

    private static int Bitness(in Instruction instruction) => instruction.CodeSize switch
    {
        CodeSize.Code16 => 16,
        CodeSize.Code32 => 32,
        _ => 64,
    };

    private sealed class BytesWriter : CodeWriter
    {
        public List<byte> Bytes { get; } = [];
        public override void WriteByte(byte value) => Bytes.Add(value);
    }
}

using Iced.Intel;
using Tcg.Mttcg.Translator.Cache;

namespace Tcg.Mttcg.Translator.Host.X64;

/// <summary>Host code as text, for <c>-d out_asm</c>: address, bytes, instruction; thunks and helpers by name, jumps inside the TB by offset.</summary>
public static unsafe class X64Listing
{
    private const int BytesColumn = 11;

    public static void Write(TextWriter output, TranslationBlock tb, X64Thunks thunks)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(tb);
        ArgumentNullException.ThrowIfNull(thunks);
        var region = tb.Region ?? throw new InvalidOperationException("the translation block has no host code");
        var bytes = new ReadOnlySpan<byte>(region.Writable + tb.CodeOffset, tb.CodeBytes).ToArray();
        var codeBytes = tb.PoolOffset == 0 ? bytes.Length : tb.PoolOffset - tb.CodeOffset;
        var decoder = Decoder.Create(64, bytes.AsSpan(0, codeBytes).ToArray(), tb.Entry);
        var formatter = new NasmFormatter(new Names(tb, thunks));
        formatter.Options.FirstOperandCharIndex = 8;
        formatter.Options.HexPrefix = "0x";
        formatter.Options.HexSuffix = "";
        var text = new StringOutput();
        output.WriteLine($"OUT: TB {tb.Id} at 0x{tb.Entry:x}, {tb.CodeBytes} bytes, guest 0x{tb.Key.Context.Pc:x}, {tb.GuestInstructions} instructions");
        while (decoder.IP < tb.Entry + (ulong)codeBytes)
        {
            var instruction = decoder.Decode();
            formatter.Format(instruction, text);
            var offset = (int)(instruction.IP - tb.Entry);
            var raw = Convert.ToHexStringLower(bytes, offset, instruction.Length);
            output.WriteLine($"0x{instruction.IP:x}:  {raw.PadRight(2 * BytesColumn)}  {text.ToStringAndReset()}");
        }
        for (var at = codeBytes; at + 8 <= bytes.Length; at += 8) output.WriteLine($"0x{tb.Entry + (ulong)at:x}:  .quad 0x{BitConverter.ToUInt64(bytes, at):x}");
    }

    private sealed class Names(TranslationBlock tb, X64Thunks thunks) : ISymbolResolver
    {
        public bool TryGetSymbol(in Instruction instruction, int operand, int instructionOperand, ulong address, int addressSize, out SymbolResult symbol)
        {
            if (address >= tb.Entry && address < tb.Entry + (ulong)tb.CodeBytes)
            {
                symbol = new SymbolResult(address, $"+0x{address - tb.Entry:x}");
                return true;
            }
            foreach (var (start, name) in thunks.Names)
            {
                if (start != address) continue;
                symbol = new SymbolResult(address, name);
                return true;
            }
            symbol = default;
            return false;
        }
    }
}

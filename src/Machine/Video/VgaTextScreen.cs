using System.Text;
using Tcg.Mttcg.Machine.Firmware;

namespace Tcg.Mttcg.Machine.Video;

/// <summary>A look at the 80x25 text screen in guest memory at 0xb8000.</summary>
public sealed class VgaTextScreen(IGuestMemory memory, VgaPorts ports)
{
    public const ulong Address = 0xb8000;
    public const int Columns = 80, Rows = 25, WindowBytes = 0x8000;

    /// <summary>The glyphs of code page 437 below 0x20, and from 0x7f up.</summary>
    private const string LowGlyphs = " ☺☻♥♦♣♠•◘○◙♂♀♪♫☼►◄↕‼¶§▬↨↑↓→←∟↔▲▼";
    private const string HighGlyphs = "⌂ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■ ";

    /// <summary>The rows of text, without trailing blanks. The guest may be drawing meanwhile.</summary>
    public IReadOnlyList<string> Snapshot()
    {
        var window = memory.Span(Address, WindowBytes);
        var rows = new string[Rows];
        for (int row = 0; row < Rows; row++)
        {
            var text = new StringBuilder(Columns);
            for (int column = 0; column < Columns; column++)
            {
                int cell = (ports.Start + row * Columns + column) * 2 % WindowBytes;
                text.Append(Glyph(window[cell]));
            }
            rows[row] = text.ToString().TrimEnd();
        }
        return rows;
    }

    /// <summary>Column and row, from 0; outside the screen when the guest hid it there.</summary>
    public (int Column, int Row) Cursor
    {
        get
        {
            int position = ports.Cursor - ports.Start;
            return (position % Columns, position / Columns);
        }
    }

    private static char Glyph(byte code) => code switch
    {
        < 0x20 => LowGlyphs[code],
        < 0x7f => (char)code,
        _ => HighGlyphs[code - 0x7f],
    };
}

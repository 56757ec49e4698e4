using Tcg.Mttcg.Machine.Tests.Support;
using Tcg.Mttcg.Machine.Video;

namespace Tcg.Mttcg.Machine.Tests;

public sealed class VgaTests
{
    private const ushort CrtcIndex = 0x24, CrtcData = 0x25, Status = 0x2a, Attribute = 0x10;

    private readonly FakeMemory _memory = new(2 << 20);
    private readonly VgaPorts _ports = new();
    private readonly VgaTextScreen _screen;

    public VgaTests() => _screen = new VgaTextScreen(_memory, _ports);

    private void Print(int row, int column, string text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            var cell = _memory.Span(VgaTextScreen.Address + (ulong)((row * 80 + column + i) * 2), 2);
            (cell[0], cell[1]) = ((byte)text[i], 0x07);
        }
    }

    private void SetCrtc(int index, int value)
    {
        _ports.Write(CrtcIndex, 1, (uint)index);
        _ports.Write(CrtcData, 1, (uint)value);
    }

    [Fact]
    public void A_snapshot_holds_25_rows_without_trailing_blanks()
    {
        Print(0, 0, "Memtest86+");
        Print(24, 70, "end");
        var rows = _screen.Snapshot();
        Assert.Equal(25, rows.Count);
        Assert.Equal("Memtest86+", rows[0]);
        Assert.Equal("", rows[1]);
        Assert.Equal(new string(' ', 70) + "end", rows[24]);
    }

    [Fact]
    public void Glyphs_are_those_of_code_page_437()
    {
        foreach (var (i, code) in new byte[] { 0xc4, 0xdb, 0x01, 0xf8, 0xfe }.Index()) _memory.Span(VgaTextScreen.Address + (ulong)i * 2, 1)[0] = code;
        Assert.Equal("─█☺°■", _screen.Snapshot()[0]);
    }

    [Fact]
    public void The_start_address_scrolls_and_the_cursor_moves()
    {
        Print(1, 0, "second");
        SetCrtc(0x0d, 80);
        Assert.Equal("second", _screen.Snapshot()[0]);
        SetCrtc(0x0e, (80 * 3 + 7) >> 8);
        SetCrtc(0x0f, (80 * 3 + 7) & 0xff);
        Assert.Equal((7, 2), _screen.Cursor);
    }

    [Fact]
    public void A_wild_start_address_stays_inside_the_window()
    {
        SetCrtc(0x0c, 0xff);
        SetCrtc(0x0d, 0xff);
        Assert.Equal(25, _screen.Snapshot().Count);
    }

    [Fact]
    public void The_status_register_shows_retraces_coming_and_going()
    {
        uint first = _ports.Read(Status, 1);
        Assert.NotEqual(first, _ports.Read(Status, 1));
        Assert.Equal(first, _ports.Read(Status, 1));
    }

    [Fact]
    public void Reading_the_status_resets_the_attribute_flip_flop()
    {
        _ports.Write(Attribute, 1, 0x05);
        _ports.Read(Status, 1);
        _ports.Write(Attribute, 1, 0x07);
        _ports.Write(Attribute, 1, 0x2a);
        Assert.Equal(0x2au, _ports.Read(Attribute + 1, 1));
    }

    [Fact]
    public void The_palette_reads_back_in_threes()
    {
        _ports.Write(0x18, 1, 5);
        foreach (uint value in new uint[] { 1, 2, 3 }) _ports.Write(0x19, 1, value);
        _ports.Write(0x17, 1, 5);
        Assert.Equal([1u, 2u, 3u], new[] { _ports.Read(0x19, 1), _ports.Read(0x19, 1), _ports.Read(0x19, 1) });
    }
}

using Tcg.Mttcg.Machine.Wiring;
using Tcg.Mttcg.Memory.Contracts;

namespace Tcg.Mttcg.Machine.Video;

/// <summary>
/// The VGA's registers at ports 0x3b0 to 0x3df, as storage that reads back: enough for text mode drivers to move the cursor, scroll by the start
/// address, load a palette and wait for a retrace. The picture itself is always 80x25 text.
/// </summary>
public sealed class VgaPorts : IPortDevice, IResettable
{
    public const ushort FirstPort = 0x3b0;
    public const int PortCount = 0x30;

    private const int AttributePort = 0x10, AttributeRead = 0x11, MiscellaneousWrite = 0x12, SequencerIndex = 0x14, PaletteMask = 0x16, PaletteRead = 0x17,
        PaletteWrite = 0x18, PaletteData = 0x19, MiscellaneousRead = 0x1c, GraphicsIndex = 0x1e, CrtcIndex = 0x24, StatusPort = 0x2a;
    private const int StartHigh = 0x0c, StartLow = 0x0d, CursorHigh = 0x0e, CursorLow = 0x0f;

    /// <summary>CRT controller of mode 3: 80 columns, 400 lines of 16 per character.</summary>
    private static ReadOnlySpan<byte> TextCrtc =>
    [
        0x5f, 0x4f, 0x50, 0x82, 0x55, 0x81, 0xbf, 0x1f, 0x00, 0x4f, 0x0d, 0x0e, 0x00, 0x00, 0x00, 0x00, 0x9c, 0x8e, 0x8f, 0x28, 0x1f, 0x96, 0xb9, 0xa3, 0xff,
    ];

    private readonly byte[] _crtc = new byte[256], _sequencer = new byte[256], _graphics = new byte[256], _attributes = new byte[32], _palette = new byte[768];
    private byte _crtcIndex, _sequencerIndex, _graphicsIndex, _attributeIndex, _miscellaneous, _paletteMask, _status;
    private bool _attributeHasIndex;
    private int _paletteRead, _paletteWrite;

    public VgaPorts() => Reset();

    /// <summary>Position of the cursor in characters from the start of text memory.</summary>
    public int Cursor => _crtc[CursorHigh] << 8 | _crtc[CursorLow];

    /// <summary>First character shown.</summary>
    public int Start => _crtc[StartHigh] << 8 | _crtc[StartLow];

    public void Reset()
    {
        foreach (var registers in new[] { _crtc, _sequencer, _graphics, _attributes, _palette }) Array.Clear(registers);
        TextCrtc.CopyTo(_crtc);
        new byte[] { 0x03, 0x00, 0x03, 0x00, 0x02 }.CopyTo(_sequencer, 0);
        new byte[] { 0, 0, 0, 0, 0, 0x10, 0x0e, 0, 0xff }.CopyTo(_graphics, 0);
        (_crtcIndex, _sequencerIndex, _graphicsIndex, _attributeIndex, _paletteRead, _paletteWrite) = (0, 0, 0, 0, 0, 0);
        (_miscellaneous, _paletteMask, _status, _attributeHasIndex) = (0x67, 0xff, 0, false);
    }

    public uint Read(ushort offset, int size)
    {
        switch (Canonical(offset))
        {
            case AttributePort: return _attributeIndex;
            case AttributeRead: return _attributes[_attributeIndex & 31];
            case SequencerIndex: return _sequencerIndex;
            case SequencerIndex + 1: return _sequencer[_sequencerIndex];
            case PaletteMask: return _paletteMask;
            case PaletteWrite: return (byte)(_paletteWrite / 3);
            case PaletteData: return _palette[_paletteRead = (_paletteRead + 1) % 768];
            case MiscellaneousRead: return _miscellaneous;
            case GraphicsIndex: return _graphicsIndex;
            case GraphicsIndex + 1: return _graphics[_graphicsIndex];
            case CrtcIndex: return _crtcIndex;
            case CrtcIndex + 1: return _crtc[_crtcIndex];
            case StatusPort:
                // Retrace comes and goes with each look, so loops that wait for either end.
                _attributeHasIndex = false;
                return _status ^= 0x09;
            default: return 0xff;
        }
    }

    public void Write(ushort offset, int size, uint value)
    {
        byte data = (byte)value;
        switch (Canonical(offset))
        {
            case AttributePort: WriteAttribute(data); break;
            case MiscellaneousWrite: _miscellaneous = data; break;
            case SequencerIndex: _sequencerIndex = data; break;
            case SequencerIndex + 1: _sequencer[_sequencerIndex] = data; break;
            case PaletteMask: _paletteMask = data; break;
            // The first read after this yields the entry's first byte.
            case PaletteRead: _paletteRead = (data * 3 + 767) % 768; break;
            case PaletteWrite: _paletteWrite = data * 3; break;
            case PaletteData:
                _palette[_paletteWrite] = (byte)(data & 0x3f);
                _paletteWrite = (_paletteWrite + 1) % 768;
                break;
            case GraphicsIndex: _graphicsIndex = data; break;
            case GraphicsIndex + 1: _graphics[_graphicsIndex] = data; break;
            case CrtcIndex: _crtcIndex = data; break;
            case CrtcIndex + 1: _crtc[_crtcIndex] = data; break;
        }
    }

    /// <summary>The monochrome addresses 0x3b4, 0x3b5 and 0x3ba name the same registers as the colour ones.</summary>
    private static int Canonical(ushort offset) => offset is 0x04 or 0x05 or 0x0a ? offset + 0x20 : offset;

    private void WriteAttribute(byte data)
    {
        if (_attributeHasIndex) _attributes[_attributeIndex & 31] = data;
        else _attributeIndex = data;
        _attributeHasIndex = !_attributeHasIndex;
    }
}

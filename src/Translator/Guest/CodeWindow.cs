using Iced.Intel;

namespace Tcg.Mttcg.Translator.Guest;

/// <summary>The bytes one instruction may be made of, at most 15, as Iced reads them.</summary>
public sealed class CodeWindow : CodeReader
{
    /// <summary>The longest instruction (SDM 2 2.3.11): #GP(0) beyond.</summary>
    public const int MaxInstruction = 15;

    private readonly byte[] _bytes = new byte[MaxInstruction];
    private int _length, _position;

    /// <summary>The instruction's bytes and what follows them.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, _length);

    public void Fill(ReadOnlySpan<byte> bytes)
    {
        _length = _position = 0;
        Extend(bytes);
    }

    /// <summary>Adds the next page's first bytes and starts over.</summary>
    public void Extend(ReadOnlySpan<byte> bytes)
    {
        var taken = Math.Min(bytes.Length, MaxInstruction - _length);
        bytes[..taken].CopyTo(_bytes.AsSpan(_length));
        _length += taken;
        _position = 0;
    }

    public override int ReadByte() => _position < _length ? _bytes[_position++] : -1;
}

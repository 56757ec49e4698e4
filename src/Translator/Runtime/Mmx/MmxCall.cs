using Iced.Intel;

namespace Tcg.Mttcg.Translator.Runtime;

/// <summary>An MMX instruction in one word: argument A of <see cref="HelperId.Mmx"/>.</summary>
/// <remarks>Bits: 15:0 Iced's mnemonic, 18:16 destination register, 21:19 source register, 22 the source is argument B, 23 the destination is written, 31:24 immediate.</remarks>
public readonly record struct MmxCall(ulong Raw)
{
    private const ulong SourceIsArgumentBit = 1 << 22, WritesBit = 1 << 23;

    /// <param name="source">MM0..MM7; -1: argument B is the source.</param>
    /// <param name="destination">MM0..MM7; -1: only the result is wanted.</param>
    public MmxCall(Mnemonic mnemonic, int destination, int source, byte immediate)
        : this((ulong)mnemonic | ((ulong)(destination & 7) << 16) | ((ulong)(source & 7) << 19) | (source < 0 ? SourceIsArgumentBit : 0)
            | (destination < 0 ? 0 : WritesBit) | ((ulong)immediate << 24))
    {
    }

    public Mnemonic Mnemonic => (Mnemonic)(Raw & 0xffff);
    public int Destination => (int)(Raw >> 16) & 7;
    public int Source => (int)(Raw >> 19) & 7;
    public bool SourceIsArgument => (Raw & SourceIsArgumentBit) != 0;
    public bool Writes => (Raw & WritesBit) != 0;
    public byte Immediate => (byte)(Raw >> 24);
}

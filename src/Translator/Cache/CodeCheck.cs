using Tcg.Mttcg.Memory.Host;

namespace Tcg.Mttcg.Translator.Cache;

/// <summary>Bytes of a TB that it compares with RAM when it is entered.</summary>
/// <param name="Start">First of them, counted from the block's first byte.</param>
/// <param name="Host">Where RAM holds the first of them.</param>
public readonly record struct CodeCheck(int Start, int Length, HostPointer Host)
{
    public int End => Start + Length;

    /// <summary>RAM holds what the block was made from.</summary>
    public unsafe bool Holds(ReadOnlySpan<byte> source) => new ReadOnlySpan<byte>(Host.Bytes, Length).SequenceEqual(source.Slice(Start, Length));
}

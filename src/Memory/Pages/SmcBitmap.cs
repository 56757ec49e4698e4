using System.Numerics;

namespace Tcg.Mttcg.Memory.Pages;

/// <summary>
/// Which of a page's 4096 bytes belong to TBs. The owner adds bits while others read; taking bits away means publishing a new bitmap.
/// </summary>
public sealed class SmcBitmap
{
    private const int WordBits = 64;
    private readonly ulong[] _words = new ulong[Words];

    /// <summary>Length of the map in words of 64 bytes' bits.</summary>
    public const int Words = PageSize.Bytes / WordBits;

    public SmcBitmap()
    {
    }

    /// <summary>A copy of <see cref="Words"/> words: bit b of word w stands for byte 64 w + b.</summary>
    /// <exception cref="ArgumentException">Not that many words.</exception>
    public SmcBitmap(ReadOnlySpan<ulong> words)
    {
        if (words.Length != Words)
            throw new ArgumentException($"A page has {Words} words.", nameof(words));
        words.CopyTo(_words);
    }

    /// <summary>Marks bytes as code; readers see each word's bits appear at once.</summary>
    public void Add(int offset, int length)
    {
        Check(offset, length);
        for (var word = offset / WordBits; word * WordBits < offset + length; word++)
            Interlocked.Or(ref _words[word], MaskIn(word, offset, length));
    }

    /// <summary>Whether any of the bytes is code.</summary>
    public bool Overlaps(int offset, int length)
    {
        Check(offset, length);
        for (var word = offset / WordBits; word * WordBits < offset + length; word++)
            if ((Volatile.Read(ref _words[word]) & MaskIn(word, offset, length)) != 0)
                return true;
        return false;
    }

    /// <summary>Bytes marked.</summary>
    public int Count => _words.Sum(BitOperations.PopCount);

    private static ulong MaskIn(int word, int offset, int length)
    {
        var from = Math.Max(offset - word * WordBits, 0);
        var to = Math.Min(offset + length - word * WordBits, WordBits);
        var below = (1UL << from) - 1;
        return (to == WordBits ? ulong.MaxValue : (1UL << to) - 1) & ~below;
    }

    private static void Check(int offset, int length)
    {
        if (offset < 0 || length < 1 || offset > PageSize.Bytes - length)
            throw new ArgumentOutOfRangeException(nameof(offset), offset, $"{length} bytes from there are not inside one page.");
    }
}

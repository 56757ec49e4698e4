using System.Numerics;
using Tcg.Mttcg.Memory;

namespace Tcg.Mttcg.Actors.Hosting;

/// <summary>Pages of RAM that were stored to.</summary>
/// <param name="bits">One a page, from page 0 on.</param>
public sealed class DirtyPages(ulong[] bits, int count)
{
    private const int BitsPerWord = 64;

    public int Count { get; } = count;

    /// <summary>In rising order.</summary>
    public IEnumerable<RamPage> Pages()
    {
        for (var word = 0; word < bits.Length; word++)
        {
            for (var left = bits[word]; left != 0; left &= left - 1)
                yield return new RamPage((uint)(word * BitsPerWord + BitOperations.TrailingZeroCount(left)));
        }
    }
}

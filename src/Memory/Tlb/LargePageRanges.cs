namespace Tcg.Mttcg.Memory.Tlb;

/// <summary>
/// Which linear addresses may be cached as parts of large pages. A page of 2 MiB is cached 4 KiB at a time, but INVLPG anywhere in it must
/// forget all of it (SDM 3A 4.10.4.1). A few aligned power-of-two ranges are kept; when they run out, two are merged into a wider one.
/// </summary>
internal sealed class LargePageRanges
{
    private const int Capacity = 8;
    private readonly ulong[] _start = new ulong[Capacity];
    private readonly int[] _shift = new int[Capacity];
    private int _count;

    internal void Clear() => _count = 0;

    internal void Add(ulong address, int shift)
    {
        if (TryFind(address, out _, out var known) && known >= shift)
            return;
        var start = AlignDown(address, shift);
        if (_count < Capacity)
        {
            _start[_count] = start;
            _shift[_count++] = shift;
            return;
        }
        var nearest = 0;
        var width = int.MaxValue;
        for (var i = 0; i < _count; i++)
        {
            var common = Math.Max(CommonShift(start, _start[i]), Math.Max(shift, _shift[i]));
            if (common >= width)
                continue;
            nearest = i;
            width = common;
        }
        _start[nearest] = AlignDown(start, width);
        _shift[nearest] = width;
    }

    /// <summary>The widest known range around an address; a shift of 64 is everything.</summary>
    internal bool TryFind(ulong address, out ulong start, out int shift)
    {
        start = 0;
        shift = -1;
        for (var i = 0; i < _count; i++)
        {
            if (_shift[i] <= shift || AlignDown(address, _shift[i]) != _start[i])
                continue;
            start = _start[i];
            shift = _shift[i];
        }
        return shift >= 0;
    }

    /// <summary>Whether a span of <paramref name="length"/> bytes touches any range.</summary>
    internal bool Touches(ulong start, ulong length)
    {
        for (var i = 0; i < _count; i++)
            if (_shift[i] >= 64 || _start[i] - start < length || start - _start[i] < 1UL << _shift[i])
                return true;
        return false;
    }

    private static int CommonShift(ulong a, ulong b) => 64 - System.Numerics.BitOperations.LeadingZeroCount(a ^ b);

    private static ulong AlignDown(ulong address, int shift) => shift >= 64 ? 0 : address & (ulong.MaxValue << shift);
}

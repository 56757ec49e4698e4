using System.Diagnostics;
using System.Numerics;

namespace Tcg.Mttcg.Actors.Counters;

/// <summary>
/// Counts durations in buckets of a quarter power of two, so that percentiles are right within 19 %. One writer, who pays two increments;
/// any reader.
/// </summary>
public sealed class LatencyHistogram
{
    private const int SubBits = 2;
    private readonly long[] _buckets = new long[64 << SubBits];

    public long Count { get; private set; }

    /// <param name="ticks">Of <see cref="Stopwatch"/>.</param>
    public void Record(long ticks)
    {
        _buckets[Bucket((ulong)Math.Max(ticks, 0))]++;
        Count++;
    }

    public void AddTo(LatencyHistogram sum)
    {
        for (var i = 0; i < _buckets.Length; i++) sum._buckets[i] += _buckets[i];
        sum.Count += Count;
    }

    /// <summary>The duration that a share of all stayed within; zero when there were none.</summary>
    /// <param name="share">0 to 1.</param>
    public TimeSpan Percentile(double share)
    {
        var wanted = (long)Math.Ceiling(share * Count);
        long seen = 0;
        for (var i = 0; i < _buckets.Length; i++)
        {
            seen += _buckets[i];
            if (seen >= wanted && seen > 0) return TimeSpan.FromTicks((long)(UpperBound(i) * (TimeSpan.TicksPerSecond / (double)Stopwatch.Frequency)));
        }
        return TimeSpan.Zero;
    }

    private static int Bucket(ulong ticks)
    {
        if (ticks < 1 << SubBits) return (int)ticks;
        var top = BitOperations.Log2(ticks);
        return ((top - SubBits + 1) << SubBits) | (int)(ticks >> (top - SubBits) & ((1 << SubBits) - 1));
    }

    private static double UpperBound(int bucket)
    {
        if (bucket < 1 << SubBits) return bucket;
        var top = (bucket >> SubBits) + SubBits - 1;
        return (double)((1L << SubBits) + (bucket & ((1 << SubBits) - 1)) + 1) * Math.Pow(2, top - SubBits);
    }
}

using System.Diagnostics;
using System.Numerics;

namespace Tcg.Mttcg.Actors.Counters;

/// <summary>
/// Counts durations in buckets of a quarter power of two, so that percentiles are right within 19 %, and adds them up. One writer, who pays two
/// increments and an addition; any reader.
/// </summary>
public sealed class LatencyHistogram
{
    private const int SubBits = 2;
    private readonly long[] _buckets = new long[64 << SubBits];

    private long _ticks;

    public long Count { get; private set; }

    /// <summary>All durations together.</summary>
    public TimeSpan Total => Time(Volatile.Read(ref _ticks));

    /// <summary>What was counted by bucket: how many, and the duration that they stayed within. Shortest first; empty buckets too.</summary>
    public IEnumerable<(TimeSpan Within, long Count)> Buckets => _buckets.Select((count, i) => (Time(UpperBound(i)), count));

    /// <param name="ticks">Of <see cref="Stopwatch"/>.</param>
    public void Record(long ticks)
    {
        ticks = Math.Max(ticks, 0);
        _buckets[Bucket((ulong)ticks)]++;
        _ticks += ticks;
        Count++;
    }

    public void AddTo(LatencyHistogram sum)
    {
        for (var i = 0; i < _buckets.Length; i++) sum._buckets[i] += _buckets[i];
        sum._ticks += _ticks;
        sum.Count += Count;
    }

    /// <summary>What was counted since an earlier sum of the same.</summary>
    public LatencyHistogram Since(LatencyHistogram earlier)
    {
        var difference = new LatencyHistogram { Count = Count - earlier.Count, _ticks = _ticks - earlier._ticks };
        for (var i = 0; i < _buckets.Length; i++) difference._buckets[i] = _buckets[i] - earlier._buckets[i];
        return difference;
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
            if (seen >= wanted && seen > 0) return Time(UpperBound(i));
        }
        return TimeSpan.Zero;
    }

    private static TimeSpan Time(double ticks) => TimeSpan.FromTicks((long)(ticks * (TimeSpan.TicksPerSecond / (double)Stopwatch.Frequency)));

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

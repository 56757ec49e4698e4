using Tcg.Mttcg.Actors.Counters;

namespace Tcg.Mttcg.Bench;

/// <summary>A latency histogram as text: percentiles, then a bar for each power of two.</summary>
internal static class Histogram
{
    private const int BarWidth = 50;

    private static readonly (string Name, double Share)[] Percentiles = [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p99.9", 0.999), ("max", 1)];

    public static void Write(TextWriter to, LatencyHistogram latency)
    {
        to.WriteLine($"  {string.Join("  ", Percentiles.Select(p => $"{p.Name} {latency.Percentile(p.Share).TotalMicroseconds:f1} us"))}");
        // Bounds are powers of two in nanoseconds, and quarters between them.
        var rows = latency.Buckets.Where(bucket => bucket.Count > 0)
            .GroupBy(bucket => (int)Math.Ceiling(Math.Log2(Math.Max(bucket.Within.TotalNanoseconds, 1))), bucket => bucket.Count)
            .ToDictionary(group => group.Key, group => group.Sum());
        if (rows.Count == 0) return;
        var most = rows.Values.Max();
        for (var power = rows.Keys.Min(); power <= rows.Keys.Max(); power++)
        {
            var count = rows.GetValueOrDefault(power);
            // What is there is seen, be it one.
            var bar = (int)Math.Ceiling(count * (double)BarWidth / most);
            to.WriteLine($"  <= {Math.Pow(2, power) / 1000,9:f1} us {count,9:n0}  {new string('#', bar)}");
        }
    }
}

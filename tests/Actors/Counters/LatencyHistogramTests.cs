using System.Diagnostics;
using Tcg.Mttcg.Actors.Counters;

namespace Tcg.Mttcg.Actors.Tests.Counters;

public class LatencyHistogramTests
{
    private static double Ticks(TimeSpan time) => time.TotalSeconds * Stopwatch.Frequency;

    [Fact]
    public void Percentiles_are_upper_bounds_within_a_quarter()
    {
        var histogram = new LatencyHistogram();
        for (var ticks = 1; ticks <= 100_000; ticks++) histogram.Record(ticks);
        foreach (var share in new[] { 0.1, 0.5, 0.9, 0.99, 1 })
        {
            // TimeSpans count in steps of 100 ns.
            var step = Stopwatch.Frequency / 1e7;
            Assert.InRange(Ticks(histogram.Percentile(share)), share * 100_000 - step, share * 125_001 + step);
        }
        Assert.Equal(100_000, histogram.Count);
    }

    [Fact]
    public void One_slow_ask_in_a_thousand_is_not_in_the_99th_percentile_but_is_the_maximum()
    {
        var histogram = new LatencyHistogram();
        for (var i = 0; i < 999; i++) histogram.Record(Stopwatch.Frequency / 1_000_000);
        histogram.Record(Stopwatch.Frequency);
        Assert.True(histogram.Percentile(0.99) < TimeSpan.FromMicroseconds(2));
        Assert.True(histogram.Percentile(1) >= TimeSpan.FromSeconds(1));
    }

    [Fact]
    public void Nothing_recorded_has_no_percentile() => Assert.Equal(TimeSpan.Zero, new LatencyHistogram().Percentile(0.5));

    [Fact]
    public void A_sum_counts_everything_once()
    {
        var (one, two, sum) = (new LatencyHistogram(), new LatencyHistogram(), new LatencyHistogram());
        one.Record(10);
        two.Record(1_000_000);
        one.AddTo(sum);
        two.AddTo(sum);
        Assert.Equal(2, sum.Count);
        Assert.Equal(one.Percentile(1), sum.Percentile(0.5));
        Assert.Equal(one.Total + two.Total, sum.Total);
    }

    [Fact]
    public void The_total_is_exact()
    {
        var histogram = new LatencyHistogram();
        for (var i = 0; i < 1000; i++) histogram.Record(Stopwatch.Frequency + i * (Stopwatch.Frequency / 1000));
        Assert.Equal(TimeSpan.FromSeconds(1000 + 999 * 1000 / 2 / 1000.0), histogram.Total);
    }

    [Fact]
    public void What_came_since_is_what_a_histogram_of_it_alone_would_hold()
    {
        var (all, alone, earlier) = (new LatencyHistogram(), new LatencyHistogram(), new LatencyHistogram());
        for (var i = 1; i < 100; i++) all.Record(i * 12_345);
        all.AddTo(earlier);
        for (var i = 1; i < 50; i++)
        {
            all.Record(i * 777);
            alone.Record(i * 777);
        }
        var since = all.Since(earlier);
        Assert.Equal(alone.Buckets, since.Buckets);
        Assert.Equal((alone.Count, alone.Total), (since.Count, since.Total));
    }
}

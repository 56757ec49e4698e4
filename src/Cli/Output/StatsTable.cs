using System.Globalization;
using Tcg.Mttcg.Actors.Counters;
using Tcg.Mttcg.Actors.Hosting;

namespace Tcg.Mttcg.Cli.Output;

/// <summary>What a machine did, in 80 columns.</summary>
internal static class StatsTable
{
    /// <summary>Of a machine that has ended and is not disposed.</summary>
    public static unsafe void Write(TextWriter writer, EmulatedMachine machine)
    {
        var counters = machine.Counters;
        ulong helpers = 0;
        foreach (var cpu in machine.Cpus) helpers += cpu.State->HelperCalls;
        void Row(string name, FormattableString value) => writer.WriteLine($"  {name,-28} {value.ToString(CultureInfo.InvariantCulture)}");

        var vcpus = counters.Vcpus;
        long Sum(Func<VcpuCounters, long> of) => vcpus.Sum(of);
        var translations = Sum(v => v.Executor.Translations);
        writer.WriteLine();
        Row("TBs translated", $"{translations:n0}, from {Sum(v => v.Executor.GuestBytesTranslated):n0} bytes of guest code");
        Row("host code", $"{Sum(v => v.Executor.HostBytesEmitted):n0} bytes");
        Row("direct jumps chained", $"{Sum(v => v.Executor.Chained):n0}");
        Row("dispatches", $"{Sum(v => v.Executor.Dispatches):n0}: jump cache {Sum(v => v.Executor.DispatchJumpCacheHits):n0}, hash {Sum(v => v.Executor.HashHits):n0}");
        Row("helper calls", $"{helpers:n0}");
        Row("managed allocations", $"{GC.GetTotalAllocatedBytes():n0} bytes since start, {GC.CollectionCount(0):n0} collections");
        Row("TLB", $"{Sum(v => v.Tlb.Fills):n0} fills, {Sum(v => v.Tlb.VictimHits):n0} victim hits, {Sum(v => v.Tlb.Flushes):n0} flushes");
        Row("interrupts, exceptions", $"{Sum(v => v.Executor.Interrupts):n0}, {Sum(v => v.Executor.Exceptions):n0}");
        Row("TBs invalidated", $"{counters.Memory.BlocksKilled:n0}, by {counters.Memory.CodeWrites:n0} stores into code");
        Row("stale, lost links", $"{Sum(v => v.Executor.StaleLinks):n0}, {Sum(v => v.Executor.ExistingLinks):n0}");
        Row("grace periods", $"{counters.Memory.GracePeriods + counters.Regions.GracePeriods:n0}, {counters.Memory.AcksAwaited + counters.Regions.AcksAwaited:n0} vCPUs waited for; {counters.Memory.Broadcasts:n0} broadcasts");
        Row("regions retired, run alone", $"{counters.Regions.Retirements:n0}, {counters.Life.ExclusiveSections:n0}");
        var kicks = counters.KickLatency();
        Row("kicks", $"{Sum(v => v.Door.Kicks):n0}, p50 {Micro(kicks, 0.5)}, p99 {Micro(kicks, 0.99)}");
        var asks = counters.Asks();
        var run = counters.RunTime();
        Row("run time of all vCPUs", $"{run.TotalSeconds:n2} s, {Percent(asks.Total, run)} of it in asks");
        foreach (var kind in Enum.GetValues<AskKind>())
        {
            var histogram = asks[kind];
            if (histogram.Count > 0) Row($"asks: {kind}", $"{histogram.Count:n0}, p50 {histogram.Percentile(0.5).TotalMicroseconds:f1}, p99 {Micro(histogram, 0.99)}, {histogram.Total.TotalMilliseconds:n0} ms, {Percent(histogram.Total, run)}");
        }
    }

    private static string Percent(TimeSpan part, TimeSpan all) => string.Create(CultureInfo.InvariantCulture, $"{(all > TimeSpan.Zero ? part / all : 0) * 100:f2} %");

    private static string Micro(LatencyHistogram histogram, double share) =>
        string.Create(CultureInfo.InvariantCulture, $"{histogram.Percentile(share).TotalMicroseconds:f1} us");
}

using System.Diagnostics.Metrics;
using Tcg.Mttcg.Actors.Counters;

namespace Tcg.Mttcg.Actors.Hosting;

/// <summary>
/// A machine's counters as .NET metrics: the meter <c>Tcg.Mttcg</c>, one a machine. Everything is observed, so it costs nothing while nobody listens
/// (<see cref="MeterListener"/>, <c>dotnet-counters monitor --counters Tcg.Mttcg</c>). Times are in microseconds.
/// </summary>
internal sealed class MachineMeter : IDisposable
{
    public const string Name = "Tcg.Mttcg";

    private static readonly (string Name, string Unit, string Description, Func<MachineCounters, long> Value)[] Counts =
    [
        ("mttcg.translations", "{block}", "Blocks translated", c => c.Vcpus.Sum(v => v.Executor.Translations)),
        ("mttcg.dispatches", "{dispatch}", "Blocks found by the dispatcher, not by a chained jump", c => c.Vcpus.Sum(v => v.Executor.Dispatches)),
        ("mttcg.links.stale", "{block}", "Translations that a store spoilt before they were linked", c => c.Vcpus.Sum(v => v.Executor.StaleLinks)),
        ("mttcg.links.existing", "{block}", "Translations that another vCPU had made first", c => c.Vcpus.Sum(v => v.Executor.ExistingLinks)),
        ("mttcg.blocks.killed", "{block}", "Blocks that died", c => c.Memory.BlocksKilled),
        ("mttcg.broadcasts", "{broadcast}", "Pages that became code while some vCPU could write them", c => c.Memory.Broadcasts),
        ("mttcg.grace_periods", "{period}", "Waits for all vCPUs to be quiescent", c => c.Memory.GracePeriods + c.Regions.GracePeriods),
        ("mttcg.acks", "{ack}", "vCPUs waited for in them", c => c.Memory.AcksAwaited + c.Regions.AcksAwaited),
        ("mttcg.regions.retired", "{region}", "Code regions retired", c => c.Regions.Retirements),
        ("mttcg.tlb.flushes", "{flush}", "Soft TLB flushes", c => c.Vcpus.Sum(v => v.Tlb.Flushes)),
        ("mttcg.tlb.fills", "{fill}", "Soft TLB fills", c => c.Vcpus.Sum(v => v.Tlb.Fills)),
        ("mttcg.interrupts", "{interrupt}", "Interrupts taken", c => c.Vcpus.Sum(v => v.Executor.Interrupts)),
        ("mttcg.kicks", "{kick}", "Kicks of vCPUs", c => c.Vcpus.Sum(v => v.Door.Kicks)),
        ("mttcg.exclusive_sections", "{section}", "Instructions that ran alone", c => c.Life.ExclusiveSections),
    ];

    private static readonly (string Suffix, double Share)[] Percentiles = [("p50", 0.5), ("p99", 0.99)];

    private readonly Meter _meter = new(Name);

    public MachineMeter(Func<MachineCounters> read)
    {
        foreach (var (name, unit, description, value) in Counts) _meter.CreateObservableCounter(name, () => value(read()), unit, description);
        _meter.CreateObservableCounter("mttcg.asks", () => Asks(read(), histogram => histogram.Count), "{ask}", "Asks to the owners of code, by kind");
        _meter.CreateObservableCounter("mttcg.run_time", () => read().RunTime().TotalMicroseconds, "us", "Time that vCPUs were not halted");
        _meter.CreateObservableCounter("mttcg.asks.time", () => Asks(read(), histogram => histogram.Total.TotalMicroseconds), "us", "Part of it spent in asks, by kind");
        foreach (var (suffix, share) in Percentiles)
        {
            _meter.CreateObservableGauge($"mttcg.asks.latency.{suffix}", () => Asks(read(), histogram => Microseconds(histogram, share)), "us", "Time to the answer");
            _meter.CreateObservableGauge(
                $"mttcg.kicks.latency.{suffix}", () => Microseconds(read().KickLatency(), share), "us", "Time from a kick until the vCPU looks what is wanted");
        }
    }

    public void Dispose() => _meter.Dispose();

    private static IEnumerable<Measurement<T>> Asks<T>(MachineCounters counters, Func<LatencyHistogram, T> value) where T : struct
    {
        var asks = counters.Asks();
        return Enum.GetValues<AskKind>().Select(kind => new Measurement<T>(value(asks[kind]), new KeyValuePair<string, object?>("kind", kind.ToString())));
    }

    private static double Microseconds(LatencyHistogram histogram, double share) => histogram.Percentile(share).TotalMicroseconds;
}

using System.Diagnostics;
using Tcg.Mttcg.Actors.Counters;

namespace Tcg.Mttcg.Bench;

/// <summary>What asks to the owners of code cost while Debian's kernel boots on 4 vCPUs, and after that while programs come and go on all of them.</summary>
internal static class AskCost
{
    private const int Cpus = 4;
    private const double WantedPercent = 2;
    private const string Prompt = "/ # ";

    // On each processor: fork and exec, pipes, arithmetic, compression.
    private const string Workload =
        "for cpu in 0 1 2 3; do (while :; do busybox true; seq 1 200 | awk '{ s += $1 } END { print s }'; " +
        "dd if=/dev/urandom bs=4k count=16 2>/dev/null | gzip | sha256sum; done >/dev/null) & done; echo un''der way\n";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    public static async Task<int> RunAsync(int seconds)
    {
        string At(string file) => Path.Combine(Emulators.Root, "guests", "cache", file);
        string kernel = At("vmlinuz-cloud"), initrd = At("initramfs.cpio");
        if (!File.Exists(kernel) || !File.Exists(initrd))
        {
            Console.Error.WriteLine($"{kernel} is missing: run guests/fetch.sh");
            return 1;
        }
        await using var vm = Vm.Start(new VmOptions { Kernel = kernel, Initrd = initrd, CommandLine = "console=ttyS0", Cpus = Cpus, RamBytes = 256 << 20 });
        var start = Reading.Of(vm);
        await Expect(vm, Prompt);
        var booted = Reading.Of(vm);
        Report("boot to the shell", start, booted);
        vm.Console.Write(Workload);
        await Expect(vm, "under way");
        // The phase begins at the prompt: whatever the programs make the kernel do for the first time is part of it.
        await Task.Delay(TimeSpan.FromSeconds(seconds));
        var end = Reading.Of(vm);
        var percent = Report("after boot", booted, end);
        Report("boot and after", start, end);
        CountersOwnCost(end);
        return percent < WantedPercent ? 0 : 1;
    }

    private static double Report(string phase, Reading from, Reading to)
    {
        var run = to.Run - from.Run;
        Console.WriteLine($"\n{phase}: {to.Wall - from.Wall:f1} s, run time of {Cpus} vCPUs {run.TotalSeconds:f1} s, {to.Translations - from.Translations:n0} TBs translated");
        Console.WriteLine($"  {"ask",-10} {"count",10} {"p50 us",8} {"p99 us",9} {"total ms",9} {"of run time",12}");
        var all = TimeSpan.Zero;
        foreach (var kind in Enum.GetValues<AskKind>())
        {
            var asks = to.Asks[kind].Since(from.Asks[kind]);
            all += asks.Total;
            Row(kind.ToString(), $"{asks.Count,10:n0}", $"{Micro(asks, 0.5),8:f1}", $"{Micro(asks, 0.99),9:f1}", asks.Total);
        }
        Row("together", "", "", "", all);
        return Percent(all);

        double Percent(TimeSpan part) => part / run * 100;
        void Row(string name, string count, string p50, string p99, TimeSpan total) =>
            Console.WriteLine($"  {name,-10} {count,10} {p50,8} {p99,9} {total.TotalMilliseconds,9:n0} {Percent(total),10:f2} %");
    }

    // What counting itself took: the cost of each event, measured here, times how many there were.
    private static void CountersOwnCost(Reading end)
    {
        const int many = 10_000_000;
        var histogram = new LatencyHistogram();
        var clock = new RunClock();
        var asks = Nanoseconds(() => histogram.Record(Stopwatch.GetTimestamp() - Stopwatch.GetTimestamp())) * Enum.GetValues<AskKind>().Sum(kind => end.Asks[kind].Count);
        var halts = Nanoseconds(() =>
        {
            clock.Start(Stopwatch.GetTimestamp());
            clock.Stop(Stopwatch.GetTimestamp());
        }) * end.Halts;
        Console.WriteLine($"\ncounting itself: asks {asks / 1e6:f1} ms, {end.Halts:n0} halts {halts / 1e6:f1} ms: {(asks + halts) / end.Run.TotalNanoseconds * 100:f3} % of run time");

        static double Nanoseconds(Action one)
        {
            for (var i = 0; i < many / 10; i++) one();
            var clock = Stopwatch.StartNew();
            for (var i = 0; i < many; i++) one();
            return clock.Elapsed.TotalNanoseconds / many;
        }
    }

    private static double Micro(LatencyHistogram asks, double share) => asks.Percentile(share).TotalMicroseconds;

    private static async Task Expect(Vm vm, string text)
    {
        if (!await vm.Console.WaitForAsync(text, Patience)) throw new InvalidOperationException($"no '{text}'\n{vm.Console.Text}");
    }

    /// <param name="Wall">Seconds.</param>
    private sealed record Reading(double Wall, TimeSpan Run, AskCounters Asks, long Translations, long Halts)
    {
        public static Reading Of(Vm vm)
        {
            var counters = vm.Machine.Counters;
            return new(
                Stopwatch.GetTimestamp() / (double)Stopwatch.Frequency, counters.RunTime(), counters.Asks(),
                counters.Vcpus.Sum(vcpu => vcpu.Executor.Translations), counters.Vcpus.Sum(vcpu => vcpu.Executor.Halts));
        }
    }
}

using System.Globalization;
using Tcg.Mttcg.Actors.Counters;
using Tcg.Mttcg.Actors.Hosting;
using Tcg.Mttcg.Guests.Workloads;

namespace Tcg.Mttcg.Cli.Load;

/// <summary>One machine at a time under something that it must bear in any amount.</summary>
internal static class Storms
{
    private const int Cpus = 4;

    public static async Task ManyCpusAsync(LoadContext context)
    {
        const int many = 64;
        (string Name, int Rounds)[] tests = [("ticket-lock", 4_000), ("tiny-buffer", 8192), ("ipi-storm", 20), ("timer-hlt", 20), ("split-page", 64)];
        await SeveralAsync(context, many, tests);
    }

    public static Task CodeAsync(LoadContext context) =>
        SeveralAsync(context, Cpus, [("smc-loop", 100_000), ("smc-arena", 200_000), ("chain", 20_000), ("stale-keep", 20_000), ("span-stores", 10_000)]);

    public static Task ShootdownAsync(LoadContext context) => SeveralAsync(context, Cpus, [("shootdown", 50_000), ("walker-ad", 10_000)]);

    public static async Task FlushAsync(LoadContext context)
    {
        var flushes = context.Amount(100_000);
        var (counters, _, time) = await context.RunAsync("flush", context.Options(FlushLoop.Build((uint)flushes), Cpus));
        context.Measure("flushes", flushes * (double)Cpus / time.TotalSeconds, "/s");
        Common(context, "flush", counters);
    }

    public static async Task GarbageAsync(LoadContext context)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(context.Cancel);
        long collections = 0;
        var litter = Task.Run(() =>
        {
            var kept = new Queue<byte[]>();
            while (!end.IsCancellationRequested)
            {
                for (var i = 0; i < 1000; i++)
                {
                    kept.Enqueue(new byte[1000]);
                    if (kept.Count > 10_000) kept.Dequeue();
                }
                GC.Collect();
                collections++;
            }
        }, CancellationToken.None);
        try
        {
            await SeveralAsync(context, 2, [("smc-arena", 200_000), ("ticket-lock", 200_000), ("shootdown", 20_000), ("split-page", 2_000)]);
        }
        finally
        {
            await end.CancelAsync();
            await litter;
        }
        context.Measure("garbage collections", collections, "");
        context.Expect(collections > 0, "no garbage was collected");
    }

    /// <summary>Translations per second must grow with the vCPUs up to the host's cores.</summary>
    public static async Task TranslationAsync(LoadContext context)
    {
        const double wanted = 0.8;
        var functions = context.Amount(40_000);
        var cores = Math.Min(Environment.ProcessorCount, 16);
        // The first run compiles the translator itself.
        await RateAsync(context, functions / 4 + 1, 1, 0, 0.1);
        var one = await RateAsync(context, functions, 1, 0.1, 0.5);
        var all = await RateAsync(context, functions, cores, 0.5, 1);
        context.Measure("translations on 1 vCPU", one, "/s");
        context.Measure($"translations on {cores} vCPUs", all, "/s");
        context.Measure("scaling for each vCPU", all / one / cores, "");
        // Below full scale the runs are too short to judge.
        if (context.Scale >= 1) context.Expect(all >= wanted * cores * one, $"{cores} vCPUs translate {all / one:n2} times as much as one; at least {wanted * cores:n1} is wanted (is the host idle?)");
    }

    private static async Task<double> RateAsync(LoadContext context, int functions, int cpus, double from, double to)
    {
        var options = context.Options(FreshCode.Build(functions), cpus) with { RamBytes = FreshCode.RamFor(cpus, functions), CodeBytes = 256 << 20 };
        var best = double.MaxValue;
        // Other work on the host only slows a run down: the best of some.
        for (var run = 0; run < 5; run++)
        {
            var (_, console, _) = await context.RunAsync($"{cpus} vCPUs", options, from, to);
            if (long.TryParse(console.Trim(), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var ticks)) best = Math.Min(best, ticks);
        }
        return functions * (double)cpus / (best / Machine.Clocks.HostTsc.DefaultFrequency);
    }

    private static async Task SeveralAsync(LoadContext context, int cpus, (string Name, int Rounds)[] tests)
    {
        for (var i = 0; i < tests.Length; i++)
        {
            var (name, full) = tests[i];
            var rounds = context.Amount(full);
            var (counters, _, time) = await context.RunAsync(name, context.Options(LoadContext.Litmus(name), cpus, rounds), (double)i / tests.Length, (i + 1.0) / tests.Length);
            context.Measure($"{name}: rounds", rounds / time.TotalSeconds, "/s");
            Common(context, name, counters);
        }
    }

    private static void Common(LoadContext context, string name, MachineCounters counters)
    {
        var kicks = counters.KickLatency();
        if (kicks.Count > 0) context.Measure($"{name}: kick latency p99", kicks.Percentile(0.99).TotalMicroseconds, "us");
        var asks = counters.Asks();
        foreach (var kind in Enum.GetValues<AskKind>())
        {
            if (asks[kind].Count > 100) context.Measure($"{name}: {kind} p99", asks[kind].Percentile(0.99).TotalMicroseconds, "us");
        }
    }
}

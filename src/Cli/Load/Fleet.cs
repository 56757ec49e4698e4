using System.Diagnostics;
using Tcg.Mttcg.Actors.Life;

namespace Tcg.Mttcg.Cli.Load;

/// <summary>Many machines: that they end, and that nothing of them stays.</summary>
internal static class Fleet
{
    private const int Machines = 200, Passes = 2;

    // What the runtime itself may keep: threads of its pool, its own tables.
    private const int SpareThreads = 12, SpareMappings = 400, SpareFiles = 4;
    private const long SpareBytes = 64 << 20;

    private static readonly (string Litmus, int Cpus, long Rounds)[] Work =
        [("smc-loop", 1, 500), ("ticket-lock", 2, 2_000), ("chain", 2, 200), ("tiny-buffer", 1, 8192), ("timer-hlt", 1, 50), ("shootdown", 2, 200)];

    public static async Task MachinesAsync(LoadContext context)
    {
        var count = context.Amount(Machines);
        // The first machine makes the runtime load and compile everything.
        foreach (var work in Work) await context.RunAsync(work.Litmus, context.Options(LoadContext.Litmus(work.Litmus), work.Cpus, work.Rounds), 0, 0);
        var before = await PassAsync(context, count, 0);
        var after = before;
        for (var pass = 1; pass < Passes; pass++) after = await PassAsync(context, count, pass);
        context.Measure("machines", count * Passes, "");
        context.Measure("resident after each pass", before.Resident / 1048576.0, "MiB");
        context.Measure("and after the last", after.Resident / 1048576.0, "MiB");
        context.Measure("threads", after.Threads, "");
        context.Measure("mappings", after.Mappings, "");
        context.Measure("file descriptors", after.Files, "");
        ExpectNoLeak(context, before, after);
    }

    public static void ExpectNoLeak(LoadContext context, HostUsage before, HostUsage after)
    {
        context.Expect(after.Threads <= before.Threads + SpareThreads, $"threads grew from {before.Threads} to {after.Threads}");
        context.Expect(after.Mappings <= before.Mappings + SpareMappings, $"mappings grew from {before.Mappings} to {after.Mappings}");
        context.Expect(after.Files <= before.Files + SpareFiles, $"file descriptors grew from {before.Files} to {after.Files}");
        context.Expect(after.Resident <= before.Resident + SpareBytes, $"resident memory grew from {before.Resident >> 20} to {after.Resident >> 20} MiB");
    }

    private static async Task<HostUsage> PassAsync(LoadContext context, int count, int pass)
    {
        var clock = Stopwatch.StartNew();
        var running = new List<Vm>();
        try
        {
            for (var i = 0; i < count; i++)
            {
                context.Cancel.ThrowIfCancellationRequested();
                var work = Work[i % Work.Length];
                running.Add(Vm.Start(context.Options(LoadContext.Litmus(work.Litmus), work.Cpus, work.Rounds)));
                context.Progress($"pass {pass + 1}: {i + 1} machines", (pass + 0.3 * i / count) / Passes);
            }
            for (var i = 0; i < count; i++)
            {
                var result = await running[i].Completion.WaitAsync(context.Cancel);
                if (result.Reason != ExitReason.DebugExit || result.Code != 0) context.Fail($"machine {i}, {Work[i % Work.Length].Litmus}: {result.Reason} {result.Code} {result.Diagnosis}");
                context.Progress($"pass {pass + 1}: {i + 1} ended", (pass + 0.3 + 0.7 * i / count) / Passes);
            }
        }
        finally
        {
            foreach (var vm in running) await vm.DisposeAsync();
            running.Clear();
        }
        context.Measure($"pass {pass + 1}", clock.Elapsed.TotalSeconds, "s");
        return await HostUsage.Settled();
    }

    public static async Task StopsAsync(LoadContext context)
    {
        var random = new Random(1);
        var count = context.Amount(Machines);
        await DisposeAsync(context, random);
        var before = await HostUsage.Settled();
        var slowest = TimeSpan.Zero;
        for (var i = 0; i < count; i++)
        {
            context.Progress($"{i} disposed", 0.5 * i / count);
            var time = await DisposeAsync(context, random);
            if (time > slowest) slowest = time;
        }
        context.Measure("machines disposed", count, "");
        context.Measure("slowest dispose", slowest.TotalMilliseconds, "ms");
        ExpectNoLeak(context, before, await HostUsage.Settled());

        slowest = TimeSpan.Zero;
        for (var i = 0; i < count; i++)
        {
            context.Progress($"{i} processes ended by SIGTERM", 0.5 + 0.5 * i / count);
            var time = await ProcessEnd.TerminateAsync(context, TimeSpan.FromMilliseconds(random.Next(500)));
            if (time > slowest) slowest = time;
        }
        context.Measure("processes ended", count, "");
        context.Measure("slowest end", slowest.TotalMilliseconds, "ms");
    }

    // A machine that would run for long, taken away after 0 to 100 ms.
    private static async Task<TimeSpan> DisposeAsync(LoadContext context, Random random)
    {
        context.Cancel.ThrowIfCancellationRequested();
        var work = Work[random.Next(Work.Length)];
        var vm = Vm.Start(context.Options(LoadContext.Litmus(work.Litmus), work.Cpus * random.Next(1, 3), 1_000_000_000));
        await Task.Delay(random.Next(100), context.Cancel);
        var clock = Stopwatch.StartNew();
        await vm.DisposeAsync();
        context.Expect(clock.Elapsed < context.LongestEnd, $"{work.Litmus}: Dispose took {clock.Elapsed.TotalSeconds:n1} s");
        return clock.Elapsed;
    }
}

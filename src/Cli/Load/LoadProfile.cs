namespace Tcg.Mttcg.Cli.Load;

/// <summary>A kind of load, and what is expected of a machine under it.</summary>
internal sealed record LoadProfile(string Name, string Meaning, Func<LoadContext, Task> Run)
{
    public static IReadOnlyList<LoadProfile> All { get; } =
    [
        new("machines", "200 small machines at once, twice over, without a leak", Fleet.MachinesAsync),
        new("cpus", "one machine with 64 vCPUs", Storms.ManyCpusAsync),
        new("smc", "self- and cross-modifying code on 4 vCPUs", Storms.CodeAsync),
        new("shootdown", "TLB shootdowns by interrupt on 4 vCPUs", Storms.ShootdownAsync),
        new("flush", "TLB flushes on 4 vCPUs", Storms.FlushAsync),
        new("gc", "guests beside a thread that allocates and collects garbage", Storms.GarbageAsync),
        new("translation", "fresh code on 1 vCPU and on as many as there are cores", Storms.TranslationAsync),
        new("stop", "200 machines disposed and 200 processes ended at random moments", Fleet.StopsAsync),
    ];

    /// <summary>All profiles in turn until the time is over.</summary>
    public static LoadProfile Soak(TimeSpan time) => new("soak", $"all profiles in turn for {time.TotalMinutes:n0} minutes", async context =>
    {
        var end = DateTime.UtcNow + time;
        HostUsage? first = null;
        for (var turn = 1; DateTime.UtcNow < end; turn++)
        {
            foreach (var profile in All)
            {
                if (DateTime.UtcNow >= end) break;
                var part = new LoadContext(context.Scale / 10, (what, _) => context.Progress($"turn {turn}, {profile.Name}: {what}", 1 - (end - DateTime.UtcNow) / time), context.Cancel, context.Settings);
                await profile.Run(part);
                foreach (var failure in part.Failures) context.Fail($"turn {turn}, {profile.Name}: {failure}");
            }
            var usage = await HostUsage.Settled();
            first ??= usage;
            context.Measure($"resident after turn {turn}", usage.Resident / 1048576.0, "MiB");
            Fleet.ExpectNoLeak(context, first.Value, usage);
        }
    });
}

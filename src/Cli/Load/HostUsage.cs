using System.Globalization;

namespace Tcg.Mttcg.Cli.Load;

/// <summary>What this process holds of the host, from /proc.</summary>
/// <param name="Resident">Bytes.</param>
internal readonly record struct HostUsage(long Resident, int Threads, int Mappings, int Files)
{
    public static HostUsage Now()
    {
        var status = File.ReadAllLines("/proc/self/status");
        return new(Field(status, "VmRSS:") << 10, (int)Field(status, "Threads:"), File.ReadLines("/proc/self/maps").Count(), Directory.GetFiles("/proc/self/fd").Length);
    }

    /// <summary>Garbage gone and threads of the pool asleep, as far as that can be had.</summary>
    public static async Task<HostUsage> Settled()
    {
        HostUsage last = default;
        for (var look = 0; look < 20; look++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            // Aggressive: what is free goes back to the host.
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            await Task.Delay(100);
            var now = Now();
            if (now.Threads == last.Threads && now.Files == last.Files && now.Mappings == last.Mappings) return now;
            last = now;
        }
        return last;
    }

    private static long Field(string[] status, string name)
    {
        var line = status.First(line => line.StartsWith(name, StringComparison.Ordinal));
        return long.Parse(line[name.Length..].Replace("kB", "", StringComparison.Ordinal).Trim(), CultureInfo.InvariantCulture);
    }
}

using Tcg.Mttcg.Actors.Counters;
using Tcg.Mttcg.Actors.Vcpu;
using Tcg.Mttcg.Guests.Workloads;

namespace Tcg.Mttcg.Bench;

/// <summary>How long vCPUs in an endless chained loop take to look after a kick by another thread, as they count it themselves.</summary>
internal static class KickLatency
{
    // Between two kicks, in microseconds. Sleeps, not spins: with as many vCPUs as cores somebody must give way.
    private const int Shortest = 20, Longest = 200;
    private const double WantedMicroseconds = 100;

    private static readonly (string Loop, int Blocks, int Cpus)[] Rows =
        [("two blocks that jump to each other", 2, 1), ("a block that jumps to itself", 1, 1), ("two blocks that jump to each other", 2, 2)];

    public static async Task<int> RunAsync(int kicks)
    {
        var good = true;
        foreach (var (loop, blocks, cpus) in Rows)
        {
            await using var vm = Vm.Start(new VmOptions { KernelBytes = EndlessLoop.Build(blocks).Bytes, Cpus = cpus, RamBytes = 32 << 20 });
            if (!await vm.Console.WaitForAsync("ready", TimeSpan.FromMinutes(1))) throw new InvalidOperationException($"the guest is not ready: {vm.Console.Text}");
            var vcpus = vm.Machine.Counters.Vcpus;
            VcpuDoor[] doors = [.. vcpus.Select(vcpu => vcpu.Door)];
            // The first ones find the runtime compiling.
            Kick(doors, kicks / 10 + 1);
            var before = vm.Machine.Counters.KickLatency();
            var dispatches = vcpus.Sum(vcpu => vcpu.Executor.Dispatches);
            Kick(doors, kicks);
            dispatches = vcpus.Sum(vcpu => vcpu.Executor.Dispatches) - dispatches;
            var latency = vm.Machine.Counters.KickLatency().Since(before);
            // Chained: the dispatcher runs once after each kick, and never in between.
            Console.WriteLine($"\n{loop}, {cpus} vCPU{(cpus > 1 ? "s" : "")}: {latency.Count:n0} kicks, {dispatches / (double)latency.Count:f2} dispatches each");
            Histogram.Write(Console.Out, latency);
            good &= latency.Percentile(0.99).TotalMicroseconds < WantedMicroseconds;
        }
        return good ? 0 : 1;
    }

    private static void Kick(VcpuDoor[] doors, int count)
    {
        var random = new Random(1);
        var seen = new long[doors.Length];
        for (var i = 0; i < count; i++)
        {
            for (var cpu = 0; cpu < doors.Length; cpu++)
            {
                seen[cpu] = doors[cpu].KickLatency.Count;
                doors[cpu].Kick();
            }
            // One is answered before the next, else two would count as one.
            do ShortSleep.For(random.Next(Shortest, Longest));
            while (doors.Where((door, cpu) => door.KickLatency.Count == seen[cpu]).Any());
        }
    }
}

using System.Diagnostics;
using Tcg.Mttcg.Actors.Life;
using Tcg.Mttcg.Guests.Workloads;

namespace Tcg.Mttcg.Bench;

/// <summary>
/// Stores beside hot code on its page, ours on the bare machine and QEMU's user mode with the same loop. Start-up drops out: each runs a short and a
/// long loop, and the difference counts, in time and in translations; the best of the rounds.
/// </summary>
internal static class DataBesideCode
{
    private const string QemuUser = "qemu-x86_64";
    private const double Wanted = 100;

    // Translations of start-up by which two runs may differ: a kick comes at another moment.
    private const int Slack = 4;

    private static readonly (string Name, int ChangeEvery)[] Variants = [("store beside the code", 0), ("and into it every 1000th call", 1000)];

    private static readonly (long Short, long Long) Ours = (1_000_000, 21_000_000), Qemus = (10_000, 110_000), Hosts = (1_000_000, 21_000_000);

    public static int Run(int rounds)
    {
        var directory = Directory.CreateTempSubdirectory("mttcg-bench-").FullName;
        Console.WriteLine($"{"pattern",-30} {"mttcg /s",13} {"qemu-user /s",13} {"ratio",7} {"host /s",13}   retranslations");
        var good = true;
        foreach (var (name, changeEvery) in Variants)
        {
            // The first machine makes the runtime compile the translator.
            Machine(Ours.Short, changeEvery);
            var translations = Translations(Ours.Long) - Translations(Ours.Short);
            long Translations(long length) => Machine(length, changeEvery).Translations;
            var ours = Rate(Ours, rounds, length => Machine(length, changeEvery).Seconds);
            var qemu = Rate(Qemus, rounds, length => Program(QemuUser, [LinuxExecutable.WriteTo(directory, length, changeEvery)]));
            var host = Rate(Hosts, rounds, length => Program(LinuxExecutable.WriteTo(directory, length, changeEvery), []));
            var changes = BesideCode.Changes(Ours.Long, changeEvery) - BesideCode.Changes(Ours.Short, changeEvery);
            Console.WriteLine($"{name,-30} {ours,13:n0} {qemu,13:n0} {ours / qemu,7:f0} {host,13:n0}   {translations:n0} for {changes:n0} changes");
            good &= translations <= changes + Slack && (changeEvery > 0 || ours >= Wanted * qemu);
        }
        Directory.Delete(directory, recursive: true);
        return good ? 0 : 1;
    }

    private static double Rate((long Short, long Long) lengths, int rounds, Func<long, double> seconds)
    {
        double Best(long length) => Enumerable.Range(0, rounds).Min(_ => seconds(length));
        return (lengths.Long - lengths.Short) / (Best(lengths.Long) - Best(lengths.Short));
    }

    private static (double Seconds, long Translations) Machine(long length, int changeEvery)
    {
        var clock = Stopwatch.StartNew();
        var vm = Vm.Start(new VmOptions { KernelBytes = BesideCode.Build(length, changeEvery).Bytes, RamBytes = 32 << 20 });
        try
        {
            var result = vm.Completion.GetAwaiter().GetResult();
            if (result is not { Reason: ExitReason.DebugExit, Code: 0 }) throw new InvalidOperationException($"{result.Reason} {result.Code} {result.Diagnosis}");
            return (clock.Elapsed.TotalSeconds, vm.Machine.Counters.Vcpus.Sum(vcpu => vcpu.Executor.Translations));
        }
        finally
        {
            vm.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }
    }

    private static double Program(string program, string[] arguments)
    {
        var clock = Stopwatch.StartNew();
        using var process = Process.Start(program, arguments);
        process.WaitForExit();
        if (process.ExitCode != 0) throw new InvalidOperationException($"{program}: exit code {process.ExitCode}");
        return clock.Elapsed.TotalSeconds;
    }
}

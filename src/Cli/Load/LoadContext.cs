using Tcg.Mttcg.Actors.Hosting;
using Tcg.Mttcg.Actors.Life;
using Tcg.Mttcg.Actors.Settings;
using Tcg.Mttcg.Cli.Litmus;
using Tcg.Mttcg.Guests.BareMetal;
using Tcg.Mttcg.Guests.Litmus;

namespace Tcg.Mttcg.Cli.Load;

/// <summary>One measured number of a profile.</summary>
internal sealed record LoadMeasure(string Name, double Value, string Unit);

/// <summary>How much, and where a profile tells what it does and finds. Safe from any thread.</summary>
/// <param name="scale">Share of the full amount of work; 1 is what the documentation says.</param>
/// <param name="view">Hears of progress: what is under way and the share that is done.</param>
/// <param name="settings">Tunables of all machines; null: the reference.</param>
internal sealed class LoadContext(double scale, Action<string, double> view, CancellationToken cancel, MttcgSettings? settings = null)
{
    private readonly Lock _lock = new();
    private readonly List<LoadMeasure> _measures = [];
    private readonly List<string> _failures = [];

    public CancellationToken Cancel { get; } = cancel;

    public double Scale { get; } = scale;

    public MttcgSettings? Settings { get; } = settings;

    /// <summary>How long the end of a machine may take. Below full scale, as in unit tests, the host has other work.</summary>
    public TimeSpan LongestEnd { get; } = TimeSpan.FromSeconds(scale >= 1 ? 1 : 10);

    public IReadOnlyList<LoadMeasure> Measures => _measures;

    public IReadOnlyList<string> Failures => _failures;

    /// <summary>An amount of work at this scale, at least one.</summary>
    public int Amount(int full) => (int)Math.Clamp(full * Scale, 1, int.MaxValue);

    public void Progress(string what, double done) => view(what, done);

    public void Measure(string name, double value, string unit)
    {
        lock (_lock) _measures.Add(new(name, value, unit));
    }

    public void Fail(string what)
    {
        lock (_lock) _failures.Add(what);
    }

    public void Expect(bool condition, string otherwise)
    {
        if (!condition) Fail(otherwise);
    }

    /// <summary>A machine for a litmus guest.</summary>
    public VmOptions Options(LitmusTest test, int cpus, long rounds) => Options(test.For(rounds), cpus) with
    {
        CodeBytes = test.CodeBytes?.Invoke(cpus) ?? SmallBuffer(cpus),
        Virtio = LitmusRun.Disks(test),
    };

    public VmOptions Options(GuestImage image, int cpus) =>
        new() { KernelBytes = image.Bytes, Cpus = cpus, RamBytes = 32 << 20, CodeBytes = SmallBuffer(cpus), Settings = Settings };

    private static long SmallBuffer(int cpus) => Math.Max(8 << 20, (long)cpus << 19);

    /// <summary>Runs a guest that says by its exit code whether all went well, showing what it does, and returns its counters.</summary>
    public async Task<(MachineCounters Counters, string Console, TimeSpan Time)> RunAsync(string name, VmOptions options, double from = 0, double to = 1)
    {
        var clock = System.Diagnostics.Stopwatch.StartNew();
        await using var vm = Vm.Start(options);
        await using var stop = Cancel.Register(() => _ = vm.Machine.StopAsync());
        var last = 0L;
        while (await Task.WhenAny(vm.Completion, Task.Delay(250, CancellationToken.None)) != vm.Completion)
        {
            var translations = vm.Machine.Counters.Vcpus.Sum(vcpu => vcpu.Executor.Translations);
            Progress($"{name}: {(translations - last) * 4:n0} translations/s, kicks p99 {vm.Machine.Counters.KickLatency().Percentile(0.99).TotalMicroseconds:n0} us", from + (to - from) / 2);
            last = translations;
        }
        var result = await vm.Completion;
        Cancel.ThrowIfCancellationRequested();
        if (result.Reason != ExitReason.DebugExit || result.Code != 0) Fail($"{name}: {result.Reason} {result.Code} {vm.Console.Text} {result.Diagnosis}".Trim());
        Progress(name, to);
        return (vm.Machine.Counters, vm.Console.Text, clock.Elapsed);
    }

    public static LitmusTest Litmus(string name) => LitmusTests.All.Single(test => test.Name == name);
}

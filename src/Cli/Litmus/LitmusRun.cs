using System.Diagnostics;
using System.Globalization;
using Tcg.Mttcg.Actors.Life;
using Tcg.Mttcg.Cli.Commands;
using Tcg.Mttcg.Cli.Options;
using Tcg.Mttcg.Guests.Litmus;
using Tcg.Mttcg.Machine.Boards;
using Tcg.Mttcg.Machine.Boot;
using Tcg.Mttcg.Machine.Storage.Formats;
using Tcg.Mttcg.Translator.Diagnostics;

namespace Tcg.Mttcg.Cli.Litmus;

/// <summary>What a litmus guest came to.</summary>
/// <param name="Forbidden">Outcomes that must not be; -1: it did not get so far.</param>
/// <param name="Relaxed">How often the outcome was seen that only store buffers make.</param>
/// <param name="Trouble">Why there is no count, or empty.</param>
internal sealed record LitmusOutcome(bool Passed, long Forbidden, long Relaxed, TimeSpan Time, string Trouble);

/// <summary>Runs one litmus guest on a machine of its own.</summary>
internal static class LitmusRun
{
    public static async Task<LitmusOutcome> RunAsync(RunSettings settings, LitmusTest test, long rounds, TimeSpan timeout, CancellationToken cancel)
    {
        settings = settings with { Devices = new DeviceSettings(new DebugExitOptions(0xf4, 4), false) };
        if (settings.Accel.CodeBytes is null) settings = settings with { Accel = settings.Accel with { CodeBytes = test.CodeBytes?.Invoke(settings.Cpus) } };
        var clock = Stopwatch.StartNew();
        await using var console = new VmConsole();
        await using var machine = MachineRun.Create(settings, BootSource.FromBytes(test.Name, test.For(rounds).Bytes), [console.Link], null, null, Disks(test));
        var end = MachineRun.ToEnd(machine, cancel);
        if (await Task.WhenAny(end, Task.Delay(timeout, CancellationToken.None)) != end)
        {
            var paused = machine.PauseAsync();
            var where = await Task.WhenAny(paused, Task.Delay(TimeSpan.FromSeconds(5), CancellationToken.None)) == paused
                ? string.Join('\n', machine.Cpus.Select(RegisterDump.Of)) : "and its vCPUs could not be paused";
            return new(false, -1, 0, clock.Elapsed, $"did not end within {timeout.TotalSeconds:f0} s\n{where}");
        }
        var result = await end;
        await console.DisposeAsync();
        if (result.Reason == ExitReason.Stopped) return new(false, -1, 0, clock.Elapsed, "stopped");
        if (result.Reason != ExitReason.DebugExit) return new(false, -1, 0, clock.Elapsed, $"{result.Reason}: {result.Diagnosis}");
        var words = console.Text.Trim().Split(' ');
        return words is ["forbidden", var forbidden, "relaxed", var relaxed]
            ? new(result.Code == 0, Number(forbidden), Number(relaxed), clock.Elapsed, "")
            : new(false, -1, 0, clock.Elapsed, $"it said: {console.Text.Trim()}");
    }

    /// <summary>The disk that a guest needs, or none.</summary>
    public static IReadOnlyList<VirtioOptions> Disks(LitmusTest test) => test.Disk is { } content ? [new VirtioBlockOptions(new BytesImage(content()))] : [];

    private static long Number(string text) => long.Parse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}

using System.Diagnostics;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.SelfTest.Fuzz;

/// <summary>What a run of the fuzzer covers.</summary>
public sealed record FuzzOptions
{
    public long Cases { get; init; } = long.MaxValue;

    /// <summary>The run ends then, whatever is left.</summary>
    public TimeSpan Time { get; init; } = TimeSpan.MaxValue;

    public int Seed { get; init; } = 1;

    /// <summary>The number of the first case.</summary>
    public long From { get; init; }

    /// <summary>Told the number of each case before it runs; a crash of the process leaves the last one behind.</summary>
    public Action<long>? Beginning { get; init; }

    /// <summary>Called once, on another thread, when a processor does not leave when asked to.</summary>
    public Action<string>? Hung { get; init; }
}

/// <summary>How far a run is.</summary>
public readonly record struct FuzzProgress(long Done, int Failures, TimeSpan Elapsed);

/// <summary>What a run found.</summary>
/// <param name="Compared">Cases whose end both back ends agree on, bit for bit.</param>
/// <param name="Unpredictable">Cases that differ after instructions with undefined results.</param>
/// <param name="TimedOut">Cases that the clock ended.</param>
/// <param name="Ends">How the translated code's runs ended, and how often.</param>
public sealed record FuzzSummary(long Cases, long Compared, long Unpredictable, long TimedOut, IReadOnlyDictionary<string, long> Ends, int FailureCount, IReadOnlyList<string> Failures);

/// <summary>
/// Runs random strings of bytes at every privilege and in every mode, with and without paging and with damaged tables, in both back ends: they must come back,
/// leave the host's memory alone, and agree.
/// </summary>
public sealed class FuzzRun(FuzzOptions options, Action<FuzzProgress>? report = null)
{
    private const int WarmUp = 40, MostFailures = 20, ReportEvery = 64, LookAroundEvery = 256;

    private readonly List<string> _failures = [];
    private readonly SortedDictionary<string, long> _ends = [];
    private readonly FuzzSnapshot _snapshot = new();
    private int _failureCount;
    private long _current, _compared, _unpredictable, _timedOut;

    /// <summary>Translated code runs AVX here.</summary>
    internal static bool HasAvx { get; } = System.Runtime.Intrinsics.X86.Avx.IsSupported;

    public FuzzSummary Run(CancellationToken cancel = default)
    {
        using var translated = new FuzzMachine(translated: true);
        using var interpreted = new FuzzMachine(translated: false);
        using var clock = new FuzzClock(() => options.Hung?.Invoke(new FuzzSource(options.Seed).Draw(_current).ToString()));
        var source = new FuzzSource(options.Seed);
        // The first cases would be timed with this code, which is compiled meanwhile.
        for (var index = 0; index < WarmUp; index++) Try(source.Draw(index), translated, interpreted, clock);
        var begun = Stopwatch.GetTimestamp();
        var end = options.Cases > long.MaxValue - options.From ? long.MaxValue : options.From + options.Cases;
        for (_current = options.From; _current < end; _current++)
        {
            cancel.ThrowIfCancellationRequested();
            if (_current % ReportEvery == 0)
            {
                var elapsed = Stopwatch.GetElapsedTime(begun);
                if (elapsed >= options.Time) break;
                report?.Invoke(new(_current - options.From, _failureCount, elapsed));
            }
            options.Beginning?.Invoke(_current);
            var some = source.Draw(_current);
            if (Run(some, translated, interpreted, clock) is { } failure) Fail($"{some}\n{failure}");
            if (_current % LookAroundEvery == 0 && !(translated.IsIntact && interpreted.IsIntact)) Fail($"{some}\n  memory beside the guest's was written, by this case or one of the {LookAroundEvery} before");
        }
        return new(_current - options.From, _compared, _unpredictable, _timedOut, _ends, _failureCount, _failures);
    }

    private static void Try(FuzzCase some, FuzzMachine translated, FuzzMachine interpreted, FuzzClock clock)
    {
        TryRun(some, translated, clock, out _, out _);
        TryRun(some, interpreted, clock, out _, out _);
    }

    private unsafe string? Run(FuzzCase some, FuzzMachine translated, FuzzMachine interpreted, FuzzClock clock)
    {
        if (!TryRun(some, translated, clock, out var first, out var failure)) return failure;
        _ends[first.ToString()] = _ends.GetValueOrDefault(first.ToString()) + 1;
        _snapshot.Take(translated, first);
        if (!TryRun(some, interpreted, clock, out var second, out failure)) return IsPredictable(some, interpreted, clock, out _) ? failure : null;
        if (translated.TimedOut || interpreted.TimedOut)
        {
            _timedOut++;
            return null;
        }
        // Then the two back ends do not pass through the same number of blocks.
        var uneven = some.Dispatch == FuzzDispatch.Chained || Unmasks(some.MxCsr) || Unmasks(translated.State->MxCsr) || Unmasks(interpreted.State->MxCsr);
        if (uneven && (some.InterruptAfter != 0 || first is SliceEnd.Kicked or SliceEnd.Paused || second is SliceEnd.Kicked or SliceEnd.Paused)) return null;
        var difference = _snapshot.Differences(interpreted, second, compareLooks: !uneven);
        _compared++;
        if (difference is null) return null;
        if (IsPredictable(some, interpreted, clock, out var trace)) return $"{difference}{trace}";
        _compared--;
        return null;
    }

    private bool IsPredictable(FuzzCase some, FuzzMachine machine, FuzzClock clock, out FuzzTrace trace)
    {
        trace = new FuzzTrace(machine);
        trace.Run(some, clock);
        // An interrupt comes after blocks, not instructions: what runs without it belongs to the case too.
        if (some.InterruptAfter != 0) trace.Run(some with { InterruptAfter = 0 }, clock);
        if (!trace.IsPredictable) _unpredictable++;
        return trace.IsPredictable;
    }

    private static bool Unmasks(uint mxCsr) => (mxCsr & 0x1f80) != 0x1f80;

    private static bool TryRun(FuzzCase some, FuzzMachine machine, FuzzClock clock, out SliceEnd end, out string? failure)
    {
        end = default;
        failure = null;
        try
        {
            machine.Load(some);
            end = machine.Run(some, clock);
            if (end == SliceEnd.Failure) failure = $"  {machine.Name} failed: {machine.Cpu.Failure}\n";
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            failure = $"  {machine.Name} threw {e}\n";
        }
        return failure is null;
    }

    private void Fail(string text)
    {
        _failureCount++;
        if (_failures.Count < MostFailures) _failures.Add(text);
    }
}

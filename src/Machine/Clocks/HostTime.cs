using System.Diagnostics;
using Tcg.Mttcg.Memory.Contracts;

namespace Tcg.Mttcg.Machine.Clocks;

/// <summary>Conversions between nanoseconds and the ticks of a counter, exact for any time a machine can run.</summary>
public static class HostTime
{
    public const long NanosecondsPerSecond = 1_000_000_000;

    /// <summary>Host monotonic-counter ticks to nanoseconds; on Linux they are the same thing.</summary>
    public static long ToNanoseconds(long stopwatchTicks) => Stopwatch.Frequency == NanosecondsPerSecond
        ? stopwatchTicks
        : (long)((UInt128)stopwatchTicks * NanosecondsPerSecond / (ulong)Stopwatch.Frequency);

    /// <summary>Whole ticks of a counter of <paramref name="frequency"/> Hz in a time, rounded down.</summary>
    public static ulong TicksIn(long nanoseconds, ulong frequency) => (ulong)((UInt128)nanoseconds * frequency / NanosecondsPerSecond);

    /// <summary>When a counter of <paramref name="frequency"/> Hz that started at 0 reaches <paramref name="ticks"/>, rounded up; saturates.</summary>
    public static long TimeOf(ulong ticks, ulong frequency)
    {
        var time = ((UInt128)ticks * NanosecondsPerSecond + (frequency - 1)) / frequency;
        return time >= long.MaxValue ? long.MaxValue : (long)time;
    }
}

/// <summary>
/// The guest's TSC, derived from a clock: managed code cannot read the host's counter, and one monotonic source keeps it equal on all vCPUs.
/// </summary>
/// <param name="frequency">Ticks per second. At the default of 1 GHz a tick is a nanosecond of the clock.</param>
public sealed class HostTsc(IClock clock, ulong frequency = HostTsc.DefaultFrequency) : ITimeStampCounter
{
    /// <summary>Ticks per second of a machine's counter.</summary>
    public const ulong DefaultFrequency = 1_000_000_000;

    public ulong Frequency { get; } = frequency == 0 ? throw new ArgumentOutOfRangeException(nameof(frequency)) : frequency;

    public ulong Read() => Frequency == HostTime.NanosecondsPerSecond
        ? (ulong)clock.Nanoseconds
        : HostTime.TicksIn(clock.Nanoseconds, Frequency);
}

using System.Diagnostics;

namespace Tcg.Mttcg.Actors.Counters;

/// <summary>
/// How long a vCPU has run: neither halted nor at rest nor made to stand still. One writer, who pays a time stamp for each change; any reader, also
/// in the middle of a run. Time stamps are those of <see cref="Stopwatch"/>.
/// </summary>
public sealed class RunClock
{
    // One word, so that no reader sees half a change. Running: the time before this run minus the time stamp of its start. The lowest bit says which.
    private const long Running = 1;
    private long _word;

    /// <summary>Run time until now.</summary>
    public TimeSpan Elapsed => At(Stopwatch.GetTimestamp());

    public TimeSpan At(long now) => Stopwatch.GetElapsedTime(0, Ticks(Volatile.Read(ref _word), now));

    /// <summary>Owner only. No effect if it runs already.</summary>
    public void Start(long now)
    {
        if ((_word & Running) == 0) Volatile.Write(ref _word, ((_word - now) & ~Running) | Running);
    }

    /// <summary>Owner only. No effect if it stands already.</summary>
    public void Stop(long now)
    {
        if ((_word & Running) != 0) Volatile.Write(ref _word, Ticks(_word, now) & ~Running);
    }

    private static long Ticks(long word, long now) => (word & Running) == 0 ? word : (word & ~Running) + now;
}

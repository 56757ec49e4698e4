namespace Tcg.Mttcg.Memory.Tests;

/// <summary>
/// Lets two threads start a step within nanoseconds of each other, so that races which last nanoseconds are met. Spins briefly, then gives
/// its time away: it works on one core too.
/// </summary>
internal sealed class Rendezvous
{
    /// <summary>The tests of this collection run one after the other, after all others: a race needs both cores.</summary>
    public const string Collection = "races";

    private long _arrivals;

    /// <summary>Waits until both threads have called this <paramref name="step"/> + 1 times; steps count from 0.</summary>
    public void Meet(long step)
    {
        Interlocked.Increment(ref _arrivals);
        for (var spins = 0; Volatile.Read(ref _arrivals) < (step + 1) * 2; spins++)
            if (spins > 500)
                Thread.Yield();
    }

    /// <summary>Runs a body on two threads, numbered 0 and 1, and waits for both.</summary>
    public static void Race(Action<int> body)
    {
        Exception? failure = null;
        var other = new Thread(() => failure = Record.Exception(() => body(1)));
        other.Start();
        body(0);
        other.Join();
        Assert.Null(failure);
    }
}

[CollectionDefinition(Rendezvous.Collection, DisableParallelization = true)]
public sealed class RaceCollection;

namespace Tcg.Mttcg.Actors.Mailboxes;

/// <summary>
/// Lets one thread sleep until another says so. A permit given while nobody sleeps is kept, so a wake-up between the sleeper's last look and
/// its sleep is not lost; permits do not add up.
/// </summary>
public sealed class Parker
{
    private const int Empty = 0, Permit = 1, Parked = 2;

    private readonly object _gate = new();
    private int _state;

    /// <summary>Any thread; full fence.</summary>
    public void Unpark()
    {
        if (Interlocked.Exchange(ref _state, Permit) != Parked) return;
        lock (_gate) Monitor.Pulse(_gate);
    }

    /// <summary>Sleeps until a permit comes and takes it. Always by the same thread. False: <paramref name="timeout"/> passed first.</summary>
    public bool Park(TimeSpan timeout)
    {
        if (Interlocked.CompareExchange(ref _state, Parked, Empty) == Empty)
        {
            lock (_gate)
            {
                // Whoever gives the permit changes the state before it takes the gate: either this sees it, or this is asleep when it pulses.
                while (Volatile.Read(ref _state) == Parked)
                {
                    if (!Monitor.Wait(_gate, timeout)) break;
                }
            }
        }
        return Interlocked.Exchange(ref _state, Empty) == Permit;
    }
}

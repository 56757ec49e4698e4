using System.Diagnostics;

namespace Tcg.Mttcg.Actors.Vcpu;

/// <summary>
/// QEMU's <c>thread=single</c>: of all vCPUs only the one that holds the turn runs guest code. First come, first served. The holder gives the turn
/// back when it halts, pauses or stands still, and when its time is over while somebody waits; the first in the line looks after that. Who waits
/// must be code-quiescent, so that nobody has to wait for it.
/// </summary>
/// <param name="length">How long a holder may keep others waiting.</param>
public sealed class TurnTaking(TimeSpan length)
{
    private readonly Lock _lock = new();
    private readonly LinkedList<VcpuDoor> _line = new();
    private VcpuDoor? _holder;
    private long _since;
    private bool _isOver;

    /// <summary>True: the caller has the turn, now or still. False: it stands in the line.</summary>
    public bool TryTake(VcpuDoor door) => TryTake(door, out _);

    /// <summary>Waits for the turn on the caller's parker. False: <paramref name="givesUp"/>, which is asked after each kick.</summary>
    public bool Take(VcpuDoor door, Func<bool> givesUp)
    {
        while (!TryTake(door, out var patience))
        {
            if (givesUp())
            {
                Give(door);
                return false;
            }
            if (!door.Parker.Park(patience)) Demand();
        }
        return true;
    }

    /// <summary>Hands the turn to the first in the line; or leaves the line.</summary>
    public void Give(VcpuDoor door)
    {
        lock (_lock)
        {
            if (_holder != door)
            {
                var wasFirst = _line.First?.Value == door;
                _line.Remove(door);
                if (wasFirst) _line.First?.Value.Parker.Unpark();
                return;
            }
            _holder = null;
            if (_line.First is not { } next) return;
            _line.RemoveFirst();
            Hold(next.Value);
            next.Value.Parker.Unpark();
            // The new first one has a clock to watch now.
            _line.First?.Value.Parker.Unpark();
        }
    }

    /// <summary>Gives the turn away if somebody waits for it. False: nobody does.</summary>
    public bool GiveIfWanted(VcpuDoor door)
    {
        lock (_lock)
        {
            if (_line.Count == 0) return false;
            Give(door);
            return true;
        }
    }

    /// <summary>Gives the turn away if the caller's time is over.</summary>
    public void GiveIfOver(VcpuDoor door)
    {
        lock (_lock)
        {
            if (_holder == door && _isOver) Give(door);
        }
    }

    private bool TryTake(VcpuDoor door, out TimeSpan patience)
    {
        lock (_lock)
        {
            patience = Timeout.InfiniteTimeSpan;
            if (_holder == door) return true;
            if (_holder is null)
            {
                // Nobody stands in the line of a turn that nobody has.
                Hold(door);
                return true;
            }
            if (!_line.Contains(door)) _line.AddLast(door);
            if (_line.First!.Value == door) patience = length;
            return false;
        }
    }

    private void Hold(VcpuDoor door) => (_holder, _since, _isOver) = (door, Stopwatch.GetTimestamp(), false);

    private void Demand()
    {
        lock (_lock)
        {
            if (_holder is null || Stopwatch.GetElapsedTime(_since) < length) return;
            _isOver = true;
            _holder.Kick();
        }
    }
}

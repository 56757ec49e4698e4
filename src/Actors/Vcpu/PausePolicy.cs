using Tcg.Mttcg.Actors.Mailboxes;

namespace Tcg.Mttcg.Actors.Vcpu;

/// <summary>
/// What a vCPU does when its guest executes PAUSE. Whoever it waits for may need this core: after a few in a row the core is given away, after
/// many the thread sleeps for a moment. With a core for each vCPU a PAUSE is only a PAUSE for longer, and never a sleep.
/// </summary>
public sealed class PausePolicy(VcpuOptions options, Parker parker, bool oversubscribed)
{
    private const int HostPauses = 8;
    private readonly int _yieldAfter = oversubscribed ? options.PauseYieldAfter : options.PauseYieldAfterWithCores;
    private int _inARow;

    public long Yields { get; private set; }
    public long Sleeps { get; private set; }

    public void Paused()
    {
        _inARow++;
        if (_inARow <= _yieldAfter)
        {
            Thread.SpinWait(HostPauses);
        }
        else if (!oversubscribed || _inARow <= options.PauseSleepAfter)
        {
            Yields++;
            Thread.Yield();
        }
        else
        {
            Sleeps++;
            parker.Park(options.PauseSleep);
        }
    }

    /// <summary>The vCPU did something else.</summary>
    public void Restart() => _inARow = 0;
}

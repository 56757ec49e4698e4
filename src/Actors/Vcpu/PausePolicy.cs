namespace Tcg.Mttcg.Actors.Vcpu;

/// <summary>
/// What a vCPU does when its guest executes PAUSE. Whoever it waits for may need this core, so after a few in a row the core is given away. With
/// more vCPUs than cores, a vCPU that comes back with the very same registers is only waiting; after some rounds of that it sleeps for a moment,
/// because a thread that yields again and again is last in line on a busy host. A loop that computes between its PAUSEs never sleeps and yields
/// now and then only.
/// </summary>
public sealed class PausePolicy(VcpuOptions options, bool oversubscribed)
{
    private const int HostPauses = 8;
    private const int ComputingYieldsEvery = 32;
    private readonly int _yieldAfter = oversubscribed ? options.PauseYieldAfter : options.PauseYieldAfterWithCores;
    private int _inARow;
    private int _unchanged;
    private ulong _registers;

    public long Yields { get; private set; }
    public long Sleeps { get; private set; }

    /// <param name="registers">A digest of the vCPU's registers: two different ones differ, most likely.</param>
    public void Paused(ulong registers)
    {
        _unchanged = registers == _registers ? _unchanged + 1 : 0;
        _registers = registers;
        if (++_inARow <= _yieldAfter || (_unchanged == 0 && _inARow % ComputingYieldsEvery != 0))
        {
            Thread.SpinWait(HostPauses);
        }
        else if (oversubscribed && _unchanged > options.PauseSleepAfter)
        {
            Sleeps++;
            ShortSleep.For(options.PauseSleepMicroseconds);
        }
        else
        {
            Yields++;
            Thread.Yield();
        }
    }

    /// <summary>The vCPU did something else.</summary>
    public void Restart() => _inARow = _unchanged = 0;
}

using Tcg.Mttcg.Memory.Contracts;

namespace Tcg.Mttcg.Machine.Wiring;

/// <summary>
/// The lock that makes a plain single-threaded device safe to reach from vCPUs, the clock thread and back ends. Devices never see it: the board
/// hands it to the I/O bus and wraps what else leads into them. Gates are taken in one order only, from the source of an interrupt towards the
/// local APICs.
/// </summary>
public sealed class Gate
{
    /// <summary>A monitor, as the physical and the port map want it.</summary>
    public object Monitor { get; } = new();

    public IInterruptLine Guard(IInterruptLine line) => new GatedLine(this, line);

    public IClock Guard(IClock clock) => new GatedClock(this, clock);

    public void Run(Action action)
    {
        lock (Monitor) action();
    }
}

internal sealed class GatedLine(Gate gate, IInterruptLine line) : IInterruptLine
{
    public void Set(bool level)
    {
        lock (gate.Monitor) line.Set(level);
    }
}

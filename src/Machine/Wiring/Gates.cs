using Tcg.Mttcg.Memory.Contracts;

namespace Tcg.Mttcg.Machine.Wiring;

/// <summary>
/// The lock that makes a plain single-threaded device safe to reach from vCPUs, the clock thread and back ends. The board hands it to
/// the I/O bus and wraps what else leads into them; only devices with back ends of their own see it, to come back in by it. Gates are taken in one order
/// only: the PCI host, a device, and from there along its interrupt towards the local APICs.
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

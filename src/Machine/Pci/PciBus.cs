using Tcg.Mttcg.Machine.Wiring;
using Tcg.Mttcg.Memory.Physical;

namespace Tcg.Mttcg.Machine.Pci;

/// <summary>Bus 0: up to 32 devices of one function each, reached under their gates, and what a firmware does for them at power-on.</summary>
public sealed class PciBus
{
    public const int Slots = 32;

    /// <summary>Where the firmware begins to place base addresses; far below the interrupt controllers there is room for every slot.</summary>
    private const ulong FirstAddress = 0xfd00_0000;

    private readonly (PciFunction Function, Gate Gate)?[] _slots = new (PciFunction, Gate)?[Slots];

    /// <exception cref="ArgumentException">The slot is taken, or there is no such slot.</exception>
    public void Add(int slot, PciFunction function, Gate gate)
    {
        if (slot is < 0 or >= Slots) throw new ArgumentException($"there is no PCI slot {slot}: 0 to {Slots - 1}", nameof(slot));
        if (_slots[slot] is not null) throw new ArgumentException($"PCI slot {slot} is taken", nameof(slot));
        _slots[slot] = (function, gate);
        function.Reset();
    }

    /// <summary>The first free slot from one on.</summary>
    /// <exception cref="ArgumentException">All are taken.</exception>
    public int FreeSlot(int from)
    {
        int slot = Array.FindIndex(_slots, from, taken => taken is null);
        return slot >= 0 ? slot : throw new ArgumentException("there is no free PCI slot");
    }

    /// <summary>From now on base addresses lead into guest-physical memory.</summary>
    public void Connect(PhysicalMap map)
    {
        foreach (var (function, gate) in Devices) gate.Run(() => function.Connect(map));
    }

    public uint Read(int slot, int register, int size)
    {
        if (_slots[slot] is not var (function, gate)) return uint.MaxValue;
        lock (gate.Monitor) return function.Read(register, size);
    }

    public void Write(int slot, int register, int size, uint value)
    {
        if (_slots[slot] is not var (function, gate)) return;
        lock (gate.Monitor) function.Write(register, size, value);
    }

    /// <summary>Gives every base address a place and switches it on, as a BIOS does before it boots.</summary>
    public void AssignAddresses()
    {
        ulong next = FirstAddress;
        foreach (var (function, gate) in Devices) gate.Run(() => next = function.AssignAddresses(next));
    }

    private IEnumerable<(PciFunction Function, Gate Gate)> Devices => _slots.OfType<(PciFunction, Gate)>();
}

using Tcg.Mttcg.Machine.Chipset;
using Tcg.Mttcg.Machine.Wiring;
using Tcg.Mttcg.Memory.Contracts;

namespace Tcg.Mttcg.Machine.Pci;

/// <summary>
/// PCI configuration mechanism 1 (ports 0xcf8 and 0xcfc) over bus 0; absent functions read as ones. Port 0xcf9 lies inside the address register's range and is the
/// reset control for byte accesses.
/// </summary>
public sealed class PciHost(ResetControl reset, PciBus bus) : IPortDevice, IResettable
{
    private const uint Enable = 0x8000_0000;
    private const int DataOffset = 4, ResetOffset = 1;

    private uint _address;

    public void Reset() => _address = 0;

    public uint Read(ushort offset, int size)
    {
        if (offset >= DataOffset) return Slot is { } slot ? bus.Read(slot, Register(offset), size) : uint.MaxValue;
        if (offset == ResetOffset && size == 1) return reset.Read(0, 1);
        return _address >> offset * 8;
    }

    public void Write(ushort offset, int size, uint value)
    {
        if (offset >= DataOffset)
        {
            if (Slot is { } slot) bus.Write(slot, Register(offset), size, value);
        }
        else if (offset == ResetOffset && size == 1) reset.Write(0, 1, value);
        // Only a whole double word reaches the address register; narrower writes go to the ISA bus.
        else if (offset == 0 && size == 4) _address = value & 0x80fffffc;
    }

    /// <summary>Function 0 of a device on bus 0, or null: there is nothing else.</summary>
    private int? Slot => (_address & Enable) != 0 && (_address & 0xff0700) == 0 ? (int)(_address >> 11 & 31) : null;

    private int Register(ushort offset) => (int)(_address & 0xfc) + (offset - DataOffset);
}

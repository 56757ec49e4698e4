using System.Buffers.Binary;
using Tcg.Mttcg.Machine.Wiring;
using Tcg.Mttcg.Memory.Contracts;

namespace Tcg.Mttcg.Machine.Chipset;

/// <summary>
/// PCI configuration mechanism 1 (ports 0xcf8 and 0xcfc) over a bus that holds one host bridge; absent functions read as ones. Port 0xcf9 lies
/// inside the address register's range and is the reset control for byte accesses.
/// </summary>
public sealed class PciHost(ResetControl reset) : IPortDevice, IResettable
{
    private const uint Enable = 0x8000_0000;
    private const int DataOffset = 4, ResetOffset = 1;

    private readonly PciFunction _bridge = new(vendor: 0x8086, device: 0x1237, classCode: 0x060000);
    private uint _address;

    public void Reset()
    {
        _address = 0;
        _bridge.Reset();
    }

    public uint Read(ushort offset, int size)
    {
        if (offset >= DataOffset) return Selected is { } function ? function.Read(Register(offset), size) : uint.MaxValue;
        if (offset == ResetOffset && size == 1) return reset.Read(0, 1);
        return _address >> offset * 8;
    }

    public void Write(ushort offset, int size, uint value)
    {
        if (offset >= DataOffset) Selected?.Write(Register(offset), size, value);
        else if (offset == ResetOffset && size == 1) reset.Write(0, 1, value);
        // Only a whole double word reaches the address register; narrower writes go to the ISA bus.
        else if (offset == 0 && size == 4) _address = value & 0x80fffffc;
    }

    private PciFunction? Selected => (_address & Enable) != 0 && (_address & 0xffff00) == 0 ? _bridge : null;

    private int Register(ushort offset) => (int)(_address & 0xfc) + (offset - DataOffset);
}

/// <summary>The configuration space of a function without base addresses.</summary>
public sealed class PciFunction
{
    private readonly byte[] _space = new byte[256];
    private readonly ushort _vendor, _device;
    private readonly uint _classCode;

    public PciFunction(ushort vendor, ushort device, uint classCode)
    {
        (_vendor, _device, _classCode) = (vendor, device, classCode);
        Reset();
    }

    public void Reset()
    {
        Array.Clear(_space);
        BinaryPrimitives.WriteUInt16LittleEndian(_space, _vendor);
        BinaryPrimitives.WriteUInt16LittleEndian(_space.AsSpan(2), _device);
        BinaryPrimitives.WriteUInt32LittleEndian(_space.AsSpan(8), _classCode << 8 | 2);
    }

    public uint Read(int register, int size)
    {
        uint value = 0;
        for (int i = 0; i < size; i++) value |= (uint)(register + i < 256 ? _space[register + i] : 0xff) << i * 8;
        return value;
    }

    /// <summary>The header is read-only but for the command register and the interrupt line; the chip set's own registers behind it are storage.</summary>
    public void Write(int register, int size, uint value)
    {
        for (int i = 0; i < size && register + i < 256; i++)
        {
            int at = register + i;
            if (at is 0x04 or 0x05 or 0x0c or 0x0d or 0x3c or >= 0x40) _space[at] = (byte)(value >> i * 8);
        }
    }
}

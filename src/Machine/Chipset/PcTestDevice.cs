using Tcg.Mttcg.Machine.Wiring;
using Tcg.Mttcg.Memory.Contracts;

namespace Tcg.Mttcg.Machine.Chipset;

/// <summary>pc-testdev, which bare-metal test suites use: ports that read back, interrupt lines on demand, memory that is a device.</summary>
public sealed class PcTestDevice(IInterruptLine[] lines)
{
    public const ulong MemoryAddress = 0xff00_0000;
    public const int MemoryBytes = 0x10000;

    /// <summary>Ports 0xe0 to 0xe3: what was written, in any width.</summary>
    public IPortDevice ReadBack { get; } = new ReadBackPorts();

    /// <summary>Port 0xe4 (a double word): the address of a page the test wants dropped from shadow structures; translations are coherent here anyway.</summary>
    public IPortDevice FlushPage { get; } = new FlushPort();

    /// <summary>Ports 0x2000 and up: the level of one interrupt line each.</summary>
    public IPortDevice Lines { get; } = new LinePorts(lines);

    public IMmioDevice Memory { get; } = new DeviceMemory();

    private sealed class ReadBackPorts : IPortDevice
    {
        private uint _value;

        public uint Read(ushort offset, int size) => _value >> (offset & 3) * 8;

        public void Write(ushort offset, int size, uint value)
        {
            int shift = (offset & 3) * 8;
            uint mask = (uint)(((1ul << size * 8) - 1) << shift);
            _value = _value & ~mask | value << shift & mask;
        }
    }

    private sealed class FlushPort : IPortDevice
    {
        public uint Read(ushort offset, int size) => 0;

        public void Write(ushort offset, int size, uint value) { }
    }

    private sealed class LinePorts(IInterruptLine[] lines) : IPortDevice
    {
        public uint Read(ushort offset, int size) => 0;

        public void Write(ushort offset, int size, uint value)
        {
            if (offset < lines.Length) lines[offset].Set((value & 1) != 0);
        }
    }

    private sealed class DeviceMemory : IMmioDevice
    {
        private readonly byte[] _bytes = new byte[MemoryBytes];

        public ulong Read(ulong offset, int size)
        {
            ulong value = 0;
            for (int i = 0; i < size; i++) value |= (ulong)_bytes[(int)(offset + (ulong)i) % MemoryBytes] << i * 8;
            return value;
        }

        public void Write(ulong offset, int size, ulong value)
        {
            for (int i = 0; i < size; i++) _bytes[(int)(offset + (ulong)i) % MemoryBytes] = (byte)(value >> i * 8);
        }
    }
}

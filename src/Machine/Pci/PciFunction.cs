using System.Buffers.Binary;
using Tcg.Mttcg.Machine.Wiring;
using Tcg.Mttcg.Memory.Contracts;
using Tcg.Mttcg.Memory.Physical;

namespace Tcg.Mttcg.Machine.Pci;

/// <summary>What a function says it is.</summary>
/// <param name="ClassCode">Class, subclass and programming interface, 24 bits.</param>
public sealed record PciIdentity(ushort Vendor, ushort Device, uint ClassCode, byte Revision, ushort SubsystemVendor = 0, ushort Subsystem = 0);

/// <summary>
/// A function's configuration space with a type 0 header (PCI Local Bus 3.0 6.1): 256 bytes, of each which bits a guest may write, base addresses and a list of
/// capabilities. Complete when it is put on its bus, which resets it.
/// </summary>
public sealed class PciFunction : IResettable
{
    public const int Bytes = 256;

    private const int Command = 0x04, Status = 0x06, CapabilitiesPointer = 0x34, InterruptLine = 0x3c, InterruptPin = 0x3d, FirstCapability = 0x40;
    private const ushort MemorySpace = 1 << 1, BusMaster = 1 << 2, InterruptDisable = 1 << 10;
    private const ushort InterruptStatus = 1 << 3, HasCapabilities = 1 << 4;

    private readonly byte[] _space = new byte[Bytes], _initial = new byte[Bytes], _writable = new byte[Bytes];
    private readonly List<PciCapability> _capabilities = [];
    private readonly List<PciBar> _bars = [];
    private readonly IInterruptLine _line;
    private PhysicalMap? _map;
    private bool _interrupt;
    private int _nextCapability = FirstCapability, _lastPointer = CapabilitiesPointer;

    /// <param name="interrupt">Where INTA# leads; null: the function has no pin.</param>
    /// <param name="request">What the firmware notes in the interrupt line register.</param>
    public PciFunction(PciIdentity identity, IInterruptLine? interrupt = null, byte request = 0)
    {
        _line = interrupt ?? OpenLine.Instance;
        Put16(0x00, identity.Vendor);
        Put16(0x02, identity.Device);
        BinaryPrimitives.WriteUInt32LittleEndian(_initial.AsSpan(0x08), identity.ClassCode << 8 | identity.Revision);
        Put16(0x2c, identity.SubsystemVendor);
        Put16(0x2e, identity.Subsystem);
        _initial[InterruptLine] = request;
        _initial[InterruptPin] = (byte)(interrupt is null ? 0 : 1);
        // Cache line size and latency timer are storage, and so is the interrupt line.
        SetWritable(Command, MemorySpace | BusMaster, InterruptDisable >> 8);
        SetWritable(0x0c, 0xff, 0xff);
        SetWritable(InterruptLine, 0xff);
    }

    /// <summary>The guest lets the function write memory, which includes message-signalled interrupts.</summary>
    public bool IsBusMaster => (Get16(Command) & BusMaster) != 0;

    /// <summary>The level of INTA#; the guest may have cut the wire.</summary>
    public bool Interrupt
    {
        get => _interrupt;
        set
        {
            _interrupt = value;
            _space[Status] = (byte)(value ? _space[Status] | InterruptStatus : _space[Status] & ~InterruptStatus);
            _line.Set(value && (Get16(Command) & InterruptDisable) == 0);
        }
    }

    /// <summary>Which bits from an offset on a guest may change, one byte each.</summary>
    public void SetWritable(int offset, params ReadOnlySpan<byte> masks) => masks.CopyTo(_writable.AsSpan(offset));

    /// <summary>A base address register for a memory region; the region's length is a power of two of at least a page.</summary>
    /// <param name="index">0 to 5; one of 64 bits takes the next register too.</param>
    public void Add(int index, MmioRegion region, bool is64 = false, bool prefetchable = false)
    {
        var bar = new PciBar(0x10 + index * 4, region, is64, prefetchable);
        _bars.Add(bar);
        bar.Describe(_initial, _writable);
    }

    /// <summary>Appends a capability to the list.</summary>
    public void Add(PciCapability capability)
    {
        int at = _nextCapability;
        _initial[_lastPointer] = (byte)at;
        _initial[Status] |= (byte)HasCapabilities;
        capability.Place(at, _space, _initial.AsSpan(at), _writable.AsSpan(at));
        _lastPointer = at + 1;
        _nextCapability = at + capability.Length + 3 & ~3;
        _capabilities.Add(capability);
    }

    public void Connect(PhysicalMap map)
    {
        _map = map;
        Remap();
    }

    public void Reset()
    {
        _initial.CopyTo(_space, 0);
        Interrupt = false;
        foreach (var capability in _capabilities) capability.Reset();
        Remap();
    }

    public uint Read(int register, int size)
    {
        foreach (var capability in _capabilities)
        {
            if (capability.Covers(register, size)) capability.Reading(register - capability.Offset, size);
        }
        uint value = 0;
        for (int i = 0; i < size; i++) value |= (uint)(register + i < Bytes ? _space[register + i] : 0xff) << i * 8;
        return value;
    }

    public void Write(int register, int size, uint value)
    {
        for (int i = 0; i < size && register + i < Bytes; i++)
        {
            ref byte mask = ref _writable[register + i];
            _space[register + i] = (byte)(_space[register + i] & ~mask | (byte)(value >> i * 8) & mask);
        }
        foreach (var capability in _capabilities)
        {
            if (capability.Covers(register, size)) capability.Written(register - capability.Offset, size);
        }
        if (register >= CapabilitiesPointer) return;
        if (register < Status) Interrupt = _interrupt;
        Remap();
    }

    /// <returns>The address after the last one used.</returns>
    public ulong AssignAddresses(ulong next)
    {
        foreach (var bar in _bars) next = bar.Assign(_space, next);
        if (_bars.Count > 0) _space[Command] |= (byte)MemorySpace;
        Remap();
        return next;
    }

    private void Remap()
    {
        if (_map is null) return;
        bool enabled = (Get16(Command) & MemorySpace) != 0;
        foreach (var bar in _bars) bar.Remap(_map, enabled ? bar.AddressIn(_space) : null);
    }

    private ushort Get16(int offset) => BinaryPrimitives.ReadUInt16LittleEndian(_space.AsSpan(offset));

    private void Put16(int offset, ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(_initial.AsSpan(offset), value);
}

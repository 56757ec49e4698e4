using System.Buffers.Binary;
using Tcg.Mttcg.Machine.Interrupts;
using Tcg.Mttcg.Memory;
using Tcg.Mttcg.Memory.Contracts;
using Tcg.Mttcg.Memory.Physical;

namespace Tcg.Mttcg.Machine.Pci;

/// <summary>Takes the memory writes that message-signalled interrupts are.</summary>
public interface IMessageBus
{
    void Send(ulong address, uint data);
}

/// <summary>Messages to the window 0xfeexxxxx become interrupts; others are what they are, writes to memory.</summary>
public sealed class MessageBus(ApicBus apics, PhysicalMemory memory) : IMessageBus
{
    public void Send(ulong address, uint data)
    {
        if (address >> 20 == 0xfee) apics.Deliver(ApicMessage.FromMsi(address, data));
        else memory.TryWrite(new GuestPhysical(address), data);
    }
}

/// <summary>
/// The MSI-X capability with its table at 0 and its pending bits at <see cref="PendingOffset"/> of one page, which is this device (PCI Local Bus 3.0 6.8.2). A
/// vector that is raised while masked is remembered and sent when its mask is lifted.
/// </summary>
public sealed class MsiX : PciCapability, IMmioDevice
{
    public const int MaximumVectors = 64, PendingOffset = 0x800, RegionBytes = PageSize.Bytes;

    private const byte Id = 0x11;
    private const int EntryBytes = 16, EntryData = 8, EntryControl = 12, ControlHigh = 3;
    private const byte Enable = 0x80, FunctionMask = 0x40;
    private const uint Masked = 1;

    private readonly byte[] _table;
    private readonly int _vectors;
    private ulong _pending;
    private byte _control;

    /// <param name="vectors">1 to <see cref="MaximumVectors"/>.</param>
    /// <param name="bar">The base address register of the page.</param>
    public MsiX(int vectors, byte bar) : base(Id, Body(vectors, bar))
    {
        _vectors = vectors;
        _table = new byte[vectors * EntryBytes];
    }

    /// <summary>Set once, before anything is raised.</summary>
    public IMessageBus? Messages { get; set; }

    /// <summary>The guest uses messages: INTA# is silent.</summary>
    public bool IsEnabled => (_control & Enable) != 0;

    protected override IEnumerable<(int Offset, byte Mask)> Writable => [(ControlHigh, Enable | FunctionMask)];

    public void Raise(int vector)
    {
        if (vector >= _vectors || !IsEnabled) return;
        if (IsMasked(vector)) _pending |= 1UL << vector;
        else Send(vector);
    }

    public ulong Read(ulong offset, int size)
    {
        int at = (int)offset;
        ulong value = 0;
        for (int i = 0; i < size; i++) value |= (ulong)ByteAt(at + i) << i * 8;
        return value;
    }

    /// <summary>Software writes whole double words or quad words (PCI Local Bus 3.0 6.8.2); narrower writes are dropped.</summary>
    public void Write(ulong offset, int size, ulong value)
    {
        int at = (int)offset;
        if (size < 4 || at + size > _table.Length) return;
        for (int i = 0; i < size; i++) _table[at + i] = (byte)(value >> i * 8);
        SendPending();
    }

    protected internal override void Written(int offset, int size)
    {
        _control = Bytes[ControlHigh];
        SendPending();
    }

    protected internal override void Reset()
    {
        Array.Clear(_table);
        for (int vector = 0; vector < _vectors; vector++) _table[vector * EntryBytes + EntryControl] = (byte)Masked;
        (_pending, _control) = (0, 0);
    }

    private static byte[] Body(int vectors, byte bar)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(vectors, MaximumVectors);
        return [(byte)(vectors - 1), 0, bar, 0, 0, 0, bar, PendingOffset >> 8, 0, 0];
    }

    private byte ByteAt(int at)
    {
        if (at < _table.Length) return _table[at];
        int pending = at - PendingOffset;
        return pending is >= 0 and < 8 ? (byte)(_pending >> pending * 8) : (byte)0;
    }

    private bool IsMasked(int vector) => (_control & FunctionMask) != 0 || (_table[vector * EntryBytes + EntryControl] & Masked) != 0;

    private void SendPending()
    {
        if (_pending == 0 || !IsEnabled) return;
        for (int vector = 0; vector < _vectors; vector++)
        {
            if ((_pending & 1UL << vector) == 0 || IsMasked(vector)) continue;
            _pending &= ~(1UL << vector);
            Send(vector);
        }
    }

    private void Send(int vector)
    {
        var entry = _table.AsSpan(vector * EntryBytes, EntryBytes);
        Messages?.Send(BinaryPrimitives.ReadUInt64LittleEndian(entry), BinaryPrimitives.ReadUInt32LittleEndian(entry[EntryData..]));
    }
}

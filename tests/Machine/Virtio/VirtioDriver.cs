using System.Buffers.Binary;
using Tcg.Mttcg.Machine.Tests.Pci;
using Tcg.Mttcg.Machine.Tests.Support;
using Tcg.Mttcg.Machine.Virtio;
using Tcg.Mttcg.Machine.Wiring;
using Tcg.Mttcg.Memory;
using Tcg.Mttcg.Memory.Physical;

namespace Tcg.Mttcg.Machine.Tests.Virtio;

/// <summary>A guest's side of a virtio device, byte by byte: RAM, registers, and rings built by hand.</summary>
internal sealed class VirtioDriver : IDisposable, IDeviceLog
{
    public const ulong RamBytes = 1 << 20, QueueStride = 0x4000, Buffers = 0x40000;
    public const ushort Next = 1, Write = 2, Indirect = 4;

    private readonly GuestRam _ram = new(RamBytes);

    public VirtioDriver(Func<Gate, VirtioDevice> device)
    {
        var map = new PhysicalMap(_ram);
        map.Change(edit => edit.Ram(new GuestPhysical(0), new RamOffset(0), RamBytes));
        Memory = new PhysicalMemory(map);
        Device = device(Gate);
        Pci = new VirtioPci(Device, Memory, Messages, Line, 11, Gate, this);
        Pci.Function.Reset();
        Pci.Function.Write(4, 2, 6);
    }

    public Gate Gate { get; } = new();
    public PhysicalMemory Memory { get; }
    public VirtioDevice Device { get; }
    public VirtioPci Pci { get; }
    public RecordingMessages Messages { get; } = new();
    public RecordingLine Line { get; } = new();
    public List<string> Log { get; } = [];

    /// <summary>Entries of each queue as set up.</summary>
    public ushort Size { get; set; } = 8;

    public VirtioStatus Status => (VirtioStatus)Get(0x14, 1);

    public bool IsBroken => (Status & VirtioStatus.NeedsReset) != 0;

    public void Dispose()
    {
        // Back ends first: they write to memory.
        (Device as IDisposable)?.Dispose();
        _ram.Dispose();
    }

    public void Unhandled(string device, string message) => Log.Add(message);

    public uint Get(int offset, int size)
    {
        lock (Gate.Monitor) return (uint)Pci.Read((ulong)offset, size);
    }

    public void Set(int offset, int size, uint value)
    {
        lock (Gate.Monitor) Pci.Write((ulong)offset, size, value);
    }

    /// <summary>From reset to a running device (virtio 1.2 3.1).</summary>
    public void Start(ulong features = VirtioFeatures.IndirectDescriptors | VirtioFeatures.EventIndex)
    {
        Set(0x14, 1, 0);
        Set(0x14, 1, 3);
        Negotiate(features | VirtioFeatures.Version1);
        Set(0x14, 1, 11);
        for (int queue = 0; queue < Device.QueueSizes.Count; queue++) Enable(queue);
        Set(0x14, 1, 15);
    }

    public void Negotiate(ulong features)
    {
        Set(0x08, 4, 0);
        Set(0x0c, 4, (uint)features);
        Set(0x08, 4, 1);
        Set(0x0c, 4, (uint)(features >> 32));
    }

    /// <summary>Table, driver's ring and device's ring of a queue.</summary>
    public static (ulong Descriptors, ulong Available, ulong Used) Rings(int queue)
    {
        ulong at = 0x1000 + (ulong)queue * QueueStride;
        return (at, at + 0x1000, at + 0x2000);
    }

    public void Enable(int queue)
    {
        var (descriptors, available, used) = Rings(queue);
        for (ulong i = 0; i < QueueStride; i += 8) Memory.TryWrite(new GuestPhysical(descriptors + i), 0ul);
        Set(0x16, 2, (uint)queue);
        Set(0x18, 2, Size);
        Set(0x1a, 2, (uint)queue + 1);
        Set(0x20, 4, (uint)descriptors);
        Set(0x28, 4, (uint)available);
        Set(0x30, 4, (uint)used);
        Set(0x1c, 2, 1);
    }

    public void Describe(int queue, int index, ulong address, uint length, ushort flags = 0, ushort next = 0) =>
        Put(Rings(queue).Descriptors + (ulong)index * 16, address, length, flags, next);

    public void Put(ulong at, ulong address, uint length, ushort flags, ushort next)
    {
        var bytes = new byte[16];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, address);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(8), length);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(12), flags);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(14), next);
        Assert.True(Memory.TryWrite(new GuestPhysical(at), bytes));
    }

    /// <summary>Makes a chain available without a notification.</summary>
    public void Offer(int queue, ushort head)
    {
        ulong ring = Rings(queue).Available;
        ushort index = Read16(ring + 2);
        Write16(ring + 4 + (ulong)(index % Size) * 2, head);
        Write16(ring + 2, (ushort)(index + 1));
    }

    public void Notify(int queue) => Set(0x3000 + queue * 4, 2, (uint)queue);

    public void Send(int queue, ushort head)
    {
        Offer(queue, head);
        Notify(queue);
    }

    public ushort UsedIndex(int queue) => Read16(Rings(queue).Used + 2);

    public (uint Head, uint Length) UsedEntry(int queue, int index)
    {
        ulong at = Rings(queue).Used + 4 + (ulong)(index % Size) * 8;
        return (Read32(at), Read32(at + 4));
    }

    /// <summary>Waits for a back end on another thread.</summary>
    public void AwaitUsed(int queue, int count) => Assert.True(SpinWait.SpinUntil(() => UsedIndex(queue) == count, TimeSpan.FromSeconds(20)), $"used index {UsedIndex(queue)}, not {count}");

    public ushort Read16(ulong at) => Memory.TryRead(new GuestPhysical(at), out ushort value) ? value : throw new InvalidOperationException();

    public uint Read32(ulong at) => Memory.TryRead(new GuestPhysical(at), out uint value) ? value : throw new InvalidOperationException();

    public void Write16(ulong at, ushort value) => Memory.TryWrite(new GuestPhysical(at), value);

    public byte[] Bytes(ulong at, int length)
    {
        var bytes = new byte[length];
        Assert.True(Memory.TryRead(new GuestPhysical(at), bytes));
        return bytes;
    }

    public void Bytes(ulong at, ReadOnlySpan<byte> bytes) => Assert.True(Memory.TryWrite(new GuestPhysical(at), bytes));
}

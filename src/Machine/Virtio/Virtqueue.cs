using Tcg.Mttcg.Memory;
using Tcg.Mttcg.Memory.Physical;

namespace Tcg.Mttcg.Machine.Virtio;

/// <summary>
/// A split virtqueue as its device sees it (virtio 1.2 2.7). Whatever the guest wrote there is checked before it is used; what cannot be right is told to
/// <paramref name="broken"/>, and the queue gives and takes nothing more until it is reset.
/// </summary>
/// <param name="broken">Gets one line that says what is wrong.</param>
public sealed class Virtqueue(PhysicalMemory memory, ushort maximumSize, Action<string> broken)
{
    /// <summary>Descriptors of one indirect table; no driver chains more.</summary>
    private const uint MostIndirect = 1024;

    private const uint DescriptorBytes = 16;

    private ushort _nextAvailable, _used, _published, _taken;
    private bool _indirect, _eventIndex, _isBroken;

    public ushort MaximumSize => maximumSize;

    /// <summary>Entries; a power of two.</summary>
    public ushort Size { get; set; }

    /// <summary>Guest-physical addresses of the descriptor table, the driver's ring and the device's ring.</summary>
    public ulong Descriptors { get; set; }

    /// <inheritdoc cref="Descriptors"/>
    public ulong Available { get; set; }

    /// <inheritdoc cref="Descriptors"/>
    public ulong Used { get; set; }

    public bool IsEnabled { get; private set; }

    private bool IsUsable => IsEnabled && !_isBroken;

    public void Reset()
    {
        (Size, Descriptors, Available, Used) = (maximumSize, 0, 0, 0);
        (_nextAvailable, _used, _published, _taken) = (0, 0, 0, 0);
        IsEnabled = _isBroken = false;
    }

    /// <summary>The driver has described the queue.</summary>
    public void Enable(ulong features)
    {
        _indirect = (features & VirtioFeatures.IndirectDescriptors) != 0;
        _eventIndex = (features & VirtioFeatures.EventIndex) != 0;
        IsEnabled = true;
        if (((Descriptors & 15) | (Available & 1) | (Used & 3)) != 0) Break("a ring is not aligned");
    }

    /// <summary>Takes the next buffer. False: there is none, or the queue is broken.</summary>
    public bool TryPop(DescriptorChain chain)
    {
        if (!IsUsable || !TryReadIndex(out ushort available) || available == _nextAvailable) return false;
        if ((ushort)(available - _nextAvailable) > Size) return Break($"the available index jumped from {_nextAvailable} to {available}");
        if (_taken == Size) return Break("a buffer was made available that the device still has");
        if (!Load(Available + 4 + (uint)(_nextAvailable & Size - 1) * 2, out ushort head)) return false;
        if (!Follow(chain, head)) return false;
        _nextAvailable++;
        _taken++;
        return true;
    }

    /// <summary>Puts the buffers popped last back: they will be popped again.</summary>
    public void Unpop(int count = 1)
    {
        _nextAvailable -= (ushort)count;
        _taken -= (ushort)count;
    }

    /// <summary>Hands a buffer back. The driver sees it after <see cref="Publish"/>.</summary>
    public void Push(DescriptorChain chain)
    {
        if (!IsUsable) return;
        ulong entry = Used + 4 + (uint)(_used & Size - 1) * 8;
        if (!Store(entry, (uint)chain.Head) || !Store(entry + 4, chain.Written)) return;
        _used++;
        _taken--;
    }

    /// <summary>Shows the driver what was pushed; data and entries are visible before the index is. True: it wants an interrupt.</summary>
    public bool Publish()
    {
        if (!IsUsable || _used == _published || !Store(Used + 2, _used)) return false;
        ushort since = _published;
        _published = _used;
        // The driver writes what it wants and then looks at the index; here it is the other way round.
        Interlocked.MemoryBarrier();
        if (!_eventIndex) return Load(Available, out ushort flags) && (flags & VirtqueueFlags.NoInterrupt) == 0;
        return Load(Available + 4 + (uint)Size * 2, out ushort wanted) && (ushort)(_used - wanted - 1) < (ushort)(_used - since);
    }

    /// <summary>The driver need not notify: the device looks by itself.</summary>
    public void SuppressNotifications()
    {
        // With event indices the old one stays behind, which says the same.
        if (IsUsable && !_eventIndex) Store(Used, VirtqueueFlags.NoNotify);
    }

    /// <summary>The device has taken all there is and asks to be notified. True: more came in between, look again.</summary>
    public bool AskForNotifications()
    {
        if (!IsUsable || !(_eventIndex ? Store(Used + 4 + (uint)Size * 8, _nextAvailable) : Store(Used, (ushort)0))) return false;
        Interlocked.MemoryBarrier();
        return TryReadIndex(out ushort available) && available != _nextAvailable;
    }

    private bool Follow(DescriptorChain chain, ushort head)
    {
        chain.Begin(head);
        if (head >= Size) return Break($"head {head} of a queue of {Size}");
        if (!LoadDescriptor(Descriptors, head, out var first)) return false;
        if ((first.Flags & VirtqueueFlags.Indirect) == 0) return Follow(chain, Descriptors, Size, first);
        if (!_indirect) return Break("an indirect descriptor was not negotiated");
        if ((first.Flags & VirtqueueFlags.Next) != 0) return Break("an indirect descriptor has a next one");
        uint entries = first.Length / DescriptorBytes;
        if (first.Length % DescriptorBytes != 0 || entries is 0 or > MostIndirect) return Break($"an indirect table of {first.Length} bytes");
        return LoadDescriptor(first.Address, 0, out var entry) && Follow(chain, first.Address, entries, entry);
    }

    private bool Follow(DescriptorChain chain, ulong table, uint entries, Descriptor descriptor)
    {
        for (uint count = 1; ; count++)
        {
            // The first descriptor of the ring may be indirect; none here.
            if ((descriptor.Flags & VirtqueueFlags.Indirect) != 0) return Break("an indirect descriptor inside a chain");
            if (!Add(chain, descriptor)) return false;
            if ((descriptor.Flags & VirtqueueFlags.Next) == 0) return true;
            if (count == entries) return Break("a chain of descriptors with a loop");
            if (descriptor.Next >= entries) return Break($"next descriptor {descriptor.Next} of {entries}");
            if (!LoadDescriptor(table, descriptor.Next, out descriptor)) return false;
        }
    }

    private bool Add(DescriptorChain chain, in Descriptor descriptor)
    {
        bool writable = (descriptor.Flags & VirtqueueFlags.Write) != 0;
        var address = new GuestPhysical(descriptor.Address);
        if (!memory.IsBacked(address, descriptor.Length, writable ? PhysicalKind.Ram : PhysicalKind.Rom)) return Break($"a buffer of {descriptor.Length} bytes at {address} is not in memory");
        if (writable) chain.AddWritable(address, descriptor.Length);
        else if (chain.WritableBytes > 0) return Break("a buffer to read after one to write");
        else chain.AddReadable(address, descriptor.Length);
        return true;
    }

    private bool TryReadIndex(out ushort index) => Load(Available + 2, out index);

    private bool LoadDescriptor(ulong table, uint index, out Descriptor descriptor) => Load(table + index * DescriptorBytes, out descriptor);

    private bool Load<T>(ulong address, out T value) where T : unmanaged =>
        memory.TryRead(new GuestPhysical(address), out value) || Break($"the ring at 0x{address:x} is not in memory");

    private bool Store<T>(ulong address, T value) where T : unmanaged =>
        memory.TryWrite(new GuestPhysical(address), value) || Break($"the ring at 0x{address:x} is not in memory");

    private bool Break(string reason)
    {
        _isBroken = true;
        broken(reason);
        return false;
    }

    private readonly record struct Descriptor(ulong Address, uint Length, ushort Flags, ushort Next);
}

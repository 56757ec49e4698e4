using System.Runtime.InteropServices;
using Tcg.Mttcg.Memory;
using Tcg.Mttcg.Memory.Physical;

namespace Tcg.Mttcg.Machine.Virtio;

/// <summary>
/// A buffer that a driver made available: first bytes for the device to read, then bytes for it to write, each scattered over guest memory. Read and written from
/// front to back. Reused: <see cref="Virtqueue.TryPop"/> fills it anew.
/// </summary>
public sealed class DescriptorChain(PhysicalMemory memory)
{
    private readonly List<(GuestPhysical Address, uint Length)> _readable = [], _writable = [];
    private Cursor _read, _write;

    /// <summary>Names the buffer to the driver.</summary>
    public ushort Head { get; private set; }

    public ulong ReadableBytes { get; private set; }

    public ulong WritableBytes { get; private set; }

    /// <summary>Written so far: what the used ring tells the driver.</summary>
    public uint Written { get; private set; }

    internal void Begin(ushort head)
    {
        Head = head;
        _readable.Clear();
        _writable.Clear();
        (ReadableBytes, WritableBytes, Written) = (0, 0, 0);
        (_read, _write) = (default, default);
    }

    internal void AddReadable(GuestPhysical address, uint length)
    {
        _readable.Add((address, length));
        ReadableBytes += length;
    }

    internal void AddWritable(GuestPhysical address, uint length)
    {
        _writable.Add((address, length));
        WritableBytes += length;
    }

    /// <summary>Copies the next readable bytes. False: there are not so many, or they are no memory any more.</summary>
    public bool Read(Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            if (!_read.TryTake(_readable, destination.Length, out var address, out int count) || !memory.TryRead(address, destination[..count])) return false;
            destination = destination[count..];
        }
        return true;
    }

    public bool Read<T>(out T value) where T : unmanaged
    {
        value = default;
        return Read(MemoryMarshal.AsBytes(new Span<T>(ref value)));
    }

    /// <summary>Fills the next writable bytes. False: there are not so many, or they are no memory any more. Translated code there is dead when it returns.</summary>
    public bool Write(ReadOnlySpan<byte> source)
    {
        while (!source.IsEmpty)
        {
            if (!_write.TryTake(_writable, source.Length, out var address, out int count) || !memory.TryWrite(address, source[..count])) return false;
            source = source[count..];
            Written += (uint)count;
        }
        return true;
    }

    /// <summary>Writes the very last writable byte, where some devices have their status.</summary>
    public bool WriteLast(byte value)
    {
        int last = _writable.FindLastIndex(segment => segment.Length > 0);
        if (last < 0) return false;
        Written++;
        return memory.TryWrite(new GuestPhysical(_writable[last].Address.Value + _writable[last].Length - 1), value);
    }

    private struct Cursor
    {
        private int _segment;
        private uint _offset;

        public bool TryTake(List<(GuestPhysical Address, uint Length)> segments, int wanted, out GuestPhysical address, out int count)
        {
            while (_segment < segments.Count && _offset == segments[_segment].Length) (_segment, _offset) = (_segment + 1, 0);
            if (_segment == segments.Count)
            {
                (address, count) = (default, 0);
                return false;
            }
            var segment = segments[_segment];
            address = new GuestPhysical(segment.Address.Value + _offset);
            count = (int)Math.Min((uint)wanted, segment.Length - _offset);
            _offset += (uint)count;
            return true;
        }
    }
}

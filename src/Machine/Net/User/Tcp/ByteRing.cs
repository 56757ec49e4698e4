namespace Tcg.Mttcg.Machine.Net.User.Tcp;

/// <summary>A queue of bytes of fixed capacity. Memory handed out for reading or filling stays valid until it is consumed or committed.</summary>
internal sealed class ByteRing(int capacity)
{
    // Allocated on first use, not cleared: pages that no byte reaches cost the host nothing.
    private byte[]? _bytes;
    private int _head;

    public int Count { get; private set; }

    public int Capacity => capacity;

    public int Free => capacity - Count;

    private byte[] Bytes => _bytes ??= GC.AllocateUninitializedArray<byte>(capacity);

    /// <summary>The oldest bytes, as many as lie side by side.</summary>
    public ReadOnlyMemory<byte> Readable => Count == 0 ? default : Bytes.AsMemory(_head, Math.Min(Count, capacity - _head));

    /// <summary>Free space, as much as lies side by side; <see cref="Commit"/> what was filled.</summary>
    public Memory<byte> Writable
    {
        get
        {
            if (Free == 0) return default;
            int tail = At(Count);
            return Bytes.AsMemory(tail, Math.Min(Free, capacity - tail));
        }
    }

    /// <summary>Drops the oldest bytes.</summary>
    public void Consume(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)count, (uint)Count);
        _head = At(count);
        Count -= count;
    }

    public void Commit(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)count, (uint)Free);
        Count += count;
    }

    /// <summary>Appends as much as fits.</summary>
    /// <returns>Bytes taken.</returns>
    public int Write(ReadOnlySpan<byte> bytes)
    {
        int taken = 0;
        while (taken < bytes.Length && Free > 0)
        {
            var room = Writable.Span;
            int part = Math.Min(room.Length, bytes.Length - taken);
            bytes.Slice(taken, part).CopyTo(room);
            Commit(part);
            taken += part;
        }
        return taken;
    }

    /// <summary>Bytes from the middle, in up to two pieces, without consuming them.</summary>
    public void Peek(int offset, int count, out ReadOnlySpan<byte> first, out ReadOnlySpan<byte> second)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)offset + (uint)count, (uint)Count);
        int at = At(offset), inFirst = Math.Min(count, capacity - at);
        first = count == 0 ? default : Bytes.AsSpan(at, inFirst);
        second = count == inFirst ? default : Bytes.AsSpan(0, count - inFirst);
    }

    /// <summary>Empties it and lets go of its memory.</summary>
    public void Release() => (_bytes, _head, Count) = (null, 0, 0);

    private int At(int offset)
    {
        int at = _head + offset;
        return at >= capacity ? at - capacity : at;
    }
}

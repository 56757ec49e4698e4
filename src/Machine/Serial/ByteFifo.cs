namespace Tcg.Mttcg.Machine.Serial;

/// <summary>A small ring of bytes.</summary>
internal sealed class ByteFifo(int capacity)
{
    private readonly byte[] _bytes = new byte[capacity];
    private int _head;

    public int Count { get; private set; }

    public void Push(byte value)
    {
        if (Count == capacity) throw new InvalidOperationException("FIFO is full");
        _bytes[(_head + Count++) % capacity] = value;
    }

    public byte Pop()
    {
        if (Count == 0) throw new InvalidOperationException("FIFO is empty");
        byte value = _bytes[_head];
        _head = (_head + 1) % capacity;
        Count--;
        return value;
    }

    public void Clear() => (_head, Count) = (0, 0);
}

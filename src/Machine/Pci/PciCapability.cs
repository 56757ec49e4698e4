namespace Tcg.Mttcg.Machine.Pci;

/// <summary>An entry of a function's capability list (PCI Local Bus 3.0 6.7). This class alone is a constant one.</summary>
/// <param name="body">What follows the id and the pointer to the next entry.</param>
public class PciCapability(byte id, params ReadOnlySpan<byte> body)
{
    private const int HeaderBytes = 2;

    private readonly byte[] _body = body.ToArray();
    private byte[] _space = [];

    /// <summary>Where the entry begins in configuration space.</summary>
    public int Offset { get; private set; }

    public int Length => HeaderBytes + _body.Length;

    /// <summary>The entry's bytes as they are now, header included.</summary>
    protected Span<byte> Bytes => _space.AsSpan(Offset, Length);

    /// <summary>Bits a guest may change, by offset from the entry's start.</summary>
    protected virtual IEnumerable<(int Offset, byte Mask)> Writable => [];

    internal void Place(int offset, byte[] space, Span<byte> initial, Span<byte> writable)
    {
        (Offset, _space) = (offset, space);
        initial[0] = id;
        _body.CopyTo(initial[HeaderBytes..]);
        foreach (var (at, mask) in Writable) writable[at] = mask;
    }

    internal bool Covers(int register, int size) => register < Offset + Length && register + size > Offset;

    /// <summary>A guest is about to read these bytes; offsets are from the entry's start and may begin before it.</summary>
    protected internal virtual void Reading(int offset, int size) { }

    /// <summary>A guest has written these bytes.</summary>
    protected internal virtual void Written(int offset, int size) { }

    /// <summary>The entry's bytes are those of power-on again.</summary>
    protected internal virtual void Reset() { }
}

namespace Tcg.Mttcg.Memory.Physical;

/// <summary>
/// The 65536 I/O ports. Lookups read a published two-level table without a lock. Unmapped ports read as ones and swallow writes; an access
/// that runs over the end of a range is split there.
/// </summary>
public sealed class PortMap
{
    public const int Ports = 65536;
    private const int LeafPorts = 256;

    private static readonly Slot[] EmptyLeaf = new Slot[LeafPorts];

    private readonly Lock _changing = new();
    private Slot[][] _table = Enumerable.Repeat(EmptyLeaf, Ports / LeafPorts).ToArray();

    private readonly record struct Slot(PortRegion? Region, int First);

    /// <summary>Maps a range; it replaces what was there.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The range runs past port 65535.</exception>
    public void Map(ushort first, PortRegion region) => Publish(first, region.Length, new(region, first));

    /// <summary>Makes ports unmapped.</summary>
    public void Unmap(ushort first, int count) => Publish(first, count, default);

    /// <summary>The range at a port, or null, and the offset of the port in it.</summary>
    public PortRegion? Find(ushort port, out int offset)
    {
        var slot = Lookup(port);
        offset = port - slot.First;
        return slot.Region;
    }

    /// <param name="size">1, 2 or 4 bytes.</param>
    public uint Read(ushort port, int size)
    {
        var slot = Lookup(port);
        if (slot.Region is { } region && port - slot.First + size <= region.Length)
            return region.Read(port - slot.First, size);
        var value = 0u;
        for (var done = 0; done < size;)
        {
            var bits = 0xffu;
            var piece = 1;
            if (port + done < Ports && Lookup(port + done) is { Region: { } part, First: var first })
            {
                piece = Math.Min(size - done, part.Length - (port + done - first));
                bits = part.Read(port + done - first, piece);
            }
            value |= bits << (done * 8);
            done += piece;
        }
        return value;
    }

    /// <inheritdoc cref="Read"/>
    public void Write(ushort port, int size, uint value)
    {
        for (var done = 0; done < size;)
        {
            var piece = 1;
            if (port + done < Ports && Lookup(port + done) is { Region: { } part, First: var first })
            {
                piece = Math.Min(size - done, part.Length - (port + done - first));
                part.Write(port + done - first, piece, value >> (done * 8));
            }
            done += piece;
        }
    }

    private Slot Lookup(int port) => Volatile.Read(ref _table)[port / LeafPorts][port % LeafPorts];

    private void Publish(int first, int count, Slot slot)
    {
        if (count < 1 || count > Ports - first)
            throw new ArgumentOutOfRangeException(nameof(count), count, $"The ports from 0x{first:x} run past 0xffff.");
        lock (_changing)
        {
            var table = (Slot[][])_table.Clone();
            for (var leaf = first / LeafPorts; leaf <= (first + count - 1) / LeafPorts; leaf++)
                table[leaf] = (Slot[])table[leaf].Clone();
            for (var port = first; port < first + count; port++)
                table[port / LeafPorts][port % LeafPorts] = slot;
            Volatile.Write(ref _table, table);
        }
    }
}

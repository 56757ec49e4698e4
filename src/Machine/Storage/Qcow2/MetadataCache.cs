using System.Buffers.Binary;
using Tcg.Mttcg.Machine.Storage.Files;

namespace Tcg.Mttcg.Machine.Storage.Qcow2;

/// <summary>One cluster of L2 entries or refcounts in memory, and which of its bytes the file does not know yet.</summary>
internal sealed class MetadataTable(long offset, byte[] bytes)
{
    private int _dirtyFrom = int.MaxValue, _dirtyTo;

    /// <summary>In the file.</summary>
    public long Offset => offset;

    public byte[] Bytes => bytes;

    public bool IsDirty => _dirtyTo > 0;

    public ulong this[int index]
    {
        get => BinaryPrimitives.ReadUInt64BigEndian(bytes.AsSpan(index * 8));
        set
        {
            BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(index * 8), value);
            MarkDirty(index * 8, 8);
        }
    }

    public void MarkDirty(int from, int length)
    {
        _dirtyFrom = Math.Min(_dirtyFrom, from);
        _dirtyTo = Math.Max(_dirtyTo, from + length);
    }

    /// <summary>Writes the sectors that changed: each of them is old or new after a power cut.</summary>
    public void WriteTo(IImageFile file)
    {
        if (!IsDirty) return;
        var from = _dirtyFrom & ~511;
        var to = Math.Min(bytes.Length, (_dirtyTo + 511) & ~511);
        file.Write(offset + from, bytes.AsSpan(from, to - from));
        (_dirtyFrom, _dirtyTo) = (int.MaxValue, 0);
    }
}

/// <summary>Recently used metadata clusters by their place in the file. Grows without bound between two calls of <see cref="Trim"/>.</summary>
/// <param name="capacity">Clusters kept by <see cref="Trim"/>.</param>
internal sealed class MetadataCache(IImageFile file, int clusterBytes, int capacity)
{
    private readonly Dictionary<long, LinkedListNode<MetadataTable>> _byOffset = [];
    private readonly LinkedList<MetadataTable> _recent = new();

    public bool IsOverfull => _byOffset.Count > capacity;

    public bool HasDirty => _recent.Any(table => table.IsDirty);

    public MetadataTable Get(long offset)
    {
        if (_byOffset.TryGetValue(offset, out var node))
        {
            if (node != _recent.First)
            {
                _recent.Remove(node);
                _recent.AddFirst(node);
            }
            return node.Value;
        }
        var bytes = new byte[clusterBytes];
        file.Read(offset, bytes);
        return Keep(new MetadataTable(offset, bytes));
    }

    /// <summary>A table whose cluster in the file holds nothing of worth yet; all of it is to be written.</summary>
    public MetadataTable Add(long offset, byte[] bytes)
    {
        Drop(offset);
        var table = Keep(new MetadataTable(offset, bytes));
        table.MarkDirty(0, bytes.Length);
        return table;
    }

    public void Drop(long offset)
    {
        if (_byOffset.Remove(offset, out var node)) _recent.Remove(node);
    }

    public void WriteDirty()
    {
        foreach (var table in _recent.OrderBy(table => table.Offset).Where(table => table.IsDirty).ToArray()) table.WriteTo(file);
    }

    /// <summary>Forgets the longest unused tables; those that are not in the file yet stay.</summary>
    public void Trim()
    {
        for (var node = _recent.Last; node is not null && IsOverfull;)
        {
            var previous = node.Previous;
            if (!node.Value.IsDirty) Drop(node.Value.Offset);
            node = previous;
        }
    }

    private MetadataTable Keep(MetadataTable table)
    {
        _byOffset.Add(table.Offset, _recent.AddFirst(table));
        return table;
    }
}

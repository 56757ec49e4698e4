using System.Buffers.Binary;
using Tcg.Mttcg.Machine.Storage.Files;

namespace Tcg.Mttcg.Machine.Storage.Qcow2;

/// <summary>
/// How often each cluster of the file is used, in two levels; hands out free clusters. Counts stay in memory until <see cref="WriteDirty"/>; only the
/// table of blocks is kept true in the file at once, since it grows once in many thousand clusters.
/// </summary>
internal sealed class Refcounts
{
    private const ulong BlockMask = ~511UL;
    private const long TableMaximumBytes = 8 << 20;

    private readonly IImageFile _file;
    private readonly int _clusterBits;
    private readonly RefcountFormat _format;
    private readonly MetadataCache _blocks;
    private readonly int _perBlock;
    private ulong[] _table;
    private long _tableOffset;
    private int _tableClusters;
    private long _firstFree = 1;

    public Refcounts(IImageFile file, Qcow2Header header, int cachedBlocks)
    {
        _file = file;
        _clusterBits = header.ClusterBits;
        _format = new RefcountFormat(header.RefcountOrder);
        _perBlock = _format.PerBlock(header.ClusterBytes);
        _blocks = new MetadataCache(file, header.ClusterBytes, cachedBlocks);
        (_tableOffset, _tableClusters) = (header.RefcountTableOffset, header.RefcountTableClusters);
        var bytes = new byte[(long)_tableClusters << _clusterBits];
        file.Read(_tableOffset, bytes);
        _table = new ulong[bytes.Length / 8];
        for (var i = 0; i < _table.Length; i++) _table[i] = BinaryPrimitives.ReadUInt64BigEndian(bytes.AsSpan(i * 8)) & BlockMask;
    }

    public bool IsOverfull => _blocks.IsOverfull;

    public bool HasDirty => _blocks.HasDirty;

    /// <summary>The refcount table in the file, in clusters: first and count.</summary>
    public (long First, int Count) Table => (_tableOffset >> _clusterBits, _tableClusters);

    /// <summary>Offsets of all blocks in the file.</summary>
    public IEnumerable<long> Blocks => _table.Where(entry => entry != 0).Select(entry => (long)entry);

    private int ClusterBytes => 1 << _clusterBits;

    public ulong this[long cluster] => Block(cluster / _perBlock) is { } block ? _format.Get(block.Bytes, (int)(cluster % _perBlock)) : 0;

    /// <summary>A free cluster, counted once from now on. Its old contents are still in it.</summary>
    /// <exception cref="DiskImageException">The format has no room for more.</exception>
    public long Allocate()
    {
        for (var cluster = _firstFree; ; cluster++)
        {
            // A new block takes the first cluster that it describes.
            if (Block(cluster / _perBlock) is null) AddBlock(cluster / _perBlock);
            if (this[cluster] != 0) continue;
            Set(cluster, 1);
            _firstFree = cluster + 1;
            return cluster;
        }
    }

    /// <returns>True: nobody uses the cluster any more. False also when the image was wrong about it and counted it as free already.</returns>
    public bool Release(long cluster)
    {
        var count = this[cluster];
        if (count == 0) return false;
        Set(cluster, count - 1);
        if (count > 1) return false;
        _firstFree = Math.Min(_firstFree, cluster);
        return true;
    }

    public void WriteDirty() => _blocks.WriteDirty();

    public void Trim() => _blocks.Trim();

    private void Set(long cluster, ulong count)
    {
        var block = Block(cluster / _perBlock)!;
        var index = (int)(cluster % _perBlock);
        _format.Set(block.Bytes, index, count);
        block.MarkDirty(_format.ByteOf(index), _format.Bytes);
    }

    private MetadataTable? Block(long index)
    {
        if (index >= _table.Length || _table[index] == 0) return null;
        var offset = (long)_table[index];
        if ((offset & (ClusterBytes - 1)) != 0 || offset > _file.Length) throw Corrupt($"refcount block {index} lies at 0x{offset:x}");
        return _blocks.Get(offset);
    }

    private void AddBlock(long index)
    {
        while (index >= _table.Length) GrowTable();
        if (_table[index] != 0) return;
        var cluster = index * _perBlock;
        if (cluster == 0) throw Corrupt("the clusters at its start are not counted");
        var bytes = new byte[ClusterBytes];
        _format.Set(bytes, 0, 1);
        Publish(index, cluster << _clusterBits, bytes);
    }

    // The block must be whole before the table points to it.
    private void Publish(long index, long offset, byte[] bytes)
    {
        _file.Write(offset, bytes);
        _blocks.Drop(offset);
        _file.Flush();
        Span<byte> entry = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(entry, offset);
        _file.Write(_tableOffset + index * 8, entry);
        _table[index] = (ulong)offset;
    }

    /// <summary>Every cluster that the table can describe is described: a larger table goes right behind them, and blocks for itself before it.</summary>
    private void GrowTable()
    {
        var clusters = _tableClusters + Math.Max(1, _tableClusters / 2);
        if ((long)clusters << _clusterBits > TableMaximumBytes) throw new DiskImageException($"{_file.Name}: is full: its refcount table cannot grow any more");
        var blocks = (clusters + _perBlock - 1) / _perBlock;
        while (blocks * (long)_perBlock < blocks + clusters) blocks++;
        var first = (long)_table.Length * _perBlock;
        var table = new ulong[((long)clusters << _clusterBits) / 8];
        _table.CopyTo(table, 0);
        for (var i = 0; i < blocks; i++) table[_table.Length + i] = (ulong)(first + i) << _clusterBits;
        WriteNewBlocks(first, blocks, blocks + clusters);
        var bytes = new byte[table.Length * 8];
        for (var i = 0; i < table.Length; i++) BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(i * 8), table[i]);
        var offset = (first + blocks) << _clusterBits;
        _file.Write(offset, bytes);
        _file.Flush();
        Span<byte> pointer = stackalloc byte[12];
        BinaryPrimitives.WriteInt64BigEndian(pointer, offset);
        BinaryPrimitives.WriteInt32BigEndian(pointer[8..], clusters);
        _file.Write(Qcow2Header.RefcountTableAt, pointer);
        _file.Flush();
        var old = Table;
        (_table, _tableOffset, _tableClusters) = (table, offset, clusters);
        for (var i = 0; i < old.Count; i++) Release(old.First + i);
    }

    private void WriteNewBlocks(long first, int blocks, int used)
    {
        for (var i = 0; i < blocks; i++)
        {
            var bytes = new byte[ClusterBytes];
            for (var j = 0; j < _perBlock && i * _perBlock + j < used; j++) _format.Set(bytes, j, 1);
            _file.Write((first + i) << _clusterBits, bytes);
            _blocks.Drop((first + i) << _clusterBits);
        }
    }

    private DiskImageException Corrupt(string what) => new($"{_file.Name}: is corrupt: {what}");
}

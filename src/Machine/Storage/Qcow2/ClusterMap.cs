using System.Buffers.Binary;
using Tcg.Mttcg.Machine.Storage.Files;

namespace Tcg.Mttcg.Machine.Storage.Qcow2;

/// <summary>From guest clusters to their L2 entries, in two levels. Changes stay in memory until <see cref="Write"/>.</summary>
internal sealed class ClusterMap
{
    private readonly IImageFile _file;
    private readonly Qcow2Header _header;
    private readonly MetadataCache _tables;
    private readonly ulong[] _l1;
    private readonly SortedSet<int> _dirtyL1 = [];
    private readonly int _tableBits;

    public ClusterMap(IImageFile file, Qcow2Header header, int cachedTables)
    {
        (_file, _header) = (file, header);
        _tables = new MetadataCache(file, header.ClusterBytes, cachedTables);
        _tableBits = header.ClusterBits - 3;
        _l1 = ReadL1(file, header.L1Offset, header.L1Entries);
    }

    public bool IsOverfull => _tables.IsOverfull;

    public bool HasDirty => _dirtyL1.Count > 0 || _tables.HasDirty;

    /// <summary>L2 tables in the file.</summary>
    public IEnumerable<long> Tables => _l1.Select(entry => (long)(entry & L2Entry.OffsetMask)).Where(offset => offset != 0);

    /// <summary>Guest clusters from this one on that one L2 table describes.</summary>
    public int LeftInTable(long cluster) => (1 << _tableBits) - (int)(cluster & ((1 << _tableBits) - 1));

    public L2Entry this[long cluster]
    {
        get
        {
            var l1 = _l1[cluster >> _tableBits];
            return (l1 & L2Entry.OffsetMask) == 0 ? default : new(Table(cluster >> _tableBits)[IndexOf(cluster)]);
        }
    }

    /// <summary>Changes an entry; its L2 table is made, or copied if a snapshot shares it.</summary>
    /// <param name="allocate">Gives a free cluster of the file.</param>
    /// <returns>A cluster of the file that is used once less when the change is in the file, or null.</returns>
    public long? Set(long cluster, L2Entry entry, Func<long> allocate)
    {
        var index = (int)(cluster >> _tableBits);
        long? shared = null;
        if ((_l1[index] & L2Entry.Copied) == 0)
        {
            var old = (long)(_l1[index] & L2Entry.OffsetMask);
            var bytes = old == 0 ? new byte[_header.ClusterBytes] : (byte[])Table(index).Bytes.Clone();
            var place = allocate() << _header.ClusterBits;
            _tables.Add(place, bytes);
            _l1[index] = (ulong)place | L2Entry.Copied;
            _dirtyL1.Add(index);
            if (old != 0) shared = old >> _header.ClusterBits;
        }
        Table(index)[IndexOf(cluster)] = entry.Bits;
        return shared;
    }

    /// <summary>Brings all changes into the file. What they point to must be there already, past a flush.</summary>
    /// <param name="flush">Of the file.</param>
    public void Write(Action flush)
    {
        _tables.WriteDirty();
        if (_dirtyL1.Count == 0) return;
        // A table must be whole before the first level points to it.
        flush();
        Span<byte> bytes = stackalloc byte[8];
        foreach (var index in _dirtyL1)
        {
            BinaryPrimitives.WriteUInt64BigEndian(bytes, _l1[index]);
            _file.Write(_header.L1Offset + index * 8L, bytes);
        }
        _dirtyL1.Clear();
    }

    public void Trim() => _tables.Trim();

    public static ulong[] ReadL1(IImageFile file, long offset, int entries)
    {
        var bytes = new byte[entries * 8];
        file.Read(offset, bytes);
        var table = new ulong[entries];
        for (var i = 0; i < entries; i++) table[i] = BinaryPrimitives.ReadUInt64BigEndian(bytes.AsSpan(i * 8));
        return table;
    }

    private MetadataTable Table(long index)
    {
        var offset = (long)(_l1[index] & L2Entry.OffsetMask);
        if ((offset & (_header.ClusterBytes - 1)) != 0 || (offset >= _file.Length && !_dirtyL1.Contains((int)index)))
            throw new DiskImageException($"{_file.Name}: is corrupt: an L2 table lies at 0x{offset:x}");
        return _tables.Get(offset);
    }

    private int IndexOf(long cluster) => (int)(cluster & ((1L << _tableBits) - 1));
}

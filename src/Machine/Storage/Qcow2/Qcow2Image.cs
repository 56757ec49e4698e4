using Tcg.Mttcg.Machine.Storage.Files;

namespace Tcg.Mttcg.Machine.Storage.Qcow2;

/// <summary>
/// A qcow2 image. A power cut leaves it consistent: what is not flushed may be lost, and clusters may leak. Changes to the tables are held back in
/// memory until a flush (or until there are too many), and reach the file in this order, a flush of the file between any two: data and refcounts; L2
/// tables; the first level; then what nothing points to any more is freed. This file: reading and the order.
/// </summary>
public sealed partial class Qcow2Image : IDiskImage
{
    private const int CachedBytes = 32 << 20, LeastCachedTables = 8, FreesHeld = 4096;

    private readonly IImageFile _file;
    private readonly Qcow2Header _header;
    private readonly IDiskImage? _backing;
    private readonly ClusterMap _map;
    private readonly Refcounts _refcounts;
    private readonly CompressedClusters _compressed;
    private readonly List<long> _frees = [];
    private readonly byte[] _cluster;
    private bool _isBroken;

    internal Qcow2Image(IImageFile file, Qcow2Header header, IDiskImage? backing)
    {
        (_file, _header, _backing) = (file, header, backing);
        var tables = Math.Max(LeastCachedTables, CachedBytes >> header.ClusterBits);
        _map = new ClusterMap(file, header, tables);
        _refcounts = new Refcounts(file, header, tables);
        _compressed = new CompressedClusters(file, header.ClusterBits);
        _cluster = new byte[header.ClusterBytes];
    }

    public long Length => _header.Length;

    public bool IsReadOnly => _file.IsReadOnly;

    private int ClusterBits => _header.ClusterBits;

    private int ClusterBytes => _header.ClusterBytes;

    public void Read(long offset, Span<byte> buffer)
    {
        Trim();
        while (buffer.Length > 0)
        {
            var run = RunAt(offset, buffer.Length, out var entry);
            ReadRun(entry, offset, buffer[..run]);
            buffer = buffer[run..];
            offset += run;
        }
    }

    public void Flush()
    {
        if (!IsReadOnly) Commit();
    }

    public void Dispose()
    {
        try
        {
            if (!IsReadOnly && !_isBroken)
            {
                Commit();
                // What that freed.
                _refcounts.WriteDirty();
                FlushFile();
            }
        }
        finally
        {
            _file.Dispose();
            _backing?.Dispose();
        }
    }

    private void Commit()
    {
        if (_refcounts.HasDirty || _map.HasDirty)
        {
            _refcounts.WriteDirty();
            FlushFile();
            _map.Write(FlushFile);
        }
        FlushFile();
        foreach (var cluster in _frees)
        {
            if (_refcounts.Release(cluster)) _file.PunchHole(cluster << ClusterBits, ClusterBytes);
        }
        _frees.Clear();
    }

    // After a failed fsync nobody knows what reached the disk (a second one may well succeed), so nothing may build on it.
    private void FlushFile()
    {
        if (_isBroken) throw new DiskImageException($"{_file.Name}: an earlier flush failed; it takes no more writes");
        try
        {
            _file.Flush();
        }
        catch (IOException)
        {
            _isBroken = true;
            throw;
        }
    }

    private void Trim()
    {
        if (!_map.IsOverfull && !_refcounts.IsOverfull && _frees.Count < FreesHeld) return;
        if (!IsReadOnly) Commit();
        _map.Trim();
        _refcounts.Trim();
    }

    /// <summary>Bytes from an offset that are in one piece: in the file, in the backing file, or zeros.</summary>
    private int RunAt(long offset, int length, out L2Entry entry)
    {
        var cluster = offset >> ClusterBits;
        entry = _map[cluster];
        long run = ClusterBytes - (offset & (ClusterBytes - 1));
        if (entry.IsCompressed) return (int)Math.Min(run, length);
        for (var more = 1; run < length && more < _map.LeftInTable(cluster); more++, run += ClusterBytes)
        {
            var next = _map[cluster + more];
            var continues = entry.IsZero ? next.IsZero
                : entry.IsUnallocated ? next.IsUnallocated
                : !next.IsCompressed && !next.IsZero && next.Offset == entry.Offset + ((long)more << ClusterBits);
            if (!continues) break;
        }
        return (int)Math.Min(run, length);
    }

    private void ReadRun(L2Entry entry, long offset, Span<byte> buffer)
    {
        var within = (int)(offset & (ClusterBytes - 1));
        if (entry.IsCompressed) _compressed.Read(entry).Slice(within, buffer.Length).CopyTo(buffer);
        else if (entry.IsZero) buffer.Clear();
        else if (entry.IsUnallocated) ReadBelow(offset, buffer);
        else _file.Read(Checked(entry) + within, buffer);
    }

    // The backing file may be shorter than this disk.
    private void ReadBelow(long offset, Span<byte> buffer)
    {
        var there = _backing is null ? 0 : (int)Math.Clamp(_backing.Length - offset, 0, buffer.Length);
        if (there > 0) _backing!.Read(offset, buffer[..there]);
        buffer[there..].Clear();
    }

    private long Allocate()
    {
        var cluster = _refcounts.Allocate();
        var table = _refcounts.Table;
        var l1 = _header.L1Offset >> ClusterBits;
        var l1Clusters = (_header.L1Entries * 8L + ClusterBytes - 1) >> ClusterBits;
        if ((cluster >= l1 && cluster < l1 + l1Clusters) || (cluster >= table.First && cluster < table.First + table.Count))
            throw new DiskImageException($"{_file.Name}: is corrupt: its tables are counted as free; repair it with qemu-img check -r all");
        return cluster;
    }

    private long Checked(L2Entry entry)
    {
        if ((entry.Offset & (ClusterBytes - 1)) != 0) throw new DiskImageException($"{_file.Name}: is corrupt: a cluster lies at 0x{entry.Offset:x}");
        return entry.Offset;
    }
}

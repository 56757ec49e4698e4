using System.Buffers.Binary;
using Tcg.Mttcg.Machine.Storage.Files;

namespace Tcg.Mttcg.Machine.Storage.Qcow2;

/// <summary>Counts by walking all tables how often each cluster of the file is really used, refcount structures left out.</summary>
internal sealed class Qcow2References
{
    private const int MostClusters = 1 << 29, SnapshotHeaderBytes = 40;

    private readonly IImageFile _file;
    private readonly Qcow2Header _header;
    private readonly uint[] _counts;

    private Qcow2References(IImageFile file, Qcow2Header header, int clusters) => (_file, _header, _counts) = (file, header, new uint[clusters]);

    /// <exception cref="DiskImageException">A table points out of the file.</exception>
    public static uint[] Count(IImageFile file, Qcow2Header header)
    {
        var clusters = (file.Length + header.ClusterBytes - 1) >> header.ClusterBits;
        if (clusters > MostClusters) throw new DiskImageException($"{file.Name}: is too large to be repaired here; use qemu-img check -r all");
        var references = new Qcow2References(file, header, (int)clusters);
        references.Use(0, 1);
        references.UseL1(header.L1Offset, header.L1Entries);
        references.UseSnapshots();
        return references._counts;
    }

    private void UseL1(long offset, int entries)
    {
        Use(offset, entries * 8L);
        foreach (var entry in ClusterMap.ReadL1(_file, offset, entries))
        {
            var table = (long)(entry & L2Entry.OffsetMask);
            if (table == 0) continue;
            Use(table, _header.ClusterBytes);
            UseL2(table);
        }
    }

    private void UseL2(long offset)
    {
        var bytes = new byte[_header.ClusterBytes];
        _file.Read(offset, bytes);
        for (var at = 0; at < bytes.Length; at += 8)
        {
            var (first, count) = new L2Entry(BinaryPrimitives.ReadUInt64BigEndian(bytes.AsSpan(at))).HostClusters(_header.ClusterBits);
            // The last sectors that a compressed cluster might take may lie past the end.
            for (var i = 0; i < count; i++)
            {
                if (i == 0 || first + i < _counts.Length) Use((first + i) << _header.ClusterBits, 1);
            }
        }
    }

    // qcow2.rst, "Snapshots"
    private void UseSnapshots()
    {
        var at = _header.SnapshotsOffset;
        var head = new byte[SnapshotHeaderBytes];
        for (var i = 0; i < _header.SnapshotCount; i++)
        {
            if (at + SnapshotHeaderBytes > _file.Length) throw Outside(at);
            _file.Read(at, head);
            UseL1(BinaryPrimitives.ReadInt64BigEndian(head), Entries(BinaryPrimitives.ReadUInt32BigEndian(head.AsSpan(8))));
            long length = SnapshotHeaderBytes + (long)BinaryPrimitives.ReadUInt32BigEndian(head.AsSpan(36)) + BinaryPrimitives.ReadUInt16BigEndian(head.AsSpan(12))
                + BinaryPrimitives.ReadUInt16BigEndian(head.AsSpan(14));
            at += (length + 7) & ~7;
        }
        if (_header.SnapshotCount > 0) Use(_header.SnapshotsOffset, at - _header.SnapshotsOffset);
    }

    private int Entries(uint entries) => entries <= 1 << 22 ? (int)entries : throw new DiskImageException($"{_file.Name}: is corrupt: a snapshot has {entries} L1 entries");

    private void Use(long offset, long bytes)
    {
        var last = (offset + bytes - 1) >> _header.ClusterBits;
        if (offset < 0 || last >= _counts.Length) throw Outside(offset);
        for (var cluster = offset >> _header.ClusterBits; cluster <= last; cluster++) _counts[cluster]++;
    }

    private DiskImageException Outside(long offset) => new($"{_file.Name}: is corrupt: a table points to 0x{offset:x}, outside of the file");
}

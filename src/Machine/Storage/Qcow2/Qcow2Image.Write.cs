namespace Tcg.Mttcg.Machine.Storage.Qcow2;

/// <summary>Writing. Whatever the old cluster was shared with, or stood for, ends in a new cluster that this image alone uses.</summary>
public sealed partial class Qcow2Image
{
    public void Write(long offset, ReadOnlySpan<byte> data)
    {
        Guarded();
        while (data.Length > 0)
        {
            Trim();
            var run = RunAt(offset, data.Length, out var entry);
            if (entry.IsOwn && !entry.IsZero)
            {
                run = OwnRun(offset, run);
                _file.Write(Checked(entry) + (offset & (ClusterBytes - 1)), data[..run]);
            }
            else
            {
                run = (int)Math.Min(data.Length, ClusterBytes - (offset & (ClusterBytes - 1)));
                WriteNew(entry, offset, data[..run]);
            }
            data = data[run..];
            offset += run;
        }
    }

    public void Discard(long offset, long length)
    {
        Guarded();
        ForWholeClusters(offset, length, cluster =>
        {
            var entry = _map[cluster];
            if (_backing is null) Replace(cluster, entry, default);
            else if (_header.Version >= 3) Replace(cluster, entry, L2Entry.Zero);
        });
    }

    public void WriteZeroes(long offset, long length, bool unmap)
    {
        Guarded();
        var (start, end) = ForWholeClusters(offset, length, cluster =>
        {
            var entry = _map[cluster];
            if (entry.IsZero || (entry.IsUnallocated && _backing is null)) return;
            if (_header.Version < 3 && (_backing is not null || !unmap)) WriteZeros(cluster << ClusterBits, ClusterBytes);
            else if (_header.Version < 3) Replace(cluster, entry, default);
            else if (unmap || !entry.IsOwn) Replace(cluster, entry, L2Entry.Zero);
            else Replace(cluster, entry, new L2Entry(entry.Bits | L2Entry.Zero.Bits));
        });
        WriteZeros(offset, start - offset);
        WriteZeros(end, offset + length - end);
    }

    // Clusters that follow each other in the file, each of them written in place.
    private int OwnRun(long offset, int length)
    {
        var end = offset + length;
        var next = ((offset >> ClusterBits) + 1) << ClusterBits;
        while (next < end && _map[next >> ClusterBits].IsOwn) next += ClusterBytes;
        return (int)(Math.Min(next, end) - offset);
    }

    private void WriteNew(L2Entry entry, long offset, ReadOnlySpan<byte> data)
    {
        var cluster = offset >> ClusterBits;
        var within = (int)(offset & (ClusterBytes - 1));
        // A zero cluster that keeps its place in the file is filled there: until the tables change nobody reads it.
        var place = entry.IsOwn ? Checked(entry) : Allocate() << ClusterBits;
        var isHole = place >= _file.Length;
        if (data.Length == ClusterBytes || (isHole && entry.IsUnallocated && _backing is null))
        {
            _file.Write(place + within, data);
        }
        else
        {
            ReadRun(entry, cluster << ClusterBits, _cluster);
            data.CopyTo(_cluster.AsSpan(within));
            _file.Write(place, _cluster);
        }
        Replace(cluster, entry, L2Entry.At(place));
    }

    private void WriteZeros(long offset, long length)
    {
        while (length > 0)
        {
            var run = RunAt(offset, (int)Math.Min(length, ClusterBytes), out var entry);
            if (!entry.IsZero && !(entry.IsUnallocated && _backing is null)) Write(offset, new byte[run]);
            offset += run;
            length -= run;
        }
    }

    /// <summary>Changes an entry; what the old one used in the file is freed when the change is in the file.</summary>
    private void Replace(long cluster, L2Entry old, L2Entry entry)
    {
        if (old == entry) return;
        if (_map.Set(cluster, entry, Allocate) is { } table) _frees.Add(table);
        if (!old.IsCompressed && old.Offset == entry.Offset) return;
        var (first, count) = old.HostClusters(ClusterBits);
        for (var i = 0; i < count; i++) _frees.Add(first + i);
        _compressed.Forget();
    }

    private (long Start, long End) ForWholeClusters(long offset, long length, Action<long> action)
    {
        var first = (offset + ClusterBytes - 1) >> ClusterBits;
        // The disk's last cluster counts as whole when the range reaches the disk's end.
        var end = offset + length == Length ? _header.Clusters : (offset + length) >> ClusterBits;
        if (first >= end) return (offset + length, offset + length);
        for (var cluster = first; cluster < end; cluster++)
        {
            Trim();
            action(cluster);
        }
        return (first << ClusterBits, Math.Min(end << ClusterBits, offset + length));
    }

    private void Guarded()
    {
        if (_isBroken) throw new DiskImageException($"{_file.Name}: an earlier flush failed; it takes no more writes");
        if (IsReadOnly) throw new DiskImageException($"{_file.Name}: is read-only");
    }
}

using System.Buffers.Binary;
using Tcg.Mttcg.Machine.Storage;
using Tcg.Mttcg.Machine.Storage.Files;
using Tcg.Mttcg.Machine.Storage.Qcow2;

namespace Tcg.Mttcg.Machine.Tests.Storage;

/// <summary>Empty qcow2 images made by hand, and a check of the structures of any.</summary>
internal static class Qcow2Files
{
    public const int VersionAt = 4, BackingAt = 8, ClusterBitsAt = 20, SizeAt = 24, CryptAt = 32, L1EntriesAt = 36, L1OffsetAt = 40, RefcountTableAt = 48,
        RefcountTableClustersAt = 56, IncompatibleAt = 72, CompatibleAt = 80, RefcountOrderAt = 96, HeaderBytesAt = 100;

    public const int HeaderBytes = 104;

    /// <summary>Header, refcount table, refcount block, L1 table: each begins a cluster.</summary>
    public static byte[] Empty(long size, int clusterBits = 16, int refcountOrder = 4, int version = 3)
    {
        var cluster = 1 << clusterBits;
        var l1Entries = (int)((size + cluster - 1) / cluster * 8 + cluster - 1) / cluster;
        var l1Clusters = (l1Entries * 8 + cluster - 1) / cluster;
        var image = new byte[(3 + l1Clusters) * cluster];
        Put32(image, 0, 0x514649fb);
        Put32(image, VersionAt, (uint)version);
        Put32(image, ClusterBitsAt, (uint)clusterBits);
        Put64(image, SizeAt, (ulong)size);
        Put32(image, L1EntriesAt, (uint)l1Entries);
        Put64(image, L1OffsetAt, (ulong)(3 * cluster));
        Put64(image, RefcountTableAt, (ulong)cluster);
        Put32(image, RefcountTableClustersAt, 1);
        Put32(image, RefcountOrderAt, (uint)refcountOrder);
        Put32(image, HeaderBytesAt, HeaderBytes);
        Put64(image, cluster, (ulong)(2 * cluster));
        var format = new RefcountFormat(refcountOrder);
        for (var i = 0; i < 3 + l1Clusters; i++) format.Set(image.AsSpan(2 * cluster, cluster), i, 1);
        return image;
    }

    public static Qcow2Image Open(IImageFile file, IDiskImage? backing = null) => DiskImages.Mount(file, Qcow2Header.Read(file), backing);

    /// <summary>No cluster is counted less often than it is used.</summary>
    public static void AssertConsistent(IImageFile file)
    {
        var header = Qcow2Header.Read(file);
        var used = Qcow2References.Count(file, header);
        var refcounts = new Refcounts(file, header, cachedBlocks: 1 << 20);
        foreach (var block in refcounts.Blocks) used[block >> header.ClusterBits]++;
        for (var i = 0; i < refcounts.Table.Count; i++) used[refcounts.Table.First + i]++;
        for (var cluster = 0; cluster < used.Length; cluster++)
            Assert.True(refcounts[cluster] >= used[cluster], $"cluster {cluster} is used {used[cluster]} times and counted {refcounts[cluster]} times");
    }

    public static void Put32(byte[] image, int offset, uint value) => BinaryPrimitives.WriteUInt32BigEndian(image.AsSpan(offset), value);

    public static void Put64(byte[] image, int offset, ulong value) => BinaryPrimitives.WriteUInt64BigEndian(image.AsSpan(offset), value);
}

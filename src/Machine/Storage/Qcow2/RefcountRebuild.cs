using System.Buffers.Binary;
using Tcg.Mttcg.Machine.Storage.Files;

namespace Tcg.Mttcg.Machine.Storage.Qcow2;

/// <summary>
/// Gives an image that was not closed (lazy refcounts: the dirty bit is set) true refcounts: wholly new ones behind the end of the file, so that the old
/// ones stand until one write to the header makes them garbage.
/// </summary>
internal static class RefcountRebuild
{
    public static void Run(IImageFile file, Qcow2Header header)
    {
        var counts = Qcow2References.Count(file, header);
        var format = new RefcountFormat(header.RefcountOrder);
        var perBlock = format.PerBlock(header.ClusterBytes);
        var (blocks, tableClusters) = Sizes(counts.Length, perBlock, header.ClusterBytes);
        var table = new byte[(long)tableClusters << header.ClusterBits];
        for (var i = 0; i < blocks; i++)
        {
            var offset = ((long)counts.Length + i) << header.ClusterBits;
            file.Write(offset, Block(i, blocks + tableClusters, counts, format, perBlock, header.ClusterBytes));
            BinaryPrimitives.WriteInt64BigEndian(table.AsSpan(i * 8), offset);
        }
        var place = ((long)counts.Length + blocks) << header.ClusterBits;
        file.Write(place, table);
        file.Flush();
        // Table, its size and the dirty bit lie in one sector.
        Span<byte> pointer = stackalloc byte[Qcow2Header.IncompatibleAt + 8 - Qcow2Header.RefcountTableAt];
        file.Read(Qcow2Header.RefcountTableAt, pointer);
        BinaryPrimitives.WriteInt64BigEndian(pointer, place);
        BinaryPrimitives.WriteInt32BigEndian(pointer[8..], tableClusters);
        BinaryPrimitives.WriteUInt64BigEndian(pointer[(Qcow2Header.IncompatibleAt - Qcow2Header.RefcountTableAt)..], header.Incompatible & ~Qcow2Header.Dirty);
        file.Write(Qcow2Header.RefcountTableAt, pointer);
        file.Flush();
    }

    // Blocks must count the used clusters, themselves and the table; the table must hold the blocks.
    private static (int Blocks, int TableClusters) Sizes(int used, int perBlock, int clusterBytes)
    {
        var (blocks, table) = (1, 1);
        while (true)
        {
            var needed = (int)(((long)used + blocks + table + perBlock - 1) / perBlock);
            var tableNeeded = (needed * 8 + clusterBytes - 1) / clusterBytes;
            if (needed <= blocks && tableNeeded <= table) return (blocks, table);
            (blocks, table) = (Math.Max(blocks, needed), Math.Max(table, tableNeeded));
        }
    }

    private static byte[] Block(int index, int structures, uint[] counts, RefcountFormat format, int perBlock, int clusterBytes)
    {
        var block = new byte[clusterBytes];
        for (var i = 0; i < perBlock; i++)
        {
            var cluster = (long)index * perBlock + i;
            if (cluster >= counts.Length + (long)structures) break;
            format.Set(block, i, cluster < counts.Length ? counts[cluster] : 1);
        }
        return block;
    }
}

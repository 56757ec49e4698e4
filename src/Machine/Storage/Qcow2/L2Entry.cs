namespace Tcg.Mttcg.Machine.Storage.Qcow2;

/// <summary>Where one guest cluster is (qcow2.rst, "L2 table entry").</summary>
internal readonly record struct L2Entry(ulong Bits)
{
    public const ulong OffsetMask = 0x00ff_ffff_ffff_fe00, Copied = 1UL << 63;
    private const ulong CompressedFlag = 1UL << 62, ZeroFlag = 1;

    public static L2Entry At(long offset) => new((ulong)offset | Copied);

    public static L2Entry Zero => new(ZeroFlag);

    public bool IsCompressed => (Bits & CompressedFlag) != 0;

    /// <summary>Reads as zeros, whatever its cluster in the file holds.</summary>
    public bool IsZero => !IsCompressed && (Bits & ZeroFlag) != 0;

    /// <summary>Its cluster in the file, 0 for none. Not of a compressed one.</summary>
    public long Offset => (long)(Bits & OffsetMask);

    public bool IsUnallocated => Bits == 0 || (!IsCompressed && !IsZero && Offset == 0);

    /// <summary>Nobody else uses the cluster in the file: it may be written in place.</summary>
    public bool IsOwn => (Bits & Copied) != 0 && !IsCompressed && Offset != 0;

    /// <summary>Start in the file and the most bytes that a compressed cluster may take: whole sectors after the first, partial one.</summary>
    public (long Offset, int Bytes) Compressed(int clusterBits)
    {
        var offsetBits = 62 - (clusterBits - 8);
        var offset = (long)(Bits & ((1UL << offsetBits) - 1));
        var sectors = (int)((Bits & (CompressedFlag - 1)) >> offsetBits);
        return (offset, (sectors + 1) * 512 - (int)(offset & 511));
    }

    /// <summary>First and count of the clusters in the file that it uses.</summary>
    public (long First, int Count) HostClusters(int clusterBits)
    {
        if (!IsCompressed) return (Offset >> clusterBits, Offset == 0 ? 0 : 1);
        var (offset, bytes) = Compressed(clusterBits);
        var first = offset >> clusterBits;
        return (first, (int)(((offset + bytes - 1) >> clusterBits) - first) + 1);
    }
}

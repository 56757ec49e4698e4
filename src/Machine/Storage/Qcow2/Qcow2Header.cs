using System.Buffers.Binary;
using System.Numerics;
using System.Text;
using Tcg.Mttcg.Machine.Storage.Files;
using Tcg.Mttcg.Machine.Storage.Formats;

namespace Tcg.Mttcg.Machine.Storage.Qcow2;

/// <summary>The checked header of a qcow2 image, versions 2 and 3 (QEMU, docs/interop/qcow2.rst).</summary>
internal sealed class Qcow2Header
{
    public const int IncompatibleAt = 72, AutoclearAt = 88, RefcountTableAt = 48;
    public const ulong Dirty = 1 << 0, Corrupt = 1 << 1, ExternalData = 1 << 2, CompressionType = 1 << 3, ExtendedL2 = 1 << 4;

    private const int Version2Bytes = 72, Version3Bytes = 104, MaximumHeaderBytes = 1 << 21, BackingNameMaximum = 1023;
    private const long L1MaximumBytes = 32 << 20, RefcountTableMaximumBytes = 8 << 20;
    private const uint EndOfExtensions = 0, BackingFormatExtension = 0xe2792aca;

    private Qcow2Header() { }

    public int Version { get; private init; }
    public int ClusterBits { get; private init; }
    public int ClusterBytes => 1 << ClusterBits;

    /// <summary>Size of the disk in bytes.</summary>
    public long Length { get; private init; }
    public long L1Offset { get; private init; }
    public int L1Entries { get; private init; }
    public long RefcountTableOffset { get; private init; }
    public int RefcountTableClusters { get; private init; }
    public int RefcountOrder { get; private init; }
    public int SnapshotCount { get; private init; }
    public long SnapshotsOffset { get; private init; }
    public ulong Incompatible { get; private init; }
    public ulong Autoclear { get; private init; }
    public string? BackingFile { get; private init; }

    /// <summary>Null: the image does not say.</summary>
    public string? BackingFormat { get; private init; }

    /// <summary>Guest clusters.</summary>
    public long Clusters => (Length + ClusterBytes - 1) >> ClusterBits;

    /// <exception cref="DiskImageException"/>
    public static Qcow2Header Read(IImageFile file)
    {
        if (file.Length < Version2Bytes) throw Bad(file, "is truncated within its header");
        var head = new byte[Version3Bytes];
        file.Read(0, head);
        var version = (int)Read32(head, 4);
        if (Read32(head, 0) != ImageFormats.Qcow2Magic) throw Bad(file, "is no qcow2 image");
        if (version is not (2 or 3)) throw Bad(file, $"is of qcow2 version {version}; 2 and 3 are supported");
        var clusterBits = (int)Read32(head, 20);
        if (clusterBits is < 9 or > 21) throw Bad(file, $"has clusters of 2^{(uint)clusterBits} bytes; 2^9 to 2^21 are supported");
        if (Read32(head, 32) != 0) throw Bad(file, "is encrypted, which is not supported");
        var isNew = version == 3;
        var headerBytes = isNew ? Read32(head, 100) : Version2Bytes;
        if (headerBytes < (isNew ? Version3Bytes : Version2Bytes) || headerBytes > Math.Min(1 << clusterBits, MaximumHeaderBytes) || headerBytes % 8 != 0)
            throw Bad(file, $"has a header of {headerBytes} bytes, which cannot be");
        var extensions = Qcow2Extensions.Read(file, headerBytes, 1 << clusterBits, Read64(head, 8));
        if (isNew) CheckFeatures(file, Read64(head, IncompatibleAt), extensions, headerBytes);
        var header = new Qcow2Header
        {
            Version = version,
            ClusterBits = clusterBits,
            Length = (long)Read64(head, 24),
            L1Offset = (long)Read64(head, 40),
            L1Entries = (int)Math.Min(Read32(head, 36), int.MaxValue),
            RefcountTableOffset = (long)Read64(head, RefcountTableAt),
            RefcountTableClusters = (int)Math.Min(Read32(head, RefcountTableAt + 8), int.MaxValue),
            RefcountOrder = isNew ? (int)Math.Min(Read32(head, 96), 99) : 4,
            SnapshotCount = (int)Math.Min(Read32(head, 60), int.MaxValue),
            SnapshotsOffset = (long)Read64(head, 64),
            Incompatible = isNew ? Read64(head, IncompatibleAt) : 0,
            Autoclear = isNew ? Read64(head, AutoclearAt) : 0,
            BackingFile = ReadBackingName(file, Read64(head, 8), Read32(head, 16), 1 << clusterBits),
            BackingFormat = extensions.Text(BackingFormatExtension),
        };
        header.CheckSizes(file);
        return header;
    }

    private void CheckSizes(IImageFile file)
    {
        var mask = ClusterBytes - 1;
        if (Length < 0 || Length > long.MaxValue - (1L << 56)) throw Bad(file, $"has an absurd size of {(ulong)Length} bytes");
        if (Length % 512 != 0) throw Bad(file, $"has a size of {Length} bytes, which is no whole number of sectors");
        if (RefcountOrder > 6) throw Bad(file, $"has refcounts of 2^{RefcountOrder} bits; at most 64 are possible");
        if ((long)L1Entries * 8 > L1MaximumBytes) throw Bad(file, $"has an absurd L1 table of {(uint)L1Entries} entries");
        var needed = (Clusters + (ClusterBytes / 8) - 1) >> (ClusterBits - 3);
        if (needed > L1Entries) throw Bad(file, $"has {L1Entries} L1 entries, but {needed} are needed for its size of {Length} bytes");
        if ((long)RefcountTableClusters << ClusterBits > RefcountTableMaximumBytes || RefcountTableClusters == 0)
            throw Bad(file, $"has an absurd refcount table of {(uint)RefcountTableClusters} clusters");
        if ((L1Offset & mask) != 0 || !Fits(L1Offset, L1Entries * 8L)) throw Bad(file, "is truncated or corrupt: its L1 table lies outside of the file");
        if ((RefcountTableOffset & mask) != 0 || RefcountTableOffset == 0 || !Fits(RefcountTableOffset, 8))
            throw Bad(file, "is truncated or corrupt: its refcount table lies outside of the file");

        bool Fits(long offset, long bytes) => offset >= 0 && offset <= file.Length && bytes <= file.Length - offset;
    }

    private static void CheckFeatures(IImageFile file, ulong bits, Qcow2Extensions extensions, uint headerBytes)
    {
        if ((bits & CompressionType) != 0)
        {
            var type = new byte[1];
            if (headerBytes > Version3Bytes) file.Read(Version3Bytes, type);
            if (type[0] != 0) throw Bad(file, $"has {(type[0] == 1 ? "zstd" : $"unknown ({type[0]})")} compression; only zlib is supported");
        }
        var unknown = bits & ~(Dirty | Corrupt | CompressionType);
        if (unknown == 0) return;
        var first = BitOperations.TrailingZeroCount(unknown);
        var name = (1UL << first) switch
        {
            ExternalData => "external data file",
            ExtendedL2 => "extended L2 entries",
            _ => extensions.FeatureName(first) ?? $"bit {first}",
        };
        throw Bad(file, $"needs a qcow2 feature that is not supported ({name})");
    }

    private static string? ReadBackingName(IImageFile file, ulong offset, uint length, int clusterBytes)
    {
        if (offset == 0 || length == 0) return null;
        if (length > BackingNameMaximum || offset + length > (ulong)clusterBytes) throw Bad(file, "has an impossible backing file name");
        var name = new byte[length];
        file.Read((long)offset, name);
        return Encoding.UTF8.GetString(name);
    }

    private static DiskImageException Bad(IImageFile file, string reason) => new($"{file.Name}: {reason}");

    private static uint Read32(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadUInt32BigEndian(bytes[offset..]);

    private static ulong Read64(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadUInt64BigEndian(bytes[offset..]);
}

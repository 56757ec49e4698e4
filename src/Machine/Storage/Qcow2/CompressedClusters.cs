using System.IO.Compression;
using Tcg.Mttcg.Machine.Storage.Files;

namespace Tcg.Mttcg.Machine.Storage.Qcow2;

/// <summary>Reads clusters stored as raw deflate streams; the last one stays unpacked, since guests read in smaller pieces.</summary>
internal sealed class CompressedClusters(IImageFile file, int clusterBits)
{
    private readonly byte[] _contents = new byte[1 << clusterBits];
    private L2Entry _held;

    /// <exception cref="DiskImageException">The stream is broken.</exception>
    public ReadOnlySpan<byte> Read(L2Entry entry)
    {
        if (entry == _held) return _contents;
        _held = default;
        var (offset, bytes) = entry.Compressed(clusterBits);
        var packed = new byte[bytes];
        file.Read(offset, packed);
        try
        {
            using var unpack = new DeflateStream(new MemoryStream(packed), CompressionMode.Decompress);
            unpack.ReadExactly(_contents);
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException)
        {
            throw new DiskImageException($"{file.Name}: is corrupt: the compressed cluster at 0x{offset:x} cannot be unpacked", e);
        }
        _held = entry;
        return _contents;
    }

    /// <summary>Clusters of the file have changed hands.</summary>
    public void Forget() => _held = default;
}

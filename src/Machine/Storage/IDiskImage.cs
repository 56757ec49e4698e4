namespace Tcg.Mttcg.Machine.Storage;

/// <summary>
/// The contents of a disk as a flat range of bytes, whatever file format holds them. Plain and single-threaded: a back end calls one image from one
/// thread at a time. Offsets and lengths are bytes and need no alignment; a range outside the disk is the caller's mistake.
/// </summary>
/// <remarks>Every member may throw <see cref="IOException"/> (also as <see cref="DiskImageException"/>): the request failed, the image stays usable.</remarks>
public interface IDiskImage : IDisposable
{
    /// <summary>Bytes, a multiple of 512.</summary>
    long Length { get; }

    bool IsReadOnly { get; }

    void Read(long offset, Span<byte> buffer);

    /// <summary>Durable only after the next <see cref="Flush"/>.</summary>
    void Write(long offset, ReadOnlySpan<byte> data);

    /// <summary>The guest needs these bytes no more; what they read as afterwards is zeros or what they were.</summary>
    void Discard(long offset, long length);

    /// <param name="unmap">The space may be given back to the host.</param>
    void WriteZeroes(long offset, long length, bool unmap);

    /// <summary>Returns when all earlier writes have reached the host's disk.</summary>
    void Flush();
}

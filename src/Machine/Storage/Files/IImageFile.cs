namespace Tcg.Mttcg.Machine.Storage.Files;

/// <summary>A file of the host that holds an image. Between two calls of <see cref="Flush"/> a power cut may keep any of the sectors written and lose the others.</summary>
public interface IImageFile : IDisposable
{
    /// <summary>What messages call it.</summary>
    string Name { get; }

    bool IsReadOnly { get; }

    /// <summary>Bytes. Grows with writes past the end.</summary>
    long Length { get; }

    /// <summary>Bytes past the end of the file read as zeros.</summary>
    void Read(long offset, Span<byte> buffer);

    void Write(long offset, ReadOnlySpan<byte> data);

    /// <summary>Gives the space back; the range reads as zeros. False: the host's file system cannot do that, nothing has changed.</summary>
    bool PunchHole(long offset, long length);

    /// <summary>As <c>fsync</c>.</summary>
    void Flush();
}

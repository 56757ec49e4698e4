namespace Tcg.Mttcg.Machine.Storage.Formats;

/// <summary>A disk that can only be read, of bytes that are there already.</summary>
public sealed class BytesImage : IDiskImage
{
    private const int SectorBytes = 512;

    private readonly ReadOnlyMemory<byte> _bytes;

    /// <param name="bytes">Whole sectors of 512 bytes.</param>
    public BytesImage(ReadOnlyMemory<byte> bytes)
    {
        if (bytes.Length % SectorBytes != 0) throw new ArgumentException($"{bytes.Length} bytes are no whole number of sectors", nameof(bytes));
        _bytes = bytes;
    }

    public long Length => _bytes.Length;

    public bool IsReadOnly => true;

    public void Read(long offset, Span<byte> buffer) => _bytes.Span.Slice((int)offset, buffer.Length).CopyTo(buffer);

    public void Write(long offset, ReadOnlySpan<byte> data) => Refuse();

    public void Discard(long offset, long length) => Refuse();

    public void WriteZeroes(long offset, long length, bool unmap) => Refuse();

    public void Flush() { }

    public void Dispose() { }

    private static void Refuse() => throw new DiskImageException("the disk is read-only");
}

using Tcg.Mttcg.Machine.Storage;

namespace Tcg.Mttcg.Machine.Tests.Support;

/// <summary>A disk in an array, which notes what is asked of it and breaks on demand.</summary>
internal sealed class MemoryImage(int bytes, bool readOnly = false) : IDiskImage
{
    public byte[] Contents { get; } = new byte[bytes];

    public List<string> Calls { get; } = [];

    /// <summary>Every access throws.</summary>
    public bool Fails { get; set; }

    public long Length => Contents.Length;

    public bool IsReadOnly => readOnly;

    public void Read(long offset, Span<byte> buffer) => At(offset, buffer.Length).CopyTo(buffer);

    public void Write(long offset, ReadOnlySpan<byte> data) => data.CopyTo(At(offset, data.Length));

    public void Discard(long offset, long length) => Calls.Add($"discard {offset}+{length}");

    public void WriteZeroes(long offset, long length, bool unmap)
    {
        At(offset, (int)length).Clear();
        Calls.Add($"zero {offset}+{length}{(unmap ? " unmap" : "")}");
    }

    public void Flush()
    {
        At(0, 0);
        Calls.Add("flush");
    }

    public void Dispose() => Calls.Add("close");

    private Span<byte> At(long offset, int length) => Fails ? throw new IOException("broken") : Contents.AsSpan((int)offset, length);
}

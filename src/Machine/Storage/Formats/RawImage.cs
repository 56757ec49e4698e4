using Tcg.Mttcg.Machine.Storage.Files;

namespace Tcg.Mttcg.Machine.Storage.Formats;

/// <summary>The file is the disk. Its last sector may be cut short; the rest of it reads as zeros.</summary>
/// <param name="isGuess">The user did not say that it is raw: then the guest may not make it look like another format, which the next start would believe.</param>
public sealed class RawImage(IImageFile file, bool isGuess) : IDiskImage
{
    private const int SectorBytes = 512, ZeroBytes = 1 << 16;

    public long Length { get; } = (file.Length + SectorBytes - 1) / SectorBytes * SectorBytes;

    public bool IsReadOnly => file.IsReadOnly;

    public void Read(long offset, Span<byte> buffer) => file.Read(offset, buffer);

    public void Write(long offset, ReadOnlySpan<byte> data)
    {
        if (isGuess && offset < ImageFormats.MagicBytes) RefuseDisguise(offset, data);
        file.Write(offset, data);
    }

    public void Discard(long offset, long length) => file.PunchHole(offset, length);

    public void WriteZeroes(long offset, long length, bool unmap)
    {
        if (unmap && file.PunchHole(offset, length)) return;
        var zeros = new byte[Math.Min(length, ZeroBytes)];
        for (long done = 0; done < length; done += zeros.Length) file.Write(offset + done, zeros.AsSpan(0, (int)Math.Min(zeros.Length, length - done)));
    }

    public void Flush() => file.Flush();

    public void Dispose() => file.Dispose();

    private void RefuseDisguise(long offset, ReadOnlySpan<byte> data)
    {
        var head = new byte[ImageFormats.MagicBytes];
        file.Read(0, head);
        data[..Math.Min(data.Length, head.Length - (int)offset)].CopyTo(head.AsSpan((int)offset));
        if (ImageFormats.Probe(head) != ImageFormat.Raw) throw new DiskImageException($"{file.Name}: the guest writes another format's header; say format=raw to allow it");
    }
}

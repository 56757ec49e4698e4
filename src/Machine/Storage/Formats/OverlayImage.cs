using System.Collections;
using Tcg.Mttcg.Machine.Storage.Files;

namespace Tcg.Mttcg.Machine.Storage.Formats;

/// <summary>A disk whose writes go to a temporary file and end with it (QEMU: snapshot=on): the disk below is only read.</summary>
public sealed class OverlayImage : IDiskImage
{
    private const int GrainBits = 16, GrainBytes = 1 << GrainBits;

    private readonly IDiskImage _below;
    private readonly IImageFile _file;
    private readonly BitArray _isHere;
    private readonly byte[] _grain = new byte[GrainBytes];

    public OverlayImage(IDiskImage below, IImageFile file)
    {
        (_below, _file) = (below, file);
        var grains = (below.Length + GrainBytes - 1) >> GrainBits;
        if (grains > Array.MaxLength) throw new DiskImageException($"{file.Name}: a disk of {below.Length} bytes is too large for snapshot=on");
        _isHere = new BitArray((int)grains);
    }

    public long Length => _below.Length;

    public bool IsReadOnly => false;

    public void Read(long offset, Span<byte> buffer)
    {
        while (buffer.Length > 0)
        {
            var grain = (int)(offset >> GrainBits);
            var isHere = _isHere[grain];
            var end = grain + 1;
            while ((long)end << GrainBits < offset + buffer.Length && _isHere[end] == isHere) end++;
            var count = (int)Math.Min(buffer.Length, ((long)end << GrainBits) - offset);
            if (isHere) _file.Read(offset, buffer[..count]);
            else _below.Read(offset, buffer[..count]);
            buffer = buffer[count..];
            offset += count;
        }
    }

    public void Write(long offset, ReadOnlySpan<byte> data)
    {
        if (data.Length == 0) return;
        Fetch(offset);
        Fetch(offset + data.Length - 1);
        _file.Write(offset, data);
        for (var grain = offset >> GrainBits; grain <= offset + data.Length - 1 >> GrainBits; grain++) _isHere[(int)grain] = true;
    }

    public void Discard(long offset, long length) { }

    public void WriteZeroes(long offset, long length, bool unmap)
    {
        var zeros = new byte[Math.Min(length, GrainBytes)];
        for (long done = 0; done < length; done += zeros.Length) Write(offset + done, zeros.AsSpan(0, (int)Math.Min(zeros.Length, length - done)));
    }

    public void Flush() { }

    public void Dispose()
    {
        _file.Dispose();
        _below.Dispose();
    }

    // The first and the last grain of a write keep what the write does not cover.
    private void Fetch(long offset)
    {
        var grain = offset >> GrainBits;
        if (_isHere[(int)grain]) return;
        var part = _grain.AsSpan(0, (int)Math.Min(GrainBytes, Length - (grain << GrainBits)));
        _below.Read(grain << GrainBits, part);
        _file.Write(grain << GrainBits, part);
        _isHere[(int)grain] = true;
    }
}

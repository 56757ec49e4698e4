using Tcg.Mttcg.Machine.Storage.Files;

namespace Tcg.Mttcg.Machine.Tests.Storage;

/// <summary>The power failed: nothing more happens to the file.</summary>
internal sealed class PowerCutException : Exception;

/// <summary>
/// A file in memory that knows what a disk would still hold after a power cut: what was flushed, and of each sector written since then any of its
/// versions or none.
/// </summary>
internal sealed class PowerCutFile(byte[] contents) : IImageFile
{
    private const int SectorBytes = 512;

    private readonly Dictionary<long, List<byte[]>> _unflushed = [];
    private byte[] _now = (byte[])contents.Clone(), _durable = (byte[])contents.Clone();
    private int _length = contents.Length, _durableLength = contents.Length;

    public string Name => "disk in memory";

    public bool IsReadOnly => false;

    public long Length => _length;

    /// <summary>Writes and flushes until the power fails; null: it does not.</summary>
    public int? Remaining { get; set; }

    /// <summary>Flushes do nothing, to see a test fail.</summary>
    public bool Lies { get; init; }

    public byte[] Bytes => _now[.._length];

    public void Read(long offset, Span<byte> buffer)
    {
        var there = (int)Math.Clamp(_length - offset, 0, buffer.Length);
        if (there > 0) _now.AsSpan((int)offset, there).CopyTo(buffer);
        buffer[there..].Clear();
    }

    public void Write(long offset, ReadOnlySpan<byte> data)
    {
        Spend();
        Put(offset, data);
    }

    public bool PunchHole(long offset, long length)
    {
        Spend();
        Put(offset, new byte[Math.Max(0, Math.Min(length, _length - offset))]);
        return true;
    }

    public void Flush()
    {
        Spend();
        if (Lies) return;
        if (_durable.Length < _now.Length) Array.Resize(ref _durable, _now.Length);
        foreach (var sector in _unflushed.Keys) Sector(_now, sector, _length).CopyTo(_durable.AsSpan((int)sector * SectorBytes));
        _durableLength = _length;
        _unflushed.Clear();
    }

    /// <summary>What the disk holds after a power cut now.</summary>
    public byte[] AfterPowerCut(Random random)
    {
        var survivors = _unflushed.ToDictionary(sector => sector.Key, sector => random.Next(sector.Value.Count + 1) - 1).Where(choice => choice.Value >= 0).ToArray();
        var length = survivors.Select(choice => Math.Min(_length, (choice.Key + 1) * SectorBytes)).Append(_durableLength).Max();
        var disk = new byte[length];
        _durable.AsSpan(0, _durableLength).CopyTo(disk);
        foreach (var (sector, version) in survivors)
        {
            var bytes = _unflushed[sector][version];
            bytes.AsSpan(0, (int)Math.Min(bytes.Length, length - sector * SectorBytes)).CopyTo(disk.AsSpan((int)(sector * SectorBytes)));
        }
        return disk;
    }

    public void Dispose() { }

    private void Spend()
    {
        if (Remaining is not { } left) return;
        if (left == 0) throw new PowerCutException();
        Remaining = left - 1;
    }

    private void Put(long offset, ReadOnlySpan<byte> data)
    {
        _length = Math.Max(_length, (int)offset + data.Length);
        if (_length > _now.Length) Array.Resize(ref _now, _length * 2);
        data.CopyTo(_now.AsSpan((int)offset));
        for (var sector = offset / SectorBytes; sector * SectorBytes < offset + data.Length; sector++)
        {
            if (!_unflushed.TryGetValue(sector, out var versions)) _unflushed[sector] = versions = [];
            versions.Add(Sector(_now, sector, _length).ToArray());
        }
    }

    private static Span<byte> Sector(byte[] bytes, long sector, int length) =>
        bytes.AsSpan((int)sector * SectorBytes, Math.Min(SectorBytes, length - (int)sector * SectorBytes));
}

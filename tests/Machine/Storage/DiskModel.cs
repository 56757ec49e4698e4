using System.Buffers.Binary;
using Tcg.Mttcg.Machine.Storage;

namespace Tcg.Mttcg.Machine.Tests.Storage;

/// <summary>
/// What a guest may find on a disk, sector by sector: exactly its last write, or after a power cut any write since the last flush. Each write has a
/// number, which fills its sectors.
/// </summary>
internal sealed class DiskModel(int sectors, Random random)
{
    public const int SectorBytes = 512;

    private readonly int[] _now = new int[sectors];
    private readonly HashSet<int>[] _possible = [.. Enumerable.Range(0, sectors).Select(_ => new HashSet<int> { 0 })];
    private int _serial;

    /// <summary>Unaligned operations too.</summary>
    public bool IsBytewise { get; init; }

    /// <summary>One random request. The model knows it before the disk does.</summary>
    public void Step(IDiskImage disk)
    {
        var length = 1 + random.Next(random.Next(3) == 0 ? sectors / 4 : 12);
        var first = random.Next(sectors - Math.Min(length, sectors) + 1);
        length = Math.Min(length, sectors - first);
        switch (random.Next(20))
        {
            case < 11: Write(disk, first, length); break;
            case < 13: Zero(first, length); disk.WriteZeroes(first * (long)SectorBytes, length * (long)SectorBytes, unmap: random.Next(2) == 0); break;
            case < 15: Discard(disk, first, length); break;
            case < 17: Flush(disk); break;
            default: AssertRange(disk, first, length); break;
        }
    }

    public void Flush(IDiskImage disk)
    {
        disk.Flush();
        for (var i = 0; i < sectors; i++) _possible[i] = [_now[i]];
    }

    /// <summary>The disk came back from a power cut: whatever is there must be possible, and is the truth from now on.</summary>
    public void Recover(IDiskImage disk)
    {
        var bytes = new byte[sectors * SectorBytes];
        disk.Read(0, bytes);
        for (var i = 0; i < sectors; i++)
        {
            var found = SerialOf(bytes.AsSpan(i * SectorBytes, SectorBytes), i);
            Assert.True(_possible[i].Contains(found), $"sector {i} holds write {found}; possible: {string.Join(", ", _possible[i])}");
            _now[i] = found;
            _possible[i] = [found];
        }
    }

    public void AssertAll(IDiskImage disk) => AssertRange(disk, 0, sectors);

    public byte[] Bytes()
    {
        var bytes = new byte[sectors * SectorBytes];
        for (var i = 0; i < sectors; i++) Fill(bytes.AsSpan(i * SectorBytes, SectorBytes), _now[i]);
        return bytes;
    }

    private void Write(IDiskImage disk, int first, int length)
    {
        _serial++;
        Set(first, length, _serial);
        var data = new byte[length * SectorBytes];
        for (var i = 0; i < length; i++) Fill(data.AsSpan(i * SectorBytes, SectorBytes), _serial);
        if (!IsBytewise)
        {
            disk.Write(first * (long)SectorBytes, data);
            return;
        }
        var cut = random.Next(data.Length);
        disk.Write(first * (long)SectorBytes, data.AsSpan(0, cut));
        disk.Write(first * (long)SectorBytes + cut, data.AsSpan(cut));
    }

    private void Zero(int first, int length) => Set(first, length, 0);

    // Afterwards a sector is zero or what it was.
    private void Discard(IDiskImage disk, int first, int length)
    {
        for (var i = first; i < first + length; i++) _possible[i].Add(0);
        disk.Discard(first * (long)SectorBytes, length * (long)SectorBytes);
        var bytes = new byte[length * SectorBytes];
        disk.Read(first * (long)SectorBytes, bytes);
        for (var i = 0; i < length; i++)
        {
            var found = SerialOf(bytes.AsSpan(i * SectorBytes, SectorBytes), first + i);
            Assert.True(found == 0 || found == _now[first + i], $"sector {first + i} holds write {found} after a discard of {_now[first + i]}");
            _now[first + i] = found;
        }
    }

    private void Set(int first, int length, int serial)
    {
        for (var i = first; i < first + length; i++)
        {
            _now[i] = serial;
            _possible[i].Add(serial);
        }
    }

    private void AssertRange(IDiskImage disk, int first, int length)
    {
        var bytes = new byte[length * SectorBytes];
        disk.Read(first * (long)SectorBytes, bytes);
        for (var i = 0; i < length; i++)
        {
            var found = SerialOf(bytes.AsSpan(i * SectorBytes, SectorBytes), first + i);
            Assert.True(found == _now[first + i], $"sector {first + i} holds write {found}, not {_now[first + i]}");
        }
    }

    private static void Fill(Span<byte> sector, int serial)
    {
        for (var at = 0; at < sector.Length; at += 4) BinaryPrimitives.WriteInt32LittleEndian(sector[at..], serial);
    }

    private static int SerialOf(ReadOnlySpan<byte> sector, int index)
    {
        var serial = BinaryPrimitives.ReadInt32LittleEndian(sector);
        for (var at = 4; at < sector.Length; at += 4) Assert.True(BinaryPrimitives.ReadInt32LittleEndian(sector[at..]) == serial, $"sector {index} is torn");
        return serial;
    }
}

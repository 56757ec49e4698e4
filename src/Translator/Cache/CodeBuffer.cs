using Tcg.Mttcg.Memory;
using Tcg.Mttcg.Memory.Host;

namespace Tcg.Mttcg.Translator.Cache;

/// <summary>
/// The memory for all host code of one machine: one file, mapped once for writing and once for execution, cut into a thunk region that is never
/// recycled and equal regions that vCPUs fill. An inaccessible page follows each region in both views, so a runaway emitter faults instead of
/// damaging its neighbour.
/// </summary>
public sealed unsafe class CodeBuffer : IDisposable
{
    /// <summary>All displacements between two places of the buffer must fit 32 bits.</summary>
    public const long MaxBytes = 1L << 31;

    public const long MinRegionBytes = 64 << 10;

    /// <summary>Room behind the highwater: more than the code of any single IR operation with its slow path.</summary>
    private const int HighWaterRoom = 4096;

    private const int ThunkBytes = 64 << 10;

    private readonly MemoryFile _file;
    private readonly HostMapping _writable;
    private readonly HostMapping _executable;
    private readonly long _stride;
    private readonly CodeRegion[] _regions;

    /// <param name="bytes">Total size of all regions (QEMU's tb-size).</param>
    /// <param name="regions">How many; at least two a vCPU keep translation going while one is being retired.</param>
    public CodeBuffer(long bytes, int regions)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(regions, 2);
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes, MinRegionBytes * regions);
        var regionBytes = bytes / regions & -PageSize.Bytes;
        _stride = regionBytes + PageSize.Bytes;
        var first = ThunkBytes + PageSize.Bytes;
        var total = first + _stride * regions;
        ArgumentOutOfRangeException.ThrowIfGreaterThan(total, MaxBytes, nameof(bytes));

        _file = new MemoryFile("mttcg-code", (ulong)total);
        _writable = _file.Map(HostProtection.ReadWrite);
        _executable = _file.Map(HostProtection.ReadExecute);
        Thunks = Region(-1, 0, ThunkBytes);
        _regions = new CodeRegion[regions];
        for (var i = 0; i < regions; i++) _regions[i] = Region(i, first + i * _stride, (int)regionBytes);
    }

    /// <summary>Where code that every TB uses lives.</summary>
    public CodeRegion Thunks { get; }

    public IReadOnlyList<CodeRegion> Regions => _regions;

    /// <summary>The region that a host code address lies in; null outside, or in the thunks.</summary>
    public CodeRegion? RegionOf(nuint executable)
    {
        var offset = (long)(executable - (nuint)_executable.Bytes) - (ThunkBytes + PageSize.Bytes);
        if (offset < 0 || offset >= _stride * _regions.Length) return null;
        return _regions[offset / _stride];
    }

    public void Dispose()
    {
        _executable.Dispose();
        _writable.Dispose();
        _file.Dispose();
    }

    private CodeRegion Region(int index, long offset, int bytes)
    {
        _writable.Protect((ulong)offset + (ulong)bytes, PageSize.Bytes, HostProtection.None);
        _executable.Protect((ulong)offset + (ulong)bytes, PageSize.Bytes, HostProtection.None);
        return new CodeRegion(index, _writable.Bytes + offset, _executable.Bytes + offset, bytes, bytes - HighWaterRoom);
    }
}

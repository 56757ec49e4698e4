namespace Tcg.Mttcg.Memory.Host;

/// <summary>
/// A range of this process's address space, unmapped by <see cref="Dispose"/>. It has no finalizer on purpose: raw pointers into it live in
/// native structures that the garbage collector does not see. Failures of the host are <see cref="HostMemoryException"/>s.
/// </summary>
public sealed unsafe class HostMapping : IDisposable
{
    private nint _start;

    public ulong Length { get; }

    internal HostMapping(nint start, ulong length)
    {
        _start = start;
        Length = length;
    }

    /// <summary>The first byte.</summary>
    /// <exception cref="ObjectDisposedException">The mapping is gone.</exception>
    public HostPointer Start
    {
        get
        {
            ObjectDisposedException.ThrowIf(_start == 0, this);
            return new((ulong)_start);
        }
    }

    public byte* Bytes => Start.Bytes;

    /// <summary>Zeroed private memory, touched lazily: only pages that are written cost host memory.</summary>
    /// <param name="length">Bytes, a multiple of 4096.</param>
    /// <param name="protection"><see cref="HostProtection.None"/> reserves address space only (guard pages).</param>
    /// <param name="alignment">Bytes, a power of two of at least 4096.</param>
    public static HostMapping Allocate(
        ulong length, HostProtection protection = HostProtection.ReadWrite, ulong alignment = PageSize.Bytes)
    {
        Check(length, protection);
        var start = ReserveAligned(length, alignment);
        var mapping = new HostMapping(start, length);
        if (protection != HostProtection.None)
            mapping.Protect(0, length, protection);
        return mapping;
    }

    /// <summary>Changes the rights of a part: page-aligned offset and length, in bytes.</summary>
    public void Protect(ulong offset, ulong length, HostProtection protection)
    {
        Check(length, protection);
        CheckRange(offset, length);
        if (Libc.Protect((nint)(Start + offset).Value, (nuint)length, (int)protection) != 0)
            throw HostMemoryException.Last("mprotect", length);
    }

    /// <summary>Asks for huge pages and keeps the range out of core dumps. Both are hints and never fail.</summary>
    public void AdviseLargeData()
    {
        _ = Libc.Advise(_start, (nuint)Length, Libc.AdviseHugePage);
        _ = Libc.Advise(_start, (nuint)Length, Libc.AdviseDontDump);
    }

    /// <summary>
    /// Has the host put memory behind a part of some mapping now, to be read or written: one call costs far less than a fault for each page. A hint that
    /// never fails (Linux 5.14 knows it).
    /// </summary>
    /// <param name="start">The first byte, at the start of a page.</param>
    /// <param name="length">Bytes.</param>
    public static void Populate(byte* start, int length, bool forWrites) =>
        _ = Libc.Advise((nint)start, (nuint)length, forWrites ? Libc.AdvisePopulateWrite : Libc.AdvisePopulateRead);

    /// <summary>A checked window of at most 2 GiB.</summary>
    public Span<byte> Span(ulong offset, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        CheckRange(offset, (ulong)length);
        return new(Bytes + offset, length);
    }

    public void Dispose()
    {
        var start = Interlocked.Exchange(ref _start, 0);
        if (start != 0)
            _ = Libc.Unmap(start, (nuint)Length);
    }

    /// <summary>Inaccessible address space of the wanted alignment; a file or rights are put over it afterwards.</summary>
    internal static nint ReserveAligned(ulong length, ulong alignment)
    {
        if (!ulong.IsPow2(alignment) || alignment < PageSize.Bytes)
            throw new ArgumentException("An alignment is a power of two of at least one page.", nameof(alignment));
        var total = checked(length + alignment - PageSize.Bytes);
        var raw = Libc.MapAnonymously(0, (nuint)total, 0, Libc.MapPrivate | Libc.MapAnonymous | Libc.MapNoReserve, -1, 0);
        if (raw == Libc.MapFailed)
            throw HostMemoryException.Last("mmap", length);
        var start = ((ulong)raw + alignment - 1) & ~(alignment - 1);
        var before = start - (ulong)raw;
        var after = total - before - length;
        if (before != 0)
            _ = Libc.Unmap(raw, (nuint)before);
        if (after != 0)
            _ = Libc.Unmap((nint)(start + length), (nuint)after);
        return (nint)start;
    }

    internal static void Check(ulong length, HostProtection protection)
    {
        if (length == 0 || length % PageSize.Bytes != 0 || length > long.MaxValue)
            throw new ArgumentOutOfRangeException(nameof(length), length, "A mapping is a positive multiple of 4096 bytes.");
        if (protection.HasFlag(HostProtection.Write) && protection.HasFlag(HostProtection.Execute))
            throw new ArgumentException("No mapping is both writable and executable.", nameof(protection));
    }

    private void CheckRange(ulong offset, ulong length)
    {
        if (offset > Length || length > Length - offset)
            throw new ArgumentOutOfRangeException(nameof(offset), offset, $"{length} bytes from there leave the mapping's {Length}.");
    }
}

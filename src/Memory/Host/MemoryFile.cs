using Microsoft.Win32.SafeHandles;

namespace Tcg.Mttcg.Memory.Host;

/// <summary>
/// An anonymous file in memory (memfd). It may be mapped several times with different rights, all views seeing the same bytes; the views
/// outlive the file object. Pages cost host memory once they are touched.
/// </summary>
public sealed class MemoryFile : IDisposable
{
    private readonly SafeFileHandle _file;

    public ulong Length { get; }

    /// <param name="name">Shown by the host in its lists of mappings.</param>
    /// <param name="length">Bytes, a multiple of 4096.</param>
    /// <exception cref="HostMemoryException">The host has no descriptor or no room.</exception>
    public MemoryFile(string name, ulong length)
    {
        HostMapping.Check(length, HostProtection.None);
        var descriptor = Libc.MemfdCreate(name, Libc.MemfdCloseOnExec);
        if (descriptor < 0)
            throw HostMemoryException.Last("memfd_create", length);
        _file = new SafeFileHandle(descriptor, ownsHandle: true);
        Length = length;
        if (Libc.Truncate(_file, (long)length) == 0)
            return;
        var failure = HostMemoryException.Last("ftruncate", length);
        _file.Dispose();
        throw failure;
    }

    /// <summary>A view of the whole file.</summary>
    /// <param name="protection">Not both writable and executable.</param>
    /// <param name="alignment">Of the view's first byte: a power of two of at least 4096.</param>
    public HostMapping Map(HostProtection protection, ulong alignment = PageSize.Bytes) => Map(protection, 0, Length, alignment);

    /// <summary>A view of a part; offset and length are page-aligned bytes.</summary>
    public HostMapping Map(HostProtection protection, ulong offset, ulong length, ulong alignment)
    {
        HostMapping.Check(length, protection);
        if (offset % PageSize.Bytes != 0 || offset > Length || length > Length - offset)
            throw new ArgumentOutOfRangeException(nameof(offset), offset, $"{length} bytes from there leave the file's {Length}.");
        var place = HostMapping.ReserveAligned(length, alignment);
        const int flags = Libc.MapShared | Libc.MapNoReserve | Libc.MapFixed;
        if (Libc.Map(place, (nuint)length, (int)protection, flags, _file, (long)offset) == place)
            return new HostMapping(place, length);
        var failure = HostMemoryException.Last("mmap", length);
        _ = Libc.Unmap(place, (nuint)length);
        throw failure;
    }

    public void Dispose() => _file.Dispose();
}

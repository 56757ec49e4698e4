using Tcg.Mttcg.Memory.Host;

namespace Tcg.Mttcg.Memory.Physical;

/// <summary>
/// The machine's RAM: one shared, lazily touched mapping of one memory file. Behind the RAM proper lie the auxiliary bytes, handed out by
/// <see cref="AllocateAuxiliary"/>, for ROM images and device memory, so that everything executable has a <see cref="RamOffset"/>.
/// </summary>
public sealed unsafe class GuestRam : IDisposable
{
    public const ulong MinimumBytes = 1UL << 20;
    public const ulong MaximumBytes = 64UL << 30;
    public const ulong DefaultAuxiliaryBytes = 32UL << 20;
    private const ulong HugePageBytes = 2UL << 20;

    private readonly HostMapping _mapping;
    private readonly ulong _base;
    private ulong _auxiliaryUsed;

    /// <summary>RAM proper, in bytes.</summary>
    public ulong Length { get; }

    /// <summary>RAM and auxiliary bytes: the end of all valid offsets.</summary>
    public ulong TotalLength { get; }

    public RamPage EndPage => new((uint)(TotalLength >> PageSize.Shift));

    /// <param name="length">Bytes from 1 MiB to 64 GiB, a multiple of 4096.</param>
    /// <param name="auxiliary">Bytes kept for ROMs and device memory; costs nothing until touched.</param>
    /// <exception cref="ArgumentOutOfRangeException">No machine has that much, or that little.</exception>
    /// <exception cref="HostMemoryException">The host cannot give it.</exception>
    public GuestRam(ulong length, ulong auxiliary = DefaultAuxiliaryBytes)
    {
        if (length is < MinimumBytes or > MaximumBytes || length % PageSize.Bytes != 0)
            throw new ArgumentOutOfRangeException(nameof(length), length, "Guest RAM is 1 MiB to 64 GiB in whole pages.");
        if (auxiliary > MaximumBytes || auxiliary % PageSize.Bytes != 0)
            throw new ArgumentOutOfRangeException(nameof(auxiliary), auxiliary, "Auxiliary memory is at most 64 GiB in whole pages.");
        Length = length;
        TotalLength = length + auxiliary;
        using var file = new MemoryFile("mttcg-ram", TotalLength);
        _mapping = file.Map(HostProtection.ReadWrite, HugePageBytes);
        _mapping.AdviseLargeData();
        _base = _mapping.Start.Value;
    }

    /// <summary>Host address of offset 0, aligned to 2 MiB.</summary>
    public HostPointer Base => _mapping.Start;

    /// <summary>Host address of an offset.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The offset lies outside the mapping.</exception>
    public HostPointer Host(RamOffset offset)
    {
        if (offset.Value >= TotalLength)
            throw new ArgumentOutOfRangeException(nameof(offset), offset, "Outside guest RAM.");
        return _mapping.Start + offset.Value;
    }

    /// <summary>The offset that a host address inside the mapping stands for (QEMU's qemu_ram_addr_from_host).</summary>
    public bool TryOffsetOf(HostPointer host, out RamOffset offset)
    {
        var distance = host.Value - _base;
        offset = new(distance);
        return distance < TotalLength;
    }

    /// <summary>As <see cref="TryOffsetOf"/>, for callers that know the pointer is into guest RAM.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It was not: an emulator bug.</exception>
    public RamOffset OffsetOf(HostPointer host) => TryOffsetOf(host, out var offset)
        ? offset
        : throw new ArgumentOutOfRangeException(nameof(host), host, "Not a pointer into guest RAM.");

    /// <summary>A checked window, at most 2 GiB.</summary>
    public Span<byte> Span(RamOffset offset, int length) => _mapping.Span(offset.Value, length);

    /// <summary>Takes whole pages from the auxiliary part; they are zero and are never given back.</summary>
    /// <exception cref="InvalidOperationException">The auxiliary part is used up.</exception>
    public RamOffset AllocateAuxiliary(ulong bytes)
    {
        var rounded = (checked(bytes + PageSize.Bytes - 1)) & PageSize.Mask;
        lock (_mapping)
        {
            if (rounded > TotalLength - Length - _auxiliaryUsed)
                throw new InvalidOperationException($"No room for {bytes} auxiliary bytes beside {_auxiliaryUsed} in use.");
            var offset = new RamOffset(Length + _auxiliaryUsed);
            _auxiliaryUsed += rounded;
            return offset;
        }
    }

    public void Dispose() => _mapping.Dispose();
}

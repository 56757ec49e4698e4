using System.Buffers.Binary;
using System.Numerics;
using Tcg.Mttcg.Memory;
using Tcg.Mttcg.Memory.Physical;

namespace Tcg.Mttcg.Machine.Pci;

/// <summary>
/// A memory base address register (PCI Local Bus 3.0 6.2.5.1) and the region behind it. Where its range meets RAM or a device of the board, those win; beyond the
/// physical address space it is nowhere, which is also where sizing by writing ones puts it.
/// </summary>
internal sealed class PciBar
{
    private const byte Is64Bit = 1 << 2, Prefetchable = 1 << 3;
    private const int BelowTheBoard = -1;

    private readonly int _offset;
    private readonly MmioRegion _region;
    private readonly bool _is64, _prefetchable;
    private PhysicalMapping? _mapping;
    private ulong? _address;

    public PciBar(int offset, MmioRegion region, bool is64, bool prefetchable)
    {
        if (!BitOperations.IsPow2(region.Length) || region.Length is < PageSize.Bytes or > 1UL << 31)
            throw new ArgumentException($"a base address covers a power of two from a page to 2 GiB, not {region.Length} bytes", nameof(region));
        (_offset, _region, _is64, _prefetchable) = (offset, region, is64, prefetchable);
    }

    /// <summary>Writes the type bits and which address bits a guest may change.</summary>
    public void Describe(Span<byte> space, Span<byte> writable)
    {
        space[_offset] = (byte)((_is64 ? Is64Bit : 0) | (_prefetchable ? Prefetchable : 0));
        BinaryPrimitives.WriteUInt32LittleEndian(writable[_offset..], (uint)~(_region.Length - 1));
        if (_is64) BinaryPrimitives.WriteUInt32LittleEndian(writable[(_offset + 4)..], uint.MaxValue);
    }

    /// <summary>Null when no address was given yet, or one that no memory has.</summary>
    public ulong? AddressIn(ReadOnlySpan<byte> space)
    {
        ulong address = BinaryPrimitives.ReadUInt32LittleEndian(space[_offset..]) & ~(_region.Length - 1);
        if (_is64) address |= (ulong)BinaryPrimitives.ReadUInt32LittleEndian(space[(_offset + 4)..]) << 32;
        return address == 0 || address > PhysicalMap.Limit - _region.Length ? null : address;
    }

    /// <returns>The address after it.</returns>
    public ulong Assign(Span<byte> space, ulong next)
    {
        ulong address = next + _region.Length - 1 & ~(_region.Length - 1);
        BinaryPrimitives.WriteUInt32LittleEndian(space[_offset..], (uint)address | space[_offset] & 0xfu);
        if (_is64) BinaryPrimitives.WriteUInt32LittleEndian(space[(_offset + 4)..], (uint)(address >> 32));
        return address + _region.Length;
    }

    public void Remap(PhysicalMap map, ulong? address)
    {
        if (address == _address) return;
        map.Change(edit =>
        {
            if (_mapping is not null) edit.Remove(_mapping);
            _mapping = address is { } start ? edit.Mmio(new GuestPhysical(start), _region, BelowTheBoard) : null;
        });
        _address = address;
    }
}

using System.Numerics;
using Tcg.Mttcg.Memory.Contracts;

namespace Tcg.Mttcg.Memory.Physical;

/// <summary>
/// A device's registers as the physical map knows them. Calls the device under its gate, in naturally aligned pieces of at most
/// <see cref="MaxAccess"/> bytes that lie inside the region; bytes beyond its end read as ones and swallow writes.
/// </summary>
public sealed class MmioRegion
{
    /// <summary>What answers where nothing is mapped: reads are ones, writes vanish.</summary>
    public static readonly MmioRegion Unassigned = new("unassigned", new UnassignedDevice(), 1UL << 52, gate: null);

    private readonly IMmioDevice _device;
    private readonly object? _gate;

    public string Name { get; }

    /// <summary>Bytes.</summary>
    public ulong Length { get; }

    /// <summary>The widest access the device is given: 1, 2, 4 or 8 bytes.</summary>
    public int MaxAccess { get; }

    /// <param name="gate">Locked around each access; regions of one device share it. Null: the device needs none.</param>
    public MmioRegion(string name, IMmioDevice device, ulong length, object? gate, int maxAccess = 8)
    {
        ArgumentOutOfRangeException.ThrowIfZero(length);
        if (maxAccess is not (1 or 2 or 4 or 8))
            throw new ArgumentOutOfRangeException(nameof(maxAccess), maxAccess, "An access is 1, 2, 4 or 8 bytes.");
        Name = name;
        Length = length;
        MaxAccess = maxAccess;
        _device = device;
        _gate = gate;
    }

    /// <param name="offset">Bytes from the region's start.</param>
    /// <param name="size">1 to 8 bytes, aligned or not.</param>
    public ulong Read(ulong offset, int size)
    {
        if (_gate is null)
            return ReadUnlocked(offset, size);
        lock (_gate)
            return ReadUnlocked(offset, size);
    }

    /// <inheritdoc cref="Read"/>
    public void Write(ulong offset, int size, ulong value)
    {
        if (_gate is null)
        {
            WriteUnlocked(offset, size, value);
            return;
        }
        lock (_gate)
            WriteUnlocked(offset, size, value);
    }

    private ulong ReadUnlocked(ulong offset, int size)
    {
        if (IsWhole(offset, size))
            return _device.Read(offset, size) & Ones(size);
        var value = 0UL;
        for (var done = 0; done < size;)
        {
            var piece = Piece(offset + (ulong)done, size - done);
            var bits = piece == 0 ? 0xff : _device.Read(offset + (ulong)done, piece) & Ones(piece);
            value |= bits << (done * 8);
            done += Math.Max(piece, 1);
        }
        return value;
    }

    private void WriteUnlocked(ulong offset, int size, ulong value)
    {
        if (IsWhole(offset, size))
        {
            _device.Write(offset, size, value & Ones(size));
            return;
        }
        for (var done = 0; done < size;)
        {
            var piece = Piece(offset + (ulong)done, size - done);
            if (piece != 0)
                _device.Write(offset + (ulong)done, piece, (value >> (done * 8)) & Ones(piece));
            done += Math.Max(piece, 1);
        }
    }

    private bool IsWhole(ulong offset, int size) =>
        BitOperations.IsPow2(size) && size <= MaxAccess && (offset & (ulong)(size - 1)) == 0 && Fits(offset, size);

    private bool Fits(ulong offset, int size) => offset < Length && (ulong)size <= Length - offset;

    /// <summary>The widest naturally aligned access at an offset, 0 beyond the end.</summary>
    private int Piece(ulong offset, int left)
    {
        for (var size = Math.Min(MaxAccess, 1 << BitOperations.Log2((uint)left)); size >= 1; size >>= 1)
            if ((offset & (ulong)(size - 1)) == 0 && Fits(offset, size))
                return size;
        return 0;
    }

    internal static ulong Ones(int size) => size >= 8 ? ulong.MaxValue : (1UL << (size * 8)) - 1;

    private sealed class UnassignedDevice : IMmioDevice
    {
        public ulong Read(ulong offset, int size) => ulong.MaxValue;

        public void Write(ulong offset, int size, ulong value)
        {
        }
    }
}

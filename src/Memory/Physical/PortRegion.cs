using System.Numerics;
using Tcg.Mttcg.Memory.Contracts;

namespace Tcg.Mttcg.Memory.Physical;

/// <summary>A device's range of ports, called under the device's gate in pieces of at most <see cref="MaxAccess"/> bytes.</summary>
public sealed class PortRegion
{
    private readonly IPortDevice _device;
    private readonly object? _gate;

    public string Name { get; }

    /// <summary>Ports.</summary>
    public int Length { get; }

    /// <summary>The widest access the device is given; 1 makes an 8-bit ISA device, whose wider accesses arrive byte by byte.</summary>
    public int MaxAccess { get; }

    /// <param name="gate">Locked around each access; regions of one device share it. Null: the device needs none.</param>
    public PortRegion(string name, IPortDevice device, int length, object? gate, int maxAccess = 4)
    {
        if (length is < 1 or > PortMap.Ports)
            throw new ArgumentOutOfRangeException(nameof(length), length, "A range has 1 to 65536 ports.");
        if (maxAccess is not (1 or 2 or 4))
            throw new ArgumentOutOfRangeException(nameof(maxAccess), maxAccess, "A port access is 1, 2 or 4 bytes.");
        Name = name;
        Length = length;
        MaxAccess = maxAccess;
        _device = device;
        _gate = gate;
    }

    /// <param name="offset">From the first port of the range.</param>
    /// <param name="size">1 to 4 bytes that lie inside the range.</param>
    public uint Read(int offset, int size)
    {
        if (_gate is null)
            return ReadUnlocked(offset, size);
        lock (_gate)
            return ReadUnlocked(offset, size);
    }

    /// <inheritdoc cref="Read"/>
    public void Write(int offset, int size, uint value)
    {
        if (_gate is null)
        {
            WriteUnlocked(offset, size, value);
            return;
        }
        lock (_gate)
            WriteUnlocked(offset, size, value);
    }

    private uint ReadUnlocked(int offset, int size)
    {
        var value = 0u;
        for (var done = 0; done < size;)
        {
            var piece = Piece(size - done);
            value |= (_device.Read((ushort)(offset + done), piece) & Ones(piece)) << (done * 8);
            done += piece;
        }
        return value;
    }

    private void WriteUnlocked(int offset, int size, uint value)
    {
        for (var done = 0; done < size;)
        {
            var piece = Piece(size - done);
            _device.Write((ushort)(offset + done), piece, (value >> (done * 8)) & Ones(piece));
            done += piece;
        }
    }

    private int Piece(int left) => Math.Min(MaxAccess, 1 << BitOperations.Log2((uint)left));

    private static uint Ones(int size) => (uint)MmioRegion.Ones(size);
}

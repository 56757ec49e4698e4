using System.Buffers;

namespace Tcg.Mttcg.Machine.Net;

/// <summary>
/// One Ethernet frame without its check sequence, in a pooled array. It has one owner at a time: who takes it from a channel, or fails to put it into one, calls
/// <see cref="Return"/> once and does not look at it again.
/// </summary>
public readonly struct Frame
{
    /// <summary>Destination, source and type.</summary>
    public const int HeaderBytes = 14;

    /// <summary>No frame is longer: header, an optional VLAN tag and 1500 bytes.</summary>
    public const int MaximumBytes = HeaderBytes + 4 + 1500;

    private readonly byte[] _array;
    private readonly int _length;

    private Frame(byte[] array, int length) => (_array, _length) = (array, length);

    /// <param name="length">Bytes, at most <see cref="MaximumBytes"/>; their contents are undefined.</param>
    public static Frame Rent(int length)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, MaximumBytes);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        return new Frame(ArrayPool<byte>.Shared.Rent(MaximumBytes), length);
    }

    public static Frame CopyOf(ReadOnlySpan<byte> bytes)
    {
        var frame = Rent(bytes.Length);
        bytes.CopyTo(frame.Bytes);
        return frame;
    }

    public Span<byte> Bytes => _array.AsSpan(0, _length);

    public void Return() => ArrayPool<byte>.Shared.Return(_array);
}

using System.Buffers.Binary;

namespace Tcg.Mttcg.Machine.Firmware;

/// <summary>Guest RAM as loaders and firmware tables write it, before any vCPU runs.</summary>
public interface IGuestMemory
{
    RamLayout Layout { get; }

    /// <summary>A window of RAM at a guest-physical address.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is not all RAM; see <see cref="RamLayout.Contains"/>.</exception>
    Span<byte> Span(ulong address, int length);
}

internal static class GuestMemoryExtensions
{
    public static void Write(this IGuestMemory memory, ulong address, ReadOnlySpan<byte> bytes) => bytes.CopyTo(memory.Span(address, bytes.Length));

    public static void Write32(this IGuestMemory memory, ulong address, uint value) =>
        BinaryPrimitives.WriteUInt32LittleEndian(memory.Span(address, 4), value);

    public static void Write64(this IGuestMemory memory, ulong address, ulong value) =>
        BinaryPrimitives.WriteUInt64LittleEndian(memory.Span(address, 8), value);

    /// <summary>Zeroes a range of any length.</summary>
    public static void Clear(this IGuestMemory memory, ulong address, ulong length)
    {
        const int Chunk = 1 << 30;
        for (ulong done = 0; done < length; done += Chunk) memory.Span(address + done, (int)Math.Min(Chunk, length - done)).Clear();
    }
}

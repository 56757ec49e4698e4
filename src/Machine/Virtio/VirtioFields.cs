namespace Tcg.Mttcg.Machine.Virtio;

/// <summary>A field of a register structure.</summary>
/// <param name="Size">1, 2 or 4 bytes.</param>
/// <param name="Write">Null: read-only.</param>
internal sealed record VirtioField(int Offset, int Size, Func<uint> Read, Action<uint>? Write = null);

/// <summary>A structure of little-endian fields without gaps, read and written in any width.</summary>
internal sealed class VirtioFields
{
    private readonly VirtioField[] _byOffset;

    public VirtioFields(params IReadOnlyList<VirtioField> fields) =>
        _byOffset = [.. fields.SelectMany(field => Enumerable.Repeat(field, field.Size))];

    public int Length => _byOffset.Length;

    public uint Read(int offset, int size)
    {
        uint value = 0;
        for (int i = 0; i < size && offset + i < Length; i++)
        {
            var field = _byOffset[offset + i];
            value |= (field.Read() >> (offset + i - field.Offset) * 8 & 0xff) << i * 8;
        }
        return value;
    }

    /// <summary>A write to a part of a field keeps the rest of it.</summary>
    public void Write(int offset, int size, uint value)
    {
        for (int end = Math.Min(offset + size, Length); offset < end;)
        {
            var field = _byOffset[offset];
            int first = offset - field.Offset, count = Math.Min(field.Size - first, end - offset);
            if (field.Write is { } write)
            {
                uint mask = (uint)((1UL << count * 8) - 1) << first * 8;
                write((count == field.Size ? 0 : field.Read()) & ~mask | value << first * 8 & mask);
            }
            value = (uint)((ulong)value >> count * 8);
            offset += count;
        }
    }
}

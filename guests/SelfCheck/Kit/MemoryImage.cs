using System.Buffers.Binary;
using Iced.Intel;

namespace Tcg.Mttcg.Guests.SelfCheck.Kit;

/// <summary>A range of guest memory being filled.</summary>
internal sealed class MemoryImage(uint start, uint length)
{
    public uint Start => start;
    public byte[] Bytes { get; } = new byte[length];

    public void Put(uint address, ReadOnlySpan<byte> bytes) => bytes.CopyTo(Bytes.AsSpan((int)(address - start)));

    public void Put8(uint address, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(Bytes.AsSpan((int)(address - start)), value);

    public void Put4(uint address, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(Bytes.AsSpan((int)(address - start)), value);

    public void Put2(uint address, uint value) => BinaryPrimitives.WriteUInt16LittleEndian(Bytes.AsSpan((int)(address - start)), (ushort)value);

    /// <summary>Assembles code to its place, at most <paramref name="most"/> bytes.</summary>
    public void Assemble(int bits, uint address, uint most, Action<Assembler> body, uint origin = 0)
    {
        var assembler = new Assembler(bits);
        body(assembler);
        using var stream = new MemoryStream();
        assembler.Assemble(new StreamCodeWriter(stream), address - origin);
        if (stream.Length > most) throw new InvalidOperationException($"code at 0x{address:x} has {stream.Length} bytes; {most} fit");
        Put(address, stream.ToArray());
    }
}

using System.Buffers.Binary;

namespace Tcg.Mttcg.Machine.Boot;

/// <summary>The header of a multiboot 1 kernel, somewhere in its first 8 KiB (Multiboot specification 0.6.96, 3.1).</summary>
/// <param name="Offset">Its place in the file.</param>
internal readonly record struct MultibootHeader(int Offset, uint Flags, uint HeaderAddress, uint LoadAddress, uint LoadEnd, uint BssEnd, uint Entry)
{
    public const int SearchBytes = 8192;
    public const uint Magic = 0x1badb002;

    private const uint HasAddressesFlag = 1 << 16, RequiredMask = 0xffff, Understood = 0x7;

    /// <summary>The header carries load addresses ("a.out kludge"), so the file need not be ELF.</summary>
    public bool HasAddresses => (Flags & HasAddressesFlag) != 0;

    /// <summary>Demands on the loader that nobody here understands; such a kernel must be refused.</summary>
    public uint Unsupported => Flags & RequiredMask & ~Understood;

    public static MultibootHeader? Find(ReadOnlySpan<byte> head)
    {
        for (int offset = 0; offset + 12 <= head.Length; offset += 4)
        {
            if (Read(head, offset) != Magic || Magic + Read(head, offset + 4) + Read(head, offset + 8) != 0) continue;
            uint flags = Read(head, offset + 4);
            if ((flags & HasAddressesFlag) == 0) return new(offset, flags, 0, 0, 0, 0, 0);
            if (offset + 32 > head.Length) return null;
            return new(offset, flags, Read(head, offset + 12), Read(head, offset + 16), Read(head, offset + 20), Read(head, offset + 24), Read(head, offset + 28));
        }
        return null;
    }

    private static uint Read(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[offset..]);
}

using System.Buffers.Binary;
using System.Text;
using Tcg.Mttcg.Machine.Boot;

namespace Tcg.Mttcg.Machine.Tests.Support;

/// <summary>Synthetic boot images, as small as their formats allow.</summary>
internal static class Images
{
    public static BootSource Source(byte[] bytes, string name = "test.bin") => BootSource.FromBytes(name, bytes);

    public static byte[] Linux(int payload = 4096, ushort version = 0x20c, byte loadFlags = 1, bool relocatable = false, ulong preferred = 0x100000,
        uint initBytes = 0x10000, uint? paragraphs = null, uint commandLine = 255, uint initrdMaximum = 0x7fffffff, bool has64 = true)
    {
        var image = new byte[512 * 3 + payload];
        image[0x1f1] = 2;
        Put(image, 0x1f4, paragraphs ?? (uint)(payload + 15) / 16);
        Put16(image, 0x1fe, 0xaa55);
        image[0x200] = 0xeb;
        image[0x201] = 0x66;
        Put(image, 0x202, 0x53726448);
        Put16(image, 0x206, version);
        image[0x211] = loadFlags;
        Put(image, 0x214, 0x100000);
        Put(image, 0x22c, initrdMaximum);
        Put(image, 0x230, 0x200000);
        image[0x234] = (byte)(relocatable ? 1 : 0);
        Put16(image, 0x236, (ushort)(has64 ? 1 : 0));
        Put(image, 0x238, commandLine);
        BinaryPrimitives.WriteUInt64LittleEndian(image.AsSpan(0x258), preferred);
        Put(image, 0x260, initBytes);
        for (int i = 0; i < payload; i++) image[512 * 3 + i] = (byte)(i * 7 + 1);
        return image;
    }

    public static byte[] MultibootPlain(uint flags = 0x10003, uint load = 0x100000, uint loadEnd = 0, uint bssEnd = 0, uint entry = 0x100040, int length = 4096)
    {
        var image = new byte[length];
        Array.Fill(image, (byte)0x90);
        Put(image, 16, 0x1badb002);
        Put(image, 20, flags);
        Put(image, 24, unchecked(0u - 0x1badb002 - flags));
        Put(image, 28, load + 16);
        Put(image, 32, load);
        Put(image, 36, loadEnd);
        Put(image, 40, bssEnd);
        Put(image, 44, entry);
        return image;
    }

    /// <summary>An ELF executable with one loadable segment of the given code, and optionally a note with a PVH entry.</summary>
    public static byte[] Elf(bool is64, byte[] code, ulong physical = 0x100000, ulong? virtualAddress = null, ulong? entry = null, ulong? memoryBytes = null, uint? pvh = null, ushort? machine = null)
    {
        int header = is64 ? 64 : 52, entryBytes = is64 ? 56 : 32, count = pvh is null ? 1 : 2, start = 0x200, note = 0x1c0;
        var image = new byte[start + code.Length];
        BinaryPrimitives.WriteUInt32BigEndian(image, 0x7f454c46);
        image[4] = (byte)(is64 ? 2 : 1);
        image[5] = image[6] = 1;
        Put16(image, 16, 2);
        Put16(image, 18, machine ?? (ushort)(is64 ? 62 : 3));
        ulong linked = virtualAddress ?? physical;
        PutWord(image, 24, entry ?? linked, is64);
        PutWord(image, is64 ? 32 : 28, (ulong)header, is64);
        Put16(image, is64 ? 54 : 42, (ushort)entryBytes);
        Put16(image, is64 ? 56 : 44, (ushort)count);
        PutSegment(image, header, is64, 1, (ulong)start, linked, physical, (ulong)code.Length, memoryBytes ?? (ulong)code.Length);
        if (pvh is { } address)
        {
            PutSegment(image, header + entryBytes, is64, 4, (ulong)note, 0, 0, 20, 20);
            Put(image, note, 4);
            Put(image, note + 4, 4);
            Put(image, note + 8, 18);
            Encoding.ASCII.GetBytes("Xen").CopyTo(image, note + 12);
            Put(image, note + 16, address);
        }
        code.CopyTo(image, start);
        return image;
    }

    private static void PutSegment(byte[] image, int at, bool is64, uint type, ulong offset, ulong virtualAddress, ulong physical, ulong fileBytes, ulong memoryBytes)
    {
        Put(image, at, type);
        int word = is64 ? 8 : 4, field = at + (is64 ? 8 : 4);
        foreach (ulong value in new[] { offset, virtualAddress, physical, fileBytes, memoryBytes })
        {
            PutWord(image, field, value, is64);
            field += word;
        }
    }

    private static void PutWord(byte[] image, int at, ulong value, bool is64)
    {
        if (is64) BinaryPrimitives.WriteUInt64LittleEndian(image.AsSpan(at), value);
        else Put(image, at, (uint)value);
    }

    public static void Put(byte[] image, int at, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(at), value);

    public static void Put16(byte[] image, int at, ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(image.AsSpan(at), value);
}

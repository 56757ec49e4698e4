using System.Text;

namespace Tcg.Mttcg.Machine.Firmware.Acpi;

/// <summary>ACPI machine language, the few terms a DSDT of fixed devices needs (ACPI specification chapter 20).</summary>
internal static class Aml
{
    public static byte[] Scope(string name, params byte[][] terms) => Package([0x10], [NamePath(name), .. terms]);

    public static byte[] Device(string name, params byte[][] terms) => Package([0x5b, 0x82], [NamePath(name), .. terms]);

    public static byte[] Name(string name, byte[] value) => [0x08, .. NamePath(name), .. value];

    public static byte[] PackageOf(params byte[][] elements) => Package([0x12], [[(byte)elements.Length], .. elements]);

    public static byte[] Integer(ulong value) => value switch
    {
        0 => [0x00],
        1 => [0x01],
        <= 0xff => [0x0a, (byte)value],
        <= 0xffff => [0x0b, .. BitConverter.GetBytes((ushort)value)],
        <= 0xffff_ffff => [0x0c, .. BitConverter.GetBytes((uint)value)],
        _ => [0x0e, .. BitConverter.GetBytes(value)],
    };

    public static byte[] String(string text) => [0x0d, .. Encoding.ASCII.GetBytes(text), 0];

    /// <summary>A plug-and-play id such as "PNP0501", compressed to 32 bits.</summary>
    public static byte[] EisaId(string id)
    {
        int letters = (id[0] - '@') << 10 | (id[1] - '@') << 5 | (id[2] - '@');
        int number = Convert.ToInt32(id[3..], 16);
        return [0x0c, (byte)(letters >> 8), (byte)letters, (byte)(number >> 8), (byte)number];
    }

    /// <summary>A resource template: descriptors and the end tag, in a buffer.</summary>
    public static byte[] Resources(params byte[][] descriptors)
    {
        byte[] template = [.. descriptors.SelectMany(d => d), 0x79, 0x00];
        return Package([0x11], [Integer((ulong)template.Length), template]);
    }

    /// <summary>A fixed range of ports, decoding 16 address bits.</summary>
    public static byte[] Io(ushort port, byte count) => [0x47, 0x01, (byte)port, (byte)(port >> 8), (byte)port, (byte)(port >> 8), 0x01, count];

    /// <summary>An edge-triggered ISA interrupt request.</summary>
    public static byte[] Irq(int request) => [0x22, (byte)(1 << request), (byte)(1 << request >> 8)];

    public static byte[] FixedMemory(uint address, uint bytes) =>
        [0x86, 0x09, 0x00, 0x01, .. BitConverter.GetBytes(address), .. BitConverter.GetBytes(bytes)];

    /// <summary>Bus numbers that a bridge passes on.</summary>
    public static byte[] BusRange(ushort first, ushort last) => AddressSpace16(2, 0x00, first, last);

    /// <summary>Ports that a bridge passes on.</summary>
    public static byte[] PortRange(ushort first, ushort last) => AddressSpace16(1, 0x03, first, last);

    /// <summary>Memory that a bridge passes on, not cacheable.</summary>
    public static byte[] MemoryRange(uint first, uint last) =>
        [0x87, 0x17, 0x00, 0x00, 0x0c, 0x01, .. BitConverter.GetBytes(0u), .. BitConverter.GetBytes(first), .. BitConverter.GetBytes(last), .. BitConverter.GetBytes(0u),
            .. BitConverter.GetBytes(last - first + 1)];

    private static byte[] AddressSpace16(byte type, byte flags, ushort first, ushort last) =>
        [0x88, 0x0d, 0x00, type, 0x0c, flags, 0, 0, .. BitConverter.GetBytes(first), .. BitConverter.GetBytes(last), 0, 0, .. BitConverter.GetBytes((ushort)(last - first + 1))];

    /// <summary>One name segment, padded with underscores; a leading backslash makes it absolute.</summary>
    private static byte[] NamePath(string name)
    {
        bool root = name.StartsWith('\\');
        var segment = Encoding.ASCII.GetBytes(name.TrimStart('\\').PadRight(4, '_'));
        return root ? [(byte)'\\', .. segment] : segment;
    }

    private static byte[] Package(byte[] opcode, byte[][] terms)
    {
        byte[] body = [.. terms.SelectMany(t => t)];
        return [.. opcode, .. PackageLength(body.Length), .. body];
    }

    /// <summary>The length counts itself.</summary>
    private static byte[] PackageLength(int body)
    {
        if (body + 1 < 1 << 6) return [(byte)(body + 1)];
        if (body + 2 < 1 << 12) return [(byte)(0x40 | (body + 2 & 15)), (byte)(body + 2 >> 4)];
        return [(byte)(0x80 | (body + 3 & 15)), (byte)(body + 3 >> 4), (byte)(body + 3 >> 12)];
    }
}

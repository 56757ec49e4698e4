using System.Buffers.Binary;

namespace Tcg.Mttcg.Machine.Firmware;

/// <summary>What a BIOS leaves in low memory: interrupt vectors, the BIOS data area and the extended one.</summary>
internal static class BiosData
{
    private const ulong DataArea = 0x400, Iret = 0xfff53;
    private const uint IretVector = 0xf000ff53;

    public static void Write(FirmwareOptions options, IGuestMemory memory)
    {
        // There are no BIOS services: every interrupt returns at once, from the address where PC BIOSes keep their IRET.
        for (ulong vector = 0; vector < 256; vector++) memory.Write32(vector * 4, IretVector);
        memory.Span(Iret, 1)[0] = 0xcf;

        memory.Clear(DataArea, 0x100);
        var area = memory.Span(DataArea, 0x100);
        for (int i = 0; i < options.SerialPorts; i++) Put16(area, i * 2, Platform.SerialPorts[i].Port);
        Put16(area, 0x0e, (ushort)(MemoryMap.EbdaStart >> 4));
        // Equipment: FPU, 80x25 colour text, number of serial ports.
        Put16(area, 0x10, (ushort)(0x02 | (options.HasVga ? 0x20 : 0) | options.SerialPorts << 9));
        Put16(area, 0x13, (ushort)(MemoryMap.EbdaStart >> 10));
        if (options.HasVga) WriteVideo(area);
        memory.Clear(MemoryMap.EbdaStart, 0x400);
        memory.Span(MemoryMap.EbdaStart, 1)[0] = 1;
    }

    private static void WriteVideo(Span<byte> area)
    {
        area[0x49] = 3;
        Put16(area, 0x4a, 80);
        Put16(area, 0x4c, 4096);
        Put16(area, 0x60, 0x0607);
        Put16(area, 0x63, 0x3d4);
        area[0x84] = 24;
        Put16(area, 0x85, 16);
    }

    private static void Put16(Span<byte> area, int offset, ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(area[offset..], value);
}

namespace Tcg.Mttcg.Machine.Firmware;

/// <summary>The tables of the MultiProcessor Specification 1.4, for guests without an ACPI interpreter.</summary>
internal static class MpTable
{
    private const int ProcessorEnabled = 1, ProcessorIsBoot = 2, Interrupt = 0, Nmi = 1, ExtInt = 3, MaximumId = 254, IsaBus = 0;
    private const uint Family6 = 0x600, FpuAndApic = 0x201;

    public static void Write(FirmwareOptions options, FirmwareArea area)
    {
        ulong pointer = area.Reserve(16, 16);
        ulong table = area.Put(Configuration(options), 16);
        area.Write(pointer, FloatingPointer((uint)table));
    }

    private static byte[] FloatingPointer(uint table)
    {
        var pointer = new ByteBuffer().Text("_MP_", 4).DWord(table).Byte(1).Byte(4).Byte(0).Zeros(5).ToArray();
        ByteBuffer.Checksum(pointer, 10);
        return pointer;
    }

    private static byte[] Configuration(FirmwareOptions options)
    {
        var entries = new ByteBuffer();
        int count = 0;
        foreach (uint id in options.ApicIds.Where(id => id <= MaximumId))
        {
            entries.Byte(0).Byte((int)id).Byte(0x14).Byte(ProcessorEnabled | (id == 0 ? ProcessorIsBoot : 0)).DWord(Family6).DWord(FpuAndApic).QWord(0);
            count++;
        }
        entries.Byte(1).Byte(IsaBus).Text("ISA", 6);
        entries.Byte(2).Byte(Platform.IoApicId).Byte(0x20).Byte(1).DWord(Platform.IoApicAddress);
        count += 2;
        for (int request = 0; request < 16; request++)
        {
            if (request == 2) continue;
            entries.Byte(3).Byte(Interrupt).Word(request == Platform.SciRequest ? 0x0d : 0).Byte(IsaBus).Byte(request).Byte(Platform.IoApicId)
                .Byte(request == 0 ? Platform.TimerPin : request);
            count++;
        }
        entries.Byte(4).Byte(ExtInt).Word(0).Byte(IsaBus).Byte(0).Byte(0).Byte(0);
        entries.Byte(4).Byte(Nmi).Word(0).Byte(IsaBus).Byte(0).Byte(0xff).Byte(1);
        count += 2;

        var table = new ByteBuffer().Text("PCMP", 4).Word(44 + entries.Length).Byte(4).Byte(0).Text("MTTCG", 8).Text("MTTCG", 12).DWord(0).Word(0)
            .Word(count).DWord(Platform.LocalApicAddress).Word(0).Byte(0).Byte(0).Bytes(entries.ToArray()).ToArray();
        ByteBuffer.Checksum(table, 7);
        return table;
    }
}

using Tcg.Mttcg.Machine.Timers;

namespace Tcg.Mttcg.Machine.Firmware.Acpi;

/// <summary>All tables and the pointers between them.</summary>
internal static class AcpiTables
{
    /// <returns>The address of the root pointer.</returns>
    public static ulong Write(FirmwareOptions options, FirmwareArea area)
    {
        // The root pointer comes first: guests search for it on 16-byte boundaries.
        ulong rsdp = area.Reserve(36, 16);
        uint facs = (uint)area.Put(Fadt.Facs(), 64);
        uint dsdt = (uint)area.Put(Dsdt.Build(options), 16);
        List<uint> tables = [(uint)area.Put(Fadt.Build(options, facs, dsdt), 16), (uint)area.Put(Madt.Build(options), 16)];
        if (options.HasHpet) tables.Add((uint)area.Put(HpetTable(), 16));

        var narrow = new ByteBuffer();
        var wide = new ByteBuffer();
        foreach (uint table in tables)
        {
            narrow.DWord(table);
            wide.QWord(table);
        }
        uint rsdt = (uint)area.Put(AcpiTable.Build("RSDT", 1, narrow.ToArray()), 16);
        ulong xsdt = area.Put(AcpiTable.Build("XSDT", 1, wide.ToArray()), 16);
        area.Write(rsdp, RootPointer(rsdt, xsdt));
        return rsdp;
    }

    private static byte[] RootPointer(uint rsdt, ulong xsdt)
    {
        var pointer = new ByteBuffer().Text("RSD PTR ", 8).Byte(0).Text("MTTCG", 6).Byte(2).DWord(rsdt).DWord(36).QWord(xsdt).Zeros(4).ToArray();
        ByteBuffer.Checksum(pointer.AsSpan(0, 20), 8);
        ByteBuffer.Checksum(pointer, 32);
        return pointer;
    }

    private static byte[] HpetTable() =>
        AcpiTable.Build("HPET", 1, new ByteBuffer().DWord(Hpet.Identity).Byte(0).Byte(64).Word(0).QWord(Platform.HpetAddress).Byte(0).Word(100).Byte(0).ToArray());
}

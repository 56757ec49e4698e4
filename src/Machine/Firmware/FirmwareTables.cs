using Tcg.Mttcg.Machine.Firmware.Acpi;

namespace Tcg.Mttcg.Machine.Firmware;

/// <summary>Everything a guest expects a firmware to have left in memory.</summary>
internal static class FirmwareTables
{
    /// <summary>The MP specification wants its pointer in the last 64 KiB below 1 MiB.</summary>
    private const ulong MpStart = 0xf0000, MpEnd = 0xff000;

    /// <returns>The address of the ACPI root pointer.</returns>
    public static ulong Write(FirmwareOptions options, IGuestMemory memory)
    {
        memory.Clear(MemoryMap.TablesStart, MemoryMap.OneMebibyte - MemoryMap.TablesStart);
        BiosData.Write(options, memory);
        MpTable.Write(options, new FirmwareArea(memory, MpStart, MpEnd));
        return AcpiTables.Write(options, new FirmwareArea(memory, MemoryMap.TablesStart, MpStart));
    }
}

namespace Tcg.Mttcg.Machine.Timers;

/// <summary>What a PC's firmware stores in the battery-backed RAM: how much memory there is.</summary>
internal static class CmosRam
{
    public static void WriteMemorySizes(Span<byte> ram, Firmware.RamLayout layout)
    {
        ulong extended = Math.Min(layout.LowBytes > 0x100000 ? layout.LowBytes - 0x100000 >> 10 : 0, 0xffff);
        ulong above16 = Math.Min(layout.LowBytes > 0x1000000 ? layout.LowBytes - 0x1000000 >> 16 : 0, 0xffff);
        ulong above4G = layout.HighBytes >> 16;
        Put(ram, 0x15, 640, 2);
        Put(ram, 0x17, extended, 2);
        Put(ram, 0x30, extended, 2);
        Put(ram, 0x34, above16, 2);
        Put(ram, 0x5b, above4G, 3);
        // Equipment: FPU, 80-column colour display.
        ram[0x14] = 0x06 | 0x20;
    }

    public static void WriteCpuCount(Span<byte> ram, int cpus) => ram[0x5f] = (byte)(cpus - 1);

    private static void Put(Span<byte> ram, int index, ulong value, int bytes)
    {
        for (int i = 0; i < bytes; i++) ram[index + i] = (byte)(value >> i * 8);
    }
}

namespace Tcg.Mttcg.Machine.Firmware.Acpi;

/// <summary>Processors and interrupt controllers (ACPI specification 5.2.12). APIC id 255 is the xAPIC's broadcast, so from there on ids are x2APIC entries.</summary>
internal static class Madt
{
    public const int FirstX2ApicId = 255;

    private const uint PcatCompatible = 1, Enabled = 1;
    private const int LevelActiveHigh = 0x0d;

    public static byte[] Build(FirmwareOptions options)
    {
        var body = new ByteBuffer().DWord(Platform.LocalApicAddress).DWord(PcatCompatible);
        for (int cpu = 0; cpu < options.Cpus; cpu++)
        {
            uint id = options.ApicIds[cpu];
            if (id < FirstX2ApicId && cpu <= byte.MaxValue) body.Byte(0).Byte(8).Byte(cpu).Byte((int)id).DWord(Enabled);
            else body.Byte(9).Byte(16).Word(0).DWord(id).DWord(Enabled).DWord((uint)cpu);
        }
        body.Byte(1).Byte(12).Byte(Platform.IoApicId).Byte(0).DWord(Platform.IoApicAddress).DWord(0);
        Override(0, Platform.TimerPin, 0);
        Override(Platform.SciRequest, Platform.SciRequest, LevelActiveHigh);
        // NMI arrives at LINT1 of every processor.
        body.Byte(4).Byte(6).Byte(0xff).Word(0).Byte(1);
        if (options.ApicIds[^1] >= FirstX2ApicId) body.Byte(10).Byte(12).Word(0).DWord(uint.MaxValue).Byte(1).Zeros(3);
        return AcpiTable.Build("APIC", 3, body.ToArray());

        void Override(int request, uint pin, int flags) => body.Byte(2).Byte(10).Byte(0).Byte(request).DWord(pin).Word(flags);
    }
}

using Tcg.Mttcg.Machine.Pci;

namespace Tcg.Mttcg.Machine.Firmware.Acpi;

/// <summary>The differentiated system description: processors, the fixed devices and the soft-off state.</summary>
internal static class Dsdt
{
    public static byte[] Build(FirmwareOptions options)
    {
        var devices = new List<byte[]>();
        for (int i = 0; i < options.Cpus; i++) devices.Add(Processor(i));
        if (options.HasPci) devices.Add(PciBridge());
        for (int i = 0; i < options.SerialPorts; i++) devices.Add(Serial(i));
        devices.Add(Device("RTC", "PNP0B00", Aml.Io(0x70, 2), Aml.Irq(Platform.RtcRequest)));
        if (options.HasKeyboard) devices.Add(Device("KBD", "PNP0303", Aml.Io(0x60, 1), Aml.Io(0x64, 1), Aml.Irq(1)));
        if (options.HasKeyboard) devices.Add(Device("MOU", "PNP0F13", Aml.Irq(12)));
        if (options.HasHpet) devices.Add(Device("HPET", "PNP0103", Aml.FixedMemory(Platform.HpetAddress, 0x400)));
        if (options.HasPvPanic) devices.Add(PvPanic());
        byte[] off = Aml.Integer(Platform.SoftOffType);
        byte[] body = [.. Aml.Scope("\\_SB", [.. devices]), .. Aml.Name("_S5", Aml.PackageOf(off, off, Aml.Integer(0), Aml.Integer(0)))];
        return AcpiTable.Build("DSDT", 2, body);
    }

    private static byte[] Device(string name, string id, params byte[][] resources) =>
        Aml.Device(name, Aml.Name("_HID", Aml.EisaId(id)), Aml.Name("_CRS", Aml.Resources(resources)));

    private static byte[] Processor(int cpu) =>
        Aml.Device($"C{cpu:X3}", Aml.Name("_HID", Aml.String("ACPI0007")), Aml.Name("_UID", Aml.Integer((ulong)cpu)));

    private static byte[] Serial(int index)
    {
        var (port, request) = Platform.SerialPorts[index];
        return Aml.Device($"COM{index + 1}", Aml.Name("_HID", Aml.EisaId("PNP0501")), Aml.Name("_UID", Aml.Integer((ulong)index + 1)),
            Aml.Name("_CRS", Aml.Resources(Aml.Io(port, 8), Aml.Irq(request))));
    }

    private static byte[] PvPanic() =>
        Aml.Device("PEVT", Aml.Name("_HID", Aml.String("QEMU0001")), Aml.Name("_CRS", Aml.Resources(Aml.Io(Platform.PvPanicPort, 1))));

    private static byte[] PciBridge() => Aml.Device("PCI0",
        Aml.Name("_HID", Aml.EisaId("PNP0A03")),
        Aml.Name("_UID", Aml.Integer(0)),
        Aml.Name("_CRS", Aml.Resources(
            Aml.BusRange(0, 0xff),
            Aml.Io(0xcf8, 8),
            Aml.PortRange(0xd00, 0xffff),
            Aml.MemoryRange((uint)RamLayout.LowLimit, 0xfebfffff))),
        Aml.Name("_PRT", Aml.PackageOf([.. InterruptRoutes()])));

    /// <summary>For each slot and pin the interrupt it is wired to (ACPI specification 6.2.13).</summary>
    private static IEnumerable<byte[]> InterruptRoutes()
    {
        for (int slot = 1; slot < PciBus.Slots; slot++)
        {
            for (int pin = 0; pin < 4; pin++)
                yield return Aml.PackageOf(Aml.Integer((uint)slot << 16 | 0xffff), Aml.Integer((uint)pin), Aml.Integer(0), Aml.Integer(Platform.PciRequest(slot, pin)));
        }
    }
}

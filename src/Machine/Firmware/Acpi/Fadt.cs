namespace Tcg.Mttcg.Machine.Firmware.Acpi;

/// <summary>The fixed description: power-management ports, reset register, SCI (ACPI specification 5.2.9, the layout of revision 3).</summary>
internal static class Fadt
{
    private const int Bytes = 244;
    private const uint Wbinvd = 1 << 0, ProcessorC1 = 1 << 2, NoSleepButton = 1 << 5, TimerIs32Bit = 1 << 8, HasResetRegister = 1 << 10;
    private const int LegacyDevices = 1 << 0, KeyboardController = 1 << 1, NoVga = 1 << 2;
    private const ushort Event = Platform.PmBase, Control = Platform.PmBase + 4, Timer = Platform.PmBase + 8;

    public static byte[] Build(FirmwareOptions options, uint facs, uint dsdt)
    {
        var body = new byte[Bytes - AcpiTable.HeaderBytes];
        Put32(36, facs);
        Put32(40, dsdt);
        Put16(46, Platform.SciRequest);
        Put32(56, Event);
        Put32(64, Control);
        Put32(76, Timer);
        (body[88 - 36], body[89 - 36], body[91 - 36]) = (4, 2, 4);
        // Latencies beyond these limits say that C2 and C3 do not exist.
        Put16(96, 0x0fff);
        Put16(98, 0x0fff);
        body[108 - 36] = 0x32;
        Put16(109, LegacyDevices | (options.HasKeyboard ? KeyboardController : 0) | (options.HasVga ? 0 : NoVga));
        Put32(112, Wbinvd | ProcessorC1 | NoSleepButton | TimerIs32Bit | HasResetRegister);
        PutPort(116, Platform.ResetPort, 8);
        body[128 - 36] = Platform.ResetValue;
        ByteBuffer.Put64(body, 132 - 36, facs);
        ByteBuffer.Put64(body, 140 - 36, dsdt);
        PutPort(148, Event, 32);
        PutPort(172, Control, 16);
        PutPort(208, Timer, 32);
        return AcpiTable.Build("FACP", 3, body);

        void Put16(int offset, int value) => (body[offset - 36], body[offset - 35]) = ((byte)value, (byte)(value >> 8));
        void Put32(int offset, uint value) => ByteBuffer.Put32(body, offset - 36, value);
        void PutPort(int offset, ushort port, byte bits)
        {
            // A generic address: system I/O, width, offset, access size (1 byte, 2 words, 3 double words).
            (body[offset - 36], body[offset - 35], body[offset - 33]) = (1, bits, (byte)(bits / 16 + 1));
            ByteBuffer.Put64(body, offset - 36 + 4, port);
        }
    }

    /// <summary>The firmware control structure; has no standard header.</summary>
    public static byte[] Facs() => new ByteBuffer().Text("FACS", 4).DWord(64).Zeros(24).Byte(1).Zeros(31).ToArray();
}

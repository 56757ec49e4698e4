using System.Text;
using Tcg.Mttcg.Machine.Chipset;
using Tcg.Mttcg.Machine.Pci;
using Tcg.Mttcg.Machine.Serial;
using Tcg.Mttcg.Machine.Tests.Support;
using Tcg.Mttcg.Memory.Contracts;

namespace Tcg.Mttcg.Machine.Tests;

public sealed class ChipsetTests
{
    private readonly RecordingControl _control = new();

    [Fact]
    public void The_keyboard_controller_passes_its_self_tests()
    {
        var controller = new KeyboardController(_control);
        controller.Command.Write(0, 1, 0xaa);
        Assert.Equal(1u, controller.Command.Read(0, 1) & 3);
        Assert.Equal(0x55u, controller.Data.Read(0, 1));
        Assert.Equal(0u, controller.Command.Read(0, 1) & 3);
        controller.Command.Write(0, 1, 0xab);
        Assert.Equal(0u, controller.Data.Read(0, 1));
    }

    [Fact]
    public void The_keyboard_controllers_configuration_byte_is_storage()
    {
        var controller = new KeyboardController(_control);
        controller.Command.Write(0, 1, 0x60);
        controller.Data.Write(0, 1, 0x47);
        controller.Command.Write(0, 1, 0x20);
        Assert.Equal(0x47u, controller.Data.Read(0, 1));
    }

    [Theory]
    [InlineData(0xfe, 1)]
    [InlineData(0xf0, 1)]
    [InlineData(0xff, 0)]
    public void Pulsing_output_line_0_resets_the_machine(uint command, int resets)
    {
        new KeyboardController(_control).Command.Write(0, 1, command);
        Assert.Equal(resets, _control.Calls.Count);
    }

    [Fact]
    public void The_output_port_switches_A20_and_resets()
    {
        var controller = new KeyboardController(_control);
        controller.Command.Write(0, 1, 0xd1);
        controller.Data.Write(0, 1, 0xdd);
        Assert.Equal(0xdd, controller.OutputPort);
        controller.Command.Write(0, 1, 0xd1);
        controller.Data.Write(0, 1, 0xdc);
        Assert.Equal(["reset"], _control.Calls);
    }

    [Fact]
    public void Port_92_reads_A20_back_and_resets_on_a_rising_bit_0()
    {
        var port = new SystemControlA(_control);
        port.Write(0, 1, 0x02);
        Assert.Equal(0x02u, port.Read(0, 1));
        Assert.Empty(_control.Calls);
        port.Write(0, 1, 0x03);
        Assert.Equal(["reset"], _control.Calls);
    }

    [Fact]
    public void Port_cf9_resets_on_its_cpu_bit_and_leaves_the_pci_address_alone()
    {
        var pci = new PciHost(new ResetControl(_control), new PciBus());
        pci.Write(0, 4, 0x80000004);
        pci.Write(1, 1, 0x02);
        Assert.Empty(_control.Calls);
        pci.Write(1, 1, 0x06);
        Assert.Equal(["reset"], _control.Calls);
        Assert.Equal(0x80000004u, pci.Read(0, 4));
        Assert.Equal(0x02u, pci.Read(1, 1));
    }

    [Fact]
    public void The_test_device_reads_back_in_any_width()
    {
        var device = new PcTestDevice([]);
        device.ReadBack.Write(0, 4, 0x12345678);
        Assert.Equal(0x12345678u, device.ReadBack.Read(0, 4));
        Assert.Equal(0x5678u, device.ReadBack.Read(0, 2) & 0xffff);
        device.ReadBack.Write(2, 2, 0xbeef);
        Assert.Equal(0xbeef5678u, device.ReadBack.Read(0, 4));
        device.Memory.Write(0x104, 8, 0x1122334455667788);
        Assert.Equal(0x44556677ul, device.Memory.Read(0x105, 4));
    }

    [Fact]
    public void The_test_devices_lines_follow_its_ports()
    {
        RecordingLine[] lines = [new(), new()];
        var device = new PcTestDevice(lines);
        device.Lines.Write(1, 1, 1);
        Assert.True(lines[1].Level);
        device.Lines.Write(1, 1, 0);
        Assert.False(lines[1].Level);
        device.Lines.Write(20, 1, 1);
        Assert.Equal(0, lines[0].Rises);
    }

    [Fact]
    public void Fw_cfg_yields_signature_processors_memory_and_zeros_beyond()
    {
        var device = new FwCfg(6, 96 << 20);
        Assert.Equal("QEMU", Encoding.ASCII.GetString(ReadItem(device, FwCfg.Signature, 4)));
        Assert.Equal(6, BitConverter.ToUInt16(ReadItem(device, FwCfg.CpuCount, 2)));
        Assert.Equal(96ul << 20, BitConverter.ToUInt64(ReadItem(device, FwCfg.RamSize, 8)));
        Assert.Equal([0, 0, 0, 0], ReadItem(device, 0x3fff, 4));
        Assert.Equal([1, 0, 0, 0, 0, 0], ReadItem(device, FwCfg.Id, 6));
    }

    [Fact]
    public void Fw_cfg_files_are_listed_in_the_directory()
    {
        var device = new FwCfg(1, 1 << 20);
        device.AddFile("opt/org.example/answer", [4, 2]);
        device.AddFile("opt/second", [7]);
        var directory = ReadItem(device, FwCfg.FileDirectory, 4 + 2 * 64);
        Assert.Equal([0, 0, 0, 2, 0, 0, 0, 2, 0, 0x20], directory[..10]);
        Assert.Equal("opt/org.example/answer", Encoding.ASCII.GetString(directory, 12, 56).TrimEnd('\0'));
        Assert.Equal([4, 2, 0], ReadItem(device, 0x20, 3));
        Assert.Equal([7], ReadItem(device, 0x21, 1));
    }

    private static byte[] ReadItem(IPortDevice device, ushort key, int length)
    {
        device.Write(0, 2, key);
        return [.. Enumerable.Range(0, length).Select(_ => (byte)device.Read(1, 1))];
    }

    [Fact]
    public void The_debug_console_prints_and_identifies_itself()
    {
        var link = new SerialLink();
        var console = new DebugConsole(link);
        Assert.Equal(0xe9u, console.Read(0, 1));
        console.Write(0, 1, 'k');
        Assert.True(link.Output.TryRead(out byte value));
        Assert.Equal((byte)'k', value);
    }
}

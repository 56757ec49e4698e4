using Tcg.Mttcg.Machine.Chipset;
using Tcg.Mttcg.Machine.Firmware;
using Tcg.Mttcg.Machine.Video;
using Tcg.Mttcg.Machine.Wiring;

namespace Tcg.Mttcg.Machine.Boards;

/// <summary>Power management and reset on every board; PCI, keyboard controller and VGA on a PC.</summary>
internal sealed class ChipsetDevices
{
    private readonly Gate _pmGate = new();
    private readonly AcpiPm _pm;

    public ChipsetDevices(BoardOptions options, InterruptFabric fabric, DeviceMap map)
    {
        _pm = new AcpiPm(_pmGate.Guard(options.Clock), fabric.IsaLine(Platform.SciRequest), options.Control, Platform.SoftOffType);
        map.Add(new PortRange("acpi-pm", Platform.PmBase, 12, _pm, _pmGate, 4));
        map.Add(_pmGate, _pm);

        var gate = new Gate();
        FwCfg = new FwCfg(options.Cpus, options.RamBytes);
        map.Add(new PortRange("fw-cfg", 0x510, 2, FwCfg, gate, 2));
        map.Add(gate, FwCfg);

        var reset = new ResetControl(options.Control);
        if (options.Model == BoardModel.Pc)
        {
            Pci = new PciDevices(options, fabric, map, reset);
            AddKeyboardController(options, map);
            Vga = AddVga(map);
        }
        else
        {
            map.Add(new PortRange("reset", Platform.ResetPort, 1, reset, new Gate()));
        }
    }

    public FwCfg FwCfg { get; }

    /// <summary>Null on a board without PCI.</summary>
    public PciDevices? Pci { get; }

    public VgaPorts? Vga { get; }

    public void PressPowerButton() => _pmGate.Run(_pm.PressPowerButton);

    private static void AddKeyboardController(BoardOptions options, DeviceMap map)
    {
        var gate = new Gate();
        var controller = new KeyboardController(options.Control);
        map.Add(new PortRange("i8042-data", 0x60, 1, controller.Data, gate));
        map.Add(new PortRange("i8042-command", 0x64, 1, controller.Command, gate));
        map.Add(new PortRange("system-control-a", 0x92, 1, new SystemControlA(options.Control), gate));
        map.Add(gate, controller);
    }

    private static VgaPorts AddVga(DeviceMap map)
    {
        var gate = new Gate();
        var vga = new VgaPorts();
        map.Add(new PortRange("vga", VgaPorts.FirstPort, VgaPorts.PortCount, vga, gate));
        map.Add(gate, vga);
        return vga;
    }
}

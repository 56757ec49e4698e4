using Tcg.Mttcg.Machine.Chipset;
using Tcg.Mttcg.Machine.Firmware;
using Tcg.Mttcg.Machine.Interrupts;
using Tcg.Mttcg.Machine.Serial;
using Tcg.Mttcg.Machine.Wiring;

namespace Tcg.Mttcg.Machine.Boards;

/// <summary>The devices on fixed ISA ports.</summary>
internal static class IsaDevices
{
    public static void Add(BoardOptions options, InterruptFabric fabric, DeviceMap map, PanicDevices panic)
    {
        for (int i = 0; i < options.Serial.Count && i < Platform.SerialPorts.Length; i++) AddSerial(options, fabric, map, panic, i);
        map.Add(new PortRange("post", 0x80, 1, new PostCode(), new Gate()));
        if (options.DebugConsole is { } console) map.Add(new PortRange("debugcon", 0xe9, 1, new DebugConsole(console), new Gate()));
        if (options.TestDevice) AddTestDevice(fabric, map);
        if (options.DebugExit is { } exit) map.Add(new PortRange("debug-exit", exit.IoBase, exit.IoSize, new DebugExit(options.Control), new Gate(), 4));
    }

    private static void AddSerial(BoardOptions options, InterruptFabric fabric, DeviceMap map, PanicDevices panic, int index)
    {
        var gate = new Gate();
        var (port, request) = Platform.SerialPorts[index];
        var link = options.Serial[index];
        var pump = new ChannelPump<byte>(link.GuestInput, gate);
        var uart = new Uart16550(link, fabric.IsaLine(request), gate.Guard(options.Clock), pump.SignalRoom, panic.Watch(options, gate, map).Observe);
        map.Add(new PortRange($"uart{index}", port, 8, uart, gate));
        map.Add(gate, uart);
        map.Own(pump);
        pump.Start(uart.Receive);
    }

    private static void AddTestDevice(InterruptFabric fabric, DeviceMap map)
    {
        var gate = new Gate();
        var lines = Enumerable.Range(0, IoApic.PinCount).Select(n => n < InterruptFabric.IsaLines ? fabric.IsaLine(n) : fabric.IoApicPin(n));
        var device = new PcTestDevice([.. lines]);
        map.Add(new PortRange("testdev", 0xe0, 4, device.ReadBack, gate, 4));
        map.Add(new PortRange("testdev-flush", 0xe4, 4, device.FlushPage, gate, 4));
        map.Add(new PortRange("testdev-lines", 0x2000, IoApic.PinCount, device.Lines, gate));
        map.Add(new MmioRange("testdev-memory", PcTestDevice.MemoryAddress, PcTestDevice.MemoryBytes, device.Memory, gate, 8));
    }
}

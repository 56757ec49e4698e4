using Tcg.Mttcg.Machine.Chipset;
using Tcg.Mttcg.Machine.Serial;
using Tcg.Mttcg.Machine.Timers;
using Tcg.Mttcg.Machine.Wiring;

namespace Tcg.Mttcg.Machine.Boards;

/// <summary>The devices on fixed ISA ports.</summary>
internal static class IsaDevices
{
    private static readonly (ushort Port, int Request)[] s_serial = [(0x3f8, 4), (0x2f8, 3), (0x3e8, 4), (0x2e8, 3)];

    public static void Add(BoardOptions options, InterruptFabric fabric, DeviceMap map)
    {
        AddPit(options, fabric, map);
        for (int i = 0; i < options.Serial.Count && i < s_serial.Length; i++) AddSerial(options, fabric, map, i);
        map.Add(new PortRange("post", 0x80, 1, new PostCode(), new Gate()));
        if (options.DebugConsole is { } console) map.Add(new PortRange("debugcon", 0xe9, 1, new DebugConsole(console), new Gate()));
        if (options.DebugExit is { } exit) map.Add(new PortRange("debug-exit", exit.IoBase, exit.IoSize, new DebugExit(options.Control), new Gate(), 4));
    }

    private static void AddPit(BoardOptions options, InterruptFabric fabric, DeviceMap map)
    {
        var gate = new Gate();
        var pit = new Pit(gate.Guard(options.Clock), fabric.IsaLine(0));
        map.Add(new PortRange("pit", 0x40, 4, pit, gate));
        map.Add(new PortRange("system-control", 0x61, 1, pit.SystemControl, gate));
        map.Add(gate, pit);
    }

    private static void AddSerial(BoardOptions options, InterruptFabric fabric, DeviceMap map, int index)
    {
        var gate = new Gate();
        var (port, request) = s_serial[index];
        var link = options.Serial[index];
        var pump = new SerialInputPump(link, gate);
        var uart = new Uart16550(link, fabric.IsaLine(request), gate.Guard(options.Clock), pump.SignalRoom);
        map.Add(new PortRange($"uart{index}", port, 8, uart, gate));
        map.Add(gate, uart);
        map.Own(pump);
        pump.Start(uart);
    }
}

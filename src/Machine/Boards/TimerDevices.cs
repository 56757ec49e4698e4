using Tcg.Mttcg.Machine.Firmware;
using Tcg.Mttcg.Machine.Timers;
using Tcg.Mttcg.Machine.Wiring;
using Tcg.Mttcg.Memory.Contracts;

namespace Tcg.Mttcg.Machine.Boards;

/// <summary>PIT, RTC and HPET, and the switch by which the HPET takes the other two's interrupts over.</summary>
internal sealed class TimerDevices
{
    public TimerDevices(BoardOptions options, InterruptFabric fabric, DeviceMap map)
    {
        var pitLine = new SwitchedLine(fabric.IsaLine(0));
        var rtcLine = new SwitchedLine(fabric.IsaLine(Platform.RtcRequest));
        AddPit(options, map, pitLine);
        Rtc = AddRtc(options, map, rtcLine);
        if (options.Model == BoardModel.Pc) AddHpet(options, fabric, map, pitLine, rtcLine);
    }

    public Rtc Rtc { get; }

    private static void AddPit(BoardOptions options, DeviceMap map, IInterruptLine line)
    {
        var gate = new Gate();
        var pit = new Pit(gate.Guard(options.Clock), line);
        map.Add(new PortRange("pit", 0x40, 4, pit, gate));
        map.Add(new PortRange("system-control", 0x61, 1, pit.SystemControl, gate));
        map.Add(gate, pit);
    }

    private static Rtc AddRtc(BoardOptions options, DeviceMap map, IInterruptLine line)
    {
        var gate = new Gate();
        var rtc = new Rtc(gate.Guard(options.Clock), line, options.RtcStart);
        CmosRam.WriteMemorySizes(rtc.Ram, new RamLayout(options.RamBytes));
        CmosRam.WriteCpuCount(rtc.Ram, options.Cpus);
        map.Add(new PortRange("rtc", 0x70, 2, rtc, gate));
        map.Add(gate, rtc);
        return rtc;
    }

    private static void AddHpet(BoardOptions options, InterruptFabric fabric, DeviceMap map, SwitchedLine pitLine, SwitchedLine rtcLine)
    {
        var gate = new Gate();
        var pins = Enumerable.Range(Hpet.FirstPin, Hpet.TimerCount).Select(fabric.IoApicPin).ToArray();
        var hpet = new Hpet(gate.Guard(options.Clock), pins, [fabric.IsaLine(0), fabric.IsaLine(Platform.RtcRequest)], legacy =>
        {
            pitLine.Open(legacy);
            rtcLine.Open(legacy);
        }, options.Log);
        map.Add(new MmioRange("hpet", Platform.HpetAddress, 0x400, hpet, gate, 8));
        map.Add(gate, hpet);
    }
}

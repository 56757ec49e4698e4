using Tcg.Mttcg.Machine.Firmware;
using Tcg.Mttcg.Machine.Interrupts;
using Tcg.Mttcg.Machine.Wiring;
using Tcg.Mttcg.Memory.Contracts;

namespace Tcg.Mttcg.Machine.Boards;

/// <summary>
/// The interrupt controllers and the wires between them: ISA requests to both the 8259s and the IOAPIC (request 0 to its pin 2), the 8259s' INTR to
/// the boot processor's LINT0, messages between the APICs.
/// </summary>
internal sealed class InterruptFabric
{
    public const int IsaLines = 16;

    private readonly Gate _picGate = new(), _ioApicGate = new();
    private readonly SharedLine[] _isa = new SharedLine[IsaLines];
    private readonly LocalApic[] _apics;

    public InterruptFabric(BoardOptions options, DeviceMap map)
    {
        IoApic = new IoApic(Bus);
        _apics = [.. options.Topology.ApicIds.Select(id => new LocalApic(id, Bus, options.Clock, options.Tsc, id == 0 ? AcknowledgePic : null))];
        Pics = new PicPair(new ActionLine(_apics[0].SetLint0));
        Bus.Connect(_apics, EndOfInterrupt);
        for (int i = 0; i < IsaLines; i++) _isa[i] = new SharedLine(IsaInput(i));

        map.Add(new PortRange("pic1", 0x20, 2, Pics.MasterPorts, _picGate));
        map.Add(new PortRange("pic2", 0xa0, 2, Pics.SlavePorts, _picGate));
        map.Add(new PortRange("elcr", 0x4d0, 2, Pics.EdgeLevelPorts, _picGate));
        map.Add(new MmioRange("ioapic", Platform.IoApicAddress, 0x1000, IoApic, _ioApicGate));
        map.Add(_picGate, Pics);
        map.Add(_ioApicGate, IoApic);
    }

    /// <summary>Carries the messages of IOAPIC and PCI devices.</summary>
    public ApicBus Bus { get; } = new();

    public PicPair Pics { get; }

    public IoApic IoApic { get; }

    public IReadOnlyList<LocalApic> Apics => _apics;

    /// <summary>A new source on an ISA request line.</summary>
    public IInterruptLine IsaLine(int request) => _isa[request].CreateSource();

    /// <summary>An IOAPIC pin beyond the ISA requests, or one of them without the 8259s (HPET).</summary>
    public IInterruptLine IoApicPin(int pin) => _ioApicGate.Guard(new ActionLine(level => IoApic.SetLine(pin, level)));

    private IInterruptLine IsaInput(int request)
    {
        var pic = _picGate.Guard(new ActionLine(level => Pics.SetLine(request, level)));
        var ioApic = IoApicPin(request == 0 ? Platform.TimerPin : request);
        // Input 2 of the first 8259 is taken by the second, and pin 2 of the IOAPIC by the timer.
        return request == 2 ? OpenLine.Instance : new FanOutLine(pic, ioApic);
    }

    private int AcknowledgePic()
    {
        lock (_picGate.Monitor) return Pics.Acknowledge();
    }

    private void EndOfInterrupt(byte vector)
    {
        lock (_ioApicGate.Monitor) IoApic.EndOfInterrupt(vector);
    }
}

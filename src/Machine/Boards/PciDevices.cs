using Tcg.Mttcg.Machine.Chipset;
using Tcg.Mttcg.Machine.Firmware;
using Tcg.Mttcg.Machine.Pci;
using Tcg.Mttcg.Machine.Storage;
using Tcg.Mttcg.Machine.Virtio;
using Tcg.Mttcg.Machine.Virtio.Block;
using Tcg.Mttcg.Machine.Virtio.Net;
using Tcg.Mttcg.Machine.Wiring;
using Tcg.Mttcg.Memory.Physical;

namespace Tcg.Mttcg.Machine.Boards;

/// <summary>The PCI bus of a PC: host bridge in slot 0, virtio devices from <see cref="FirstSlot"/> on.</summary>
internal sealed class PciDevices
{
    /// <summary>As on QEMU's pc, whose chip set takes the slots before it: guests name their network cards after it.</summary>
    private const int FirstSlot = 3;

    private readonly PciBus _bus = new();
    private readonly BoardOptions _options;
    private readonly InterruptFabric _fabric;
    private readonly DeviceMap _map;

    public PciDevices(BoardOptions options, InterruptFabric fabric, DeviceMap map, ResetControl reset)
    {
        (_options, _fabric, _map) = (options, fabric, map);
        var gate = new Gate();
        var host = new PciHost(reset, _bus);
        map.Add(new PortRange("pci", 0xcf8, 8, host, gate, 4));
        map.Add(gate, host);
        Add(0, HostBridge(), new Gate());
    }

    /// <summary>Plugs the virtio devices in: they reach guest memory by themselves.</summary>
    public void Connect(PhysicalMap physical, PhysicalMemory memory)
    {
        var messages = new MessageBus(_fabric.Bus, memory);
        foreach (var device in _options.Virtio)
        {
            var gate = new Gate();
            int slot = device.Slot ?? _bus.FreeSlot(FirstSlot);
            byte request = Platform.PciRequest(slot, pin: 0);
            var virtio = new VirtioPci(Create(device, gate), memory, messages, _fabric.IsaLine(request), request, gate, _options.Log);
            Add(slot, virtio.Function, gate);
            _map.Add(gate, virtio);
        }
        _bus.Connect(physical);
    }

    /// <summary>The firmware's part.</summary>
    public void AssignAddresses() => _bus.AssignAddresses();

    private void Add(int slot, PciFunction function, Gate gate)
    {
        _bus.Add(slot, function, gate);
        _map.Add(gate, function);
    }

    private VirtioDevice Create(VirtioOptions options, Gate gate) => options switch
    {
        VirtioBlockOptions block => Own(new VirtioBlock(new BlockBackEnd(block.Image), gate, block.Serial)),
        VirtioNetOptions net => Own(new VirtioNet(net.Link, gate, net.Address)),
        VirtioConsoleOptions console => Own(new VirtioConsole(console.Link, gate, gate.Guard(_options.Clock))),
        VirtioRngOptions => new VirtioEntropy(),
        _ => throw new ArgumentException($"{options.GetType().Name} is no virtio device of this board", nameof(options)),
    };

    private T Own<T>(T part) where T : IDisposable
    {
        _map.Own(part);
        return part;
    }

    // The chip set's own registers behind the header are storage, and so is the command register.
    private static PciFunction HostBridge()
    {
        var bridge = new PciFunction(new PciIdentity(0x8086, 0x1237, 0x060000, Revision: 2));
        bridge.SetWritable(0x04, 0xff, 0xff);
        bridge.SetWritable(0x40, [.. Enumerable.Repeat((byte)0xff, PciFunction.Bytes - 0x40)]);
        return bridge;
    }
}

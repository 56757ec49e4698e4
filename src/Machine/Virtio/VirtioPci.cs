using Tcg.Mttcg.Machine.Pci;
using Tcg.Mttcg.Machine.Wiring;
using Tcg.Mttcg.Memory.Contracts;
using Tcg.Mttcg.Memory.Physical;

namespace Tcg.Mttcg.Machine.Virtio;

/// <summary>
/// A virtio device as a PCI function, modern only (virtio 1.2 4.1): the common, notification, interrupt-status and device structures in one region, MSI-X in another,
/// and a window into the first through configuration space.
/// </summary>
public sealed partial class VirtioPci : IMmioDevice, IVirtioTransport, IResettable
{
    public const int RegionBytes = 0x4000;

    private const int Isr = 0x1000, Device = 0x2000, Notify = 0x3000, NotifyMultiplier = 4;
    private const byte MsiXBar = 1, RegionBar = 4;
    private const ulong Offered = VirtioFeatures.IndirectDescriptors | VirtioFeatures.EventIndex | VirtioFeatures.Version1;

    private readonly VirtioDevice _device;
    private readonly PhysicalMemory _memory;
    private readonly Virtqueue[] _queues;
    private readonly VirtioFields _common;
    private readonly MsiX _msiX;
    private readonly IDeviceLog _log;
    private readonly Gate _gate;
    private readonly ushort[] _vectors;
    private ushort _configurationVector;
    private byte _isr, _generation;

    /// <param name="interrupt">INTA#, for drivers without MSI-X.</param>
    /// <param name="request">The ISA request it leads to.</param>
    /// <param name="gate">The device's.</param>
    public VirtioPci(VirtioDevice device, PhysicalMemory memory, IMessageBus messages, IInterruptLine interrupt, byte request, Gate gate, IDeviceLog log)
    {
        (_device, _memory, _gate, _log) = (device, memory, gate, log);
        _queues = [.. device.QueueSizes.Select(size => new Virtqueue(memory, size, Break))];
        _vectors = new ushort[_queues.Length];
        _common = CommonFields();
        _msiX = new MsiX(_queues.Length + 1, MsiXBar) { Messages = messages };
        Function = new PciFunction(Identity(device.Type), interrupt, request);
        Function.Add(MsiXBar, new MmioRegion($"{device.Name}-msix", _msiX, MsiX.RegionBytes, gate.Monitor));
        Function.Add(RegionBar, new MmioRegion(device.Name, this, RegionBytes, gate.Monitor, maxAccess: 4), is64: true, prefetchable: true);
        Function.Add(_msiX);
        VirtioCapability.AddAll(Function, this, RegionBar, new(0, _common.Length), new(Isr, 1), new(Device, device.Configuration.Length), new(Notify, _queues.Length * NotifyMultiplier), NotifyMultiplier);
        device.Plug(this);
        Reset();
    }

    public PciFunction Function { get; }

    public ulong Features => _driverFeatures;

    public bool IsRunning => (_status & (VirtioStatus.DriverOk | VirtioStatus.NeedsReset)) == VirtioStatus.DriverOk && Function.IsBusMaster;

    public Virtqueue Queue(int index) => _queues[index];

    public DescriptorChain NewChain() => new(_memory);

    public ulong Read(ulong offset, int size)
    {
        int at = (int)offset;
        return at switch
        {
            < Isr => _common.Read(at, size),
            Isr => TakeIsr(),
            >= Device and < Notify => ReadConfiguration(at - Device, size),
            _ => 0,
        };
    }

    public void Write(ulong offset, int size, ulong value)
    {
        int at = (int)offset;
        if (at < Isr) _common.Write(at, size, (uint)value);
        else if (at >= Notify && (at - Notify) / NotifyMultiplier < _queues.Length) Ring((at - Notify) / NotifyMultiplier);
    }

    public void Publish(int queue)
    {
        if (_queues[queue].Publish()) Interrupt(QueueInterrupt, _vectors[queue]);
    }

    public void NotifyLater(int queue) => Task.Run(() => _gate.Run(() => Ring(queue)));

    public void ConfigurationChanged()
    {
        _generation++;
        if ((_status & VirtioStatus.DriverOk) != 0) Interrupt(ConfigurationInterrupt, _configurationVector);
    }

    public void Break(string reason)
    {
        if ((_status & VirtioStatus.NeedsReset) != 0) return;
        _log.Unhandled(_device.Name, $"broken by its driver until it is reset: {reason}");
        _status |= VirtioStatus.NeedsReset;
        ConfigurationChanged();
    }

    public void Reset()
    {
        (_status, _driverFeatures, _featureSelect, _driverFeatureSelect, _queueSelect) = (VirtioStatus.None, 0, 0, 0, 0);
        _device.Reset();
        foreach (var queue in _queues) queue.Reset();
        Array.Fill(_vectors, NoVector);
        _configurationVector = NoVector;
        TakeIsr();
    }

    private void Ring(int queue)
    {
        if (IsRunning && _queues[queue].IsEnabled) _device.Notify(queue);
    }

    private uint ReadConfiguration(int offset, int size)
    {
        var bytes = _device.Configuration;
        uint value = 0;
        for (int i = 0; i < size && offset + i < bytes.Length; i++) value |= (uint)bytes[offset + i] << i * 8;
        return value;
    }

    private static PciIdentity Identity(VirtioType type) => new(0x1af4, (ushort)(0x1040 + type), type switch
    {
        VirtioType.Net => 0x020000,
        VirtioType.Block => 0x010000,
        VirtioType.Console => 0x078000,
        _ => 0x00ff00,
    }, Revision: 1, SubsystemVendor: 0x1af4, Subsystem: 0x1100);
}

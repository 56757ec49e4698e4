namespace Tcg.Mttcg.Machine.Virtio;

// The common configuration structure (virtio 1.2 4.1.4.3) and interrupts.
public sealed partial class VirtioPci
{
    private const ushort NoVector = 0xffff;
    private const byte QueueInterrupt = 1, ConfigurationInterrupt = 2;

    private VirtioStatus _status;
    private ulong _driverFeatures;
    private uint _featureSelect, _driverFeatureSelect;
    private ushort _queueSelect;

    private Virtqueue? Selected => _queueSelect < _queues.Length ? _queues[_queueSelect] : null;

    private VirtioFields CommonFields() => new(
        new(0x00, 4, () => _featureSelect, value => _featureSelect = value),
        new(0x04, 4, () => Half(_device.Features | Offered, _featureSelect)),
        new(0x08, 4, () => _driverFeatureSelect, value => _driverFeatureSelect = value),
        new(0x0c, 4, () => Half(_driverFeatures, _driverFeatureSelect), WriteDriverFeatures),
        new(0x10, 2, () => _configurationVector, value => _configurationVector = Vector(value)),
        new(0x12, 2, () => (uint)_queues.Length),
        new(0x14, 1, () => (uint)_status, value => WriteStatus((VirtioStatus)value)),
        new(0x15, 1, () => _generation),
        new(0x16, 2, () => _queueSelect, value => _queueSelect = (ushort)value),
        new(0x18, 2, () => Selected?.Size ?? 0u, WriteQueueSize),
        new(0x1a, 2, () => Selected is null ? NoVector : _vectors[_queueSelect], WriteQueueVector),
        new(0x1c, 2, () => Selected is { IsEnabled: true } ? 1u : 0, WriteQueueEnable),
        new(0x1e, 2, () => _queueSelect),
        new(0x20, 4, () => Half(Selected?.Descriptors ?? 0, 0), value => Place(queue => queue.Descriptors = WithHalf(queue.Descriptors, 0, value))),
        new(0x24, 4, () => Half(Selected?.Descriptors ?? 0, 1), value => Place(queue => queue.Descriptors = WithHalf(queue.Descriptors, 1, value))),
        new(0x28, 4, () => Half(Selected?.Available ?? 0, 0), value => Place(queue => queue.Available = WithHalf(queue.Available, 0, value))),
        new(0x2c, 4, () => Half(Selected?.Available ?? 0, 1), value => Place(queue => queue.Available = WithHalf(queue.Available, 1, value))),
        new(0x30, 4, () => Half(Selected?.Used ?? 0, 0), value => Place(queue => queue.Used = WithHalf(queue.Used, 0, value))),
        new(0x34, 4, () => Half(Selected?.Used ?? 0, 1), value => Place(queue => queue.Used = WithHalf(queue.Used, 1, value))));

    private static uint Half(ulong value, uint index) => index switch { 0 => (uint)value, 1 => (uint)(value >> 32), _ => 0 };

    private static ulong WithHalf(ulong old, int index, uint value) =>
        index == 0 ? old & 0xffff_ffff_0000_0000 | value : old & 0xffff_ffff | (ulong)value << 32;

    private void WriteDriverFeatures(uint value)
    {
        if ((_status & VirtioStatus.FeaturesOk) == 0 && _driverFeatureSelect < 2) _driverFeatures = WithHalf(_driverFeatures, (int)_driverFeatureSelect, value);
    }

    private void WriteStatus(VirtioStatus value)
    {
        if (value == VirtioStatus.None)
        {
            Reset();
            return;
        }
        // A bit that the device does not grant stays clear: the driver reads it back.
        if ((value & ~_status & VirtioStatus.FeaturesOk) != 0 && !AcceptsFeatures) value &= ~VirtioStatus.FeaturesOk;
        bool starts = (value & ~_status & VirtioStatus.DriverOk) != 0;
        _status = value & ~VirtioStatus.NeedsReset | _status & VirtioStatus.NeedsReset;
        if (!starts) return;
        for (int queue = 0; queue < _queues.Length; queue++) Ring(queue);
    }

    private bool AcceptsFeatures => (_driverFeatures & ~(_device.Features | Offered)) == 0 && (_driverFeatures & VirtioFeatures.Version1) != 0;

    private void WriteQueueSize(uint value)
    {
        // Larger than offered or no power of two: a driver that does so is not listened to.
        if (value is not 0 && value <= (Selected?.MaximumSize ?? 0) && (value & value - 1) == 0) Place(queue => queue.Size = (ushort)value);
    }

    private void WriteQueueVector(uint value)
    {
        if (Selected is not null) _vectors[_queueSelect] = Vector(value);
    }

    /// <summary>A queue once enabled stays so until the device is reset.</summary>
    private void WriteQueueEnable(uint value)
    {
        if (value == 1) Place(queue => queue.Enable(_driverFeatures));
    }

    private void Place(Action<Virtqueue> change)
    {
        if (Selected is { IsEnabled: false } queue) change(queue);
    }

    private ushort Vector(uint value) => value <= (uint)_queues.Length ? (ushort)value : NoVector;

    private void Interrupt(byte cause, ushort vector)
    {
        if (_msiX.IsEnabled)
        {
            if (vector != NoVector && Function.IsBusMaster) _msiX.Raise(vector);
            return;
        }
        _isr |= cause;
        Function.Interrupt = true;
    }

    private uint TakeIsr()
    {
        uint isr = _isr;
        _isr = 0;
        Function.Interrupt = false;
        return isr;
    }
}

using Tcg.Mttcg.Machine.Net.Packets;
using Tcg.Mttcg.Machine.Pci;

namespace Tcg.Mttcg.Cli.Options;

/// <summary>A virtio device of the command line, before its files are opened.</summary>
public abstract record VirtioSettings
{
    /// <summary>The PCI slot; null: the next free one.</summary>
    public int? Slot { get; init; }

    /// <summary>Makes the devices of <c>-drive</c> and <c>-device</c>.</summary>
    /// <param name="devices">The texts of -device.</param>
    /// <param name="other">Those that are no virtio devices.</param>
    /// <exception cref="UsageException"/>
    public static IReadOnlyList<VirtioSettings> Parse(IEnumerable<string> devices, IReadOnlyList<DriveSettings> drives, IReadOnlyDictionary<string, SerialTarget> chardevs, out IReadOnlyList<string> other)
    {
        var parser = new VirtioParser(drives, chardevs);
        List<string> rest = [];
        foreach (var text in devices)
        {
            if (!parser.TryAdd(text)) rest.Add(text);
        }
        other = rest;
        return parser.Finish();
    }
}

public sealed record VirtioDisk(DriveSettings Drive, string Serial) : VirtioSettings;

/// <param name="Netdev">Null: the cable is not plugged in.</param>
public sealed record VirtioCard(string? Netdev, MacAddress Address) : VirtioSettings;

public sealed record VirtioTerminal(SerialTarget Target) : VirtioSettings;

public sealed record VirtioRandom : VirtioSettings;

/// <summary>Reads -device one by one; what belongs together is put together.</summary>
internal sealed class VirtioParser(IReadOnlyList<DriveSettings> drives, IReadOnlyDictionary<string, SerialTarget> chardevs)
{
    /// <summary>The first card's address, as QEMU has it; the next ones count on.</summary>
    private const ulong FirstAddress = 0x525400123456;

    private readonly List<VirtioSettings> _devices = [];
    private readonly HashSet<string> _taken = [];
    private int? _consoleSlot;
    private bool _hasBus, _hasConsole;

    /// <summary>False: no virtio device.</summary>
    public bool TryAdd(string text)
    {
        var list = new PropertyList("-device", text);
        VirtioSettings? device;
        switch (list.Head)
        {
            case "virtio-blk-pci" or "virtio-blk": device = Disk(list); break;
            case "virtio-net-pci" or "virtio-net": device = Card(list); break;
            case "virtio-rng-pci" or "virtio-rng": device = new VirtioRandom(); break;
            case "virtio-serial-pci" or "virtio-serial": device = Bus(list); break;
            case "virtconsole": device = Terminal(list); break;
            default: return false;
        }
        if (device is not null) _devices.Add(device with { Slot = device.Slot ?? Slot(list) });
        list.Take("id");
        list.Finish();
        return true;
    }

    public IReadOnlyList<VirtioSettings> Finish()
    {
        if (_hasBus && !_hasConsole) throw new UsageException("-device virtio-serial-pci: -device virtconsole,chardev=ID is missing");
        return [.. drives.Where(drive => drive.IsPlugged).Select(drive => new VirtioDisk(drive, drive.Serial)), .. _devices];
    }

    private VirtioDisk Disk(PropertyList list)
    {
        var id = list.Take("drive") ?? throw new UsageException("-device virtio-blk-pci: drive=ID is missing");
        var drive = drives.FirstOrDefault(drive => drive.Id == id) ?? throw new UsageException($"-device virtio-blk-pci: there is no -drive with id={id}");
        if (drive.IsPlugged || !_taken.Add(id)) throw new UsageException($"-device virtio-blk-pci: drive={id} is in use already");
        return new VirtioDisk(drive, list.Take("serial") ?? drive.Serial);
    }

    private VirtioCard Card(PropertyList list)
    {
        var address = new MacAddress(FirstAddress + (ulong)_devices.OfType<VirtioCard>().Count());
        if (list.Take("mac") is { } mac && (!MacAddress.TryParse(mac, out address) || address.IsGroup))
            throw new UsageException($"-device virtio-net-pci: mac={mac}: no address of a card");
        return new VirtioCard(list.Take("netdev"), address);
    }

    // The bus of QEMU holds ports; here there is one console, and the device is made with it.
    private VirtioSettings? Bus(PropertyList list)
    {
        if (_hasBus) throw new UsageException("-device virtio-serial-pci: there is one at most");
        (_hasBus, _consoleSlot) = (true, Slot(list));
        return null;
    }

    private VirtioTerminal Terminal(PropertyList list)
    {
        if (_hasConsole) throw new UsageException("-device virtconsole: there is one at most");
        if (!_hasBus) throw new UsageException("-device virtconsole: -device virtio-serial-pci must come before it");
        _hasConsole = true;
        var id = list.Take("chardev") ?? throw new UsageException("-device virtconsole: chardev=ID is missing");
        if (!chardevs.TryGetValue(id, out var target)) throw new UsageException($"-device virtconsole: there is no -chardev with id={id}");
        return new VirtioTerminal(target) { Slot = _consoleSlot };
    }

    private static int? Slot(PropertyList list) => (int)list.TakeNumber("addr", -1, 1, PciBus.Slots - 1) is > 0 and var slot ? slot : null;
}

using Tcg.Mttcg.Machine.Net;
using Tcg.Mttcg.Machine.Net.Packets;
using Tcg.Mttcg.Machine.Serial;
using Tcg.Mttcg.Machine.Storage;

namespace Tcg.Mttcg.Machine.Boards;

/// <summary>A virtio device for the PCI bus. What it leads to belongs to the board from then on.</summary>
public abstract record VirtioOptions
{
    /// <summary>The slot on bus 0; null: the next free one.</summary>
    public int? Slot { get; init; }
}

/// <summary>virtio-blk-pci: a disk.</summary>
public sealed record VirtioBlockOptions(IDiskImage Image) : VirtioOptions
{
    /// <summary>What the guest sees as the disk's serial number, at most 20 ASCII characters.</summary>
    public string Serial { get; init; } = "";
}

/// <summary>virtio-net-pci: a network card.</summary>
public sealed record VirtioNetOptions(FrameLink Link) : VirtioOptions
{
    /// <summary>The card's Ethernet address.</summary>
    public MacAddress Address { get; init; } = new(0x525400123456);
}

/// <summary>virtio-serial-pci with one virtconsole.</summary>
public sealed record VirtioConsoleOptions(SerialLink Link) : VirtioOptions;

/// <summary>virtio-rng-pci: random bytes of the host.</summary>
public sealed record VirtioRngOptions : VirtioOptions;

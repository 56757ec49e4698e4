using Tcg.Mttcg.Cli.Options;
using Tcg.Mttcg.Machine.Boards;
using Tcg.Mttcg.Machine.Net;
using Tcg.Mttcg.Machine.Serial;
using Tcg.Mttcg.Machine.Storage;

namespace Tcg.Mttcg.Cli.Commands;

/// <summary>The virtio devices of a command line, with their disks opened.</summary>
internal static class VirtioParts
{
    /// <param name="consoles">A cable for each console, in order.</param>
    /// <param name="networks">The cables of the networks, by name.</param>
    /// <exception cref="UsageException">A disk cannot be opened.</exception>
    public static IReadOnlyList<VirtioOptions> Open(IEnumerable<VirtioSettings> settings, ReadOnlySpan<SerialLink> consoles, IReadOnlyDictionary<string, FrameLink> networks)
    {
        var devices = new List<VirtioOptions>();
        try
        {
            foreach (var device in settings)
            {
                devices.Add(Open(device, consoles, networks) with { Slot = device.Slot });
                if (device is VirtioTerminal) consoles = consoles[1..];
            }
            return devices;
        }
        catch (DiskImageException e)
        {
            foreach (var disk in devices.OfType<VirtioBlockOptions>()) disk.Image.Dispose();
            throw new UsageException(e.Message);
        }
    }

    private static VirtioOptions Open(VirtioSettings device, ReadOnlySpan<SerialLink> consoles, IReadOnlyDictionary<string, FrameLink> networks) => device switch
    {
        VirtioDisk disk => new VirtioBlockOptions(DiskImages.Open(disk.Drive.Disk)) { Serial = disk.Serial },
        VirtioCard { Netdev: { } netdev } card => new VirtioNetOptions(networks[netdev]) { Address = card.Address },
        VirtioCard card => new VirtioNetOptions(new FrameLink { IsUp = false }) { Address = card.Address },
        VirtioTerminal => new VirtioConsoleOptions(consoles[0]),
        _ => new VirtioRngOptions(),
    };
}

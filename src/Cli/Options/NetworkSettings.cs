using Tcg.Mttcg.Machine.Net.Packets;

namespace Tcg.Mttcg.Cli.Options;

/// <summary>What <c>-netdev</c>, <c>-nic</c> and <c>-net</c> say together: networks, and the cards that -nic adds.</summary>
public sealed record NetworkSettings(IReadOnlyList<NetdevSettings> Netdevs, IReadOnlyList<VirtioCard> Cards)
{
    /// <summary>The first card's address, as QEMU has it; the next ones count on.</summary>
    private const ulong FirstAddress = 0x525400123456;

    /// <param name="cards">Those of -device.</param>
    /// <exception cref="UsageException"/>
    public static NetworkSettings Parse(IReadOnlyList<string> netdevs, IReadOnlyList<string> nics, string? net, IReadOnlyList<VirtioCard> cards)
    {
        if (net is not (null or "none")) throw new UsageException($"-net {net}: only 'none' is known; -nic {net} is what replaced it");
        List<NetdevSettings> networks = [.. netdevs.Select(NetdevSettings.Parse)];
        List<VirtioCard> added = [];
        foreach (var nic in nics)
        {
            if (nic == "none" && nics.Count == 1) break;
            var list = NetdevSettings.NewList("-nic", nic);
            if (list.Head == "none") throw new UsageException("-nic none: there is another -nic");
            var name = list.Take("id") ?? $"#nic{added.Count}";
            var address = new MacAddress(FirstAddress + (ulong)(cards.Count + added.Count));
            if (list.Take("mac") is { } mac && (!MacAddress.TryParse(mac, out address) || address.IsGroup)) throw new UsageException($"-nic: mac={mac}: no address of a card");
            list.TakeChoice("model", true, ("virtio", true), ("virtio-net-pci", true));
            networks.Add(NetdevSettings.Parse(list, name));
            added.Add(new VirtioCard(name, address));
        }
        Check(networks, [.. cards, .. added]);
        return new NetworkSettings(networks, added);
    }

    // A cable has two ends.
    private static void Check(List<NetdevSettings> networks, IReadOnlyList<VirtioCard> cards)
    {
        var names = new HashSet<string>();
        foreach (var network in networks)
        {
            if (!names.Add(network.Id)) throw new UsageException($"-netdev: id={network.Id} is given twice");
            if (!cards.Any(card => card.Netdev == network.Id)) throw new UsageException($"-netdev: no -device virtio-net-pci,netdev={network.Id} uses it");
        }
        var taken = new HashSet<string>();
        foreach (var netdev in cards.Select(card => card.Netdev).OfType<string>())
        {
            if (!names.Contains(netdev)) throw new UsageException($"-device virtio-net-pci: there is no -netdev with id={netdev}");
            if (!taken.Add(netdev)) throw new UsageException($"-device virtio-net-pci: netdev={netdev} is in use already");
        }
    }
}

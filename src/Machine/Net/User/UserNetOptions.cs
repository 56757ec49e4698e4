using System.Net;
using Tcg.Mttcg.Machine.Net.Packets;

namespace Tcg.Mttcg.Machine.Net.User;

/// <summary>A port of the host that leads to one of the guest.</summary>
/// <param name="Host">Where to listen; <see cref="Ipv4Address.Any"/> is every address of the host, port 0 any free one.</param>
/// <param name="Guest">The guest's end; <see cref="Ipv4Address.Any"/> is the first address that DHCP gives.</param>
public sealed record HostForward(bool IsUdp, Ipv4Endpoint Host, Ipv4Endpoint Guest);

/// <summary>
/// The network of <c>-netdev user</c>. The guest sees QEMU's addresses: the gateway .2 stands for the host, .3 is the name server, DHCP starts at .15.
/// </summary>
public sealed record UserNetOptions
{
    /// <summary>Addresses that DHCP gives out, to one machine each.</summary>
    public const int Leases = 16;

    public Ipv4Address Network { get; init; } = new(0x0a000200);

    /// <summary>Bits of the network's mask, 8 to 28.</summary>
    public int PrefixLength { get; init; } = 24;

    /// <summary>The gateway, through which the guest reaches the host's loopback interface; null: the network's second address.</summary>
    public Ipv4Address? Host { get; init; }

    /// <summary>The name server that forwards to the host's; null: the third address.</summary>
    public Ipv4Address? Dns { get; init; }

    /// <summary>The first address that DHCP gives; null: the fifteenth.</summary>
    public Ipv4Address? DhcpStart { get; init; }

    /// <summary>The guest reaches neither the host nor what lies beyond it; forwards to it still work.</summary>
    public bool Restrict { get; init; }

    /// <summary>What DHCP tells the guest it is called; null: nothing.</summary>
    public string? HostName { get; init; }

    /// <summary>Where requests to the name server go; null: to the first one of the host's /etc/resolv.conf.</summary>
    public IPEndPoint? Resolver { get; init; }

    public IReadOnlyList<HostForward> Forwards { get; init; } = [];

    internal uint Mask => uint.MaxValue << (32 - PrefixLength);

    internal Ipv4Address Gateway => Host ?? new(Network.Value | 2);

    internal Ipv4Address NameServer => Dns ?? new(Network.Value | 3);

    internal Ipv4Address FirstLease => DhcpStart ?? new(Network.Value | 15);

    internal bool IsLocal(Ipv4Address address) => (address.Value & Mask) == Network.Value;

    internal Ipv4Address NetworkBroadcast => new(Network.Value | ~Mask);

    /// <exception cref="ArgumentException">Addresses that do not fit together.</exception>
    public void Check()
    {
        if (PrefixLength is < 8 or > 28) throw new ArgumentException($"net={Network}/{PrefixLength}: a mask of 8 to 28 bits is wanted");
        if ((Network.Value & ~Mask) != 0 || !Network.IsOrdinary) throw new ArgumentException($"net={Network}/{PrefixLength}: not the address of a network");
        foreach (var (key, address) in new[] { ("host", Gateway), ("dns", NameServer), ("dhcpstart", FirstLease), ("dhcpstart", new(FirstLease.Value + Leases - 1)) })
        {
            if (!IsLocal(address) || address == Network || address == NetworkBroadcast) throw new ArgumentException($"{key}={address}: not in the network {Network}/{PrefixLength}");
        }
        if (Gateway == NameServer) throw new ArgumentException($"host={Gateway}: the name server has that address");
        foreach (var (key, address) in new[] { ("host", Gateway), ("dns", NameServer) })
        {
            if (address.Value - FirstLease.Value < Leases) throw new ArgumentException($"{key}={address}: DHCP gives that address to guests");
        }
        if (HostName is { Length: > 63 }) throw new ArgumentException($"hostname={HostName}: longer than 63 characters");
        foreach (var forward in Forwards)
        {
            if (forward.Guest.Port == 0) throw new ArgumentException("hostfwd: the guest's port is missing");
            if (forward.Guest.Address != Ipv4Address.Any && !IsLocal(forward.Guest.Address)) throw new ArgumentException($"hostfwd: {forward.Guest.Address} is not in the network {Network}/{PrefixLength}");
        }
    }
}

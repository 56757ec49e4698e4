using Tcg.Mttcg.Machine.Net.Packets;

namespace Tcg.Mttcg.Machine.Net.User;

/// <summary>UDP from the host's ports to the guest's. Answers go only to those who asked, so a restricted guest gets no further than that.</summary>
internal sealed class UdpForwards(UserNetOptions options, NetworkLimits limits, GuestWire wire)
{
    private sealed class Client(IUdpHost host, Ipv4Endpoint address)
    {
        public IUdpHost Host => host;

        public Ipv4Endpoint Address => address;

        public long LastUsed { get; set; }
    }

    // By the guest's port and the client as the guest sees it.
    private readonly Dictionary<(Ipv4Endpoint Guest, Ipv4Endpoint Seen), Client> _clients = [];

    public int Count => _clients.Count;

    /// <summary>A datagram came to a port of the host.</summary>
    public void Deliver(IUdpHost host, Ipv4Endpoint guest, Ipv4Endpoint from, ReadOnlySpan<byte> payload, long now)
    {
        var seen = UserStack.AsGuestSees(options, from);
        if (!_clients.TryGetValue((guest, seen), out var client) || client.Host != host || client.Address != from)
        {
            if (_clients.Count >= limits.UdpFlows) _clients.Remove(_clients.MinBy(pair => pair.Value.LastUsed).Key);
            _clients[(guest, seen)] = client = new Client(host, from);
        }
        client.LastUsed = now;
        wire.SendUdp(seen, guest, payload);
    }

    /// <summary>False when the datagram answers nobody.</summary>
    public bool TryAnswer(Ipv4Endpoint guest, Ipv4Endpoint to, ReadOnlySpan<byte> payload, long now)
    {
        if (!_clients.TryGetValue((guest, to), out var client)) return false;
        client.LastUsed = now;
        client.Host.Send(new HostTarget(client.Address, false), payload);
        return true;
    }
}

using Tcg.Mttcg.Machine.Net.Packets;

namespace Tcg.Mttcg.Machine.Net.User;

/// <summary>One of the guest's UDP ports, as long as it is in use.</summary>
/// <param name="IsNameServer">Requests to the name server have a flow of their own.</param>
internal sealed class UdpFlow(Ipv4Endpoint guest, bool isNameServer)
{
    public Ipv4Endpoint Guest => guest;

    public bool IsNameServer => isNameServer;

    public IUdpHost? Host { get; set; }

    /// <summary>Milliseconds.</summary>
    public long LastUsed { get; set; }
}

/// <summary>
/// UDP through the host: each port of the guest has a socket of its own on the host, and whatever arrives there goes to that port (endpoint-independent mapping and
/// filtering, RFC 4787).
/// </summary>
internal sealed class UdpNat(UserNetOptions options, NetworkLimits limits, GuestWire wire, IHostNetwork host) : IDisposable
{
    private readonly Dictionary<(Ipv4Endpoint, bool), UdpFlow> _flows = [];

    public int Count => _flows.Count;

    /// <summary>Milliseconds; nothing happens by itself before.</summary>
    public long Deadline { get; private set; } = long.MaxValue;

    /// <summary>A datagram from the guest to somewhere outside.</summary>
    public void Receive(Ipv4Endpoint guest, HostTarget target, ReadOnlySpan<byte> payload, long now)
    {
        if (!_flows.TryGetValue((guest, target.IsNameServer), out var flow))
        {
            flow = new UdpFlow(guest, target.IsNameServer);
            if (!MakeRoom() || host.OpenUdp(flow) is not { } socket) return;
            flow.Host = socket;
            _flows.Add((guest, target.IsNameServer), flow);
        }
        Touch(flow, now);
        flow.Host!.Send(target, payload);
    }

    /// <summary>A datagram from the host to the guest.</summary>
    /// <param name="from">The sender; of no account for answers of the name server.</param>
    public void Deliver(UdpFlow flow, Ipv4Endpoint from, ReadOnlySpan<byte> payload, long now)
    {
        if (!_flows.TryGetValue((flow.Guest, flow.IsNameServer), out var known) || known != flow) return;
        Touch(flow, now);
        wire.SendUdp(flow.IsNameServer ? new(options.NameServer, UserStack.DnsPort) : UserStack.AsGuestSees(options, from), flow.Guest, payload);
    }

    public void Expire(long now)
    {
        if (now < Deadline) return;
        Deadline = long.MaxValue;
        foreach (var flow in _flows.Values)
        {
            long end = flow.LastUsed + Idle(flow);
            if (end <= now) Remove(flow);
            else Deadline = Math.Min(Deadline, end);
        }
    }

    public void Dispose()
    {
        foreach (var flow in _flows.Values) flow.Host?.Dispose();
        _flows.Clear();
    }

    private long Idle(UdpFlow flow) => flow.IsNameServer ? limits.DnsIdle : limits.UdpIdle;

    private void Touch(UdpFlow flow, long now)
    {
        flow.LastUsed = now;
        Deadline = Math.Min(Deadline, now + Idle(flow));
    }

    private bool MakeRoom()
    {
        if (_flows.Count < limits.UdpFlows) return true;
        if (_flows.Values.MinBy(flow => flow.LastUsed) is not { } oldest) return false;
        Remove(oldest);
        return true;
    }

    private void Remove(UdpFlow flow)
    {
        _flows.Remove((flow.Guest, flow.IsNameServer));
        flow.Host?.Dispose();
    }
}

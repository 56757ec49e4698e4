using Tcg.Mttcg.Machine.Net.Packets;
using Tcg.Mttcg.Machine.Net.User.Tcp;

namespace Tcg.Mttcg.Machine.Net.User;

/// <summary>
/// The whole network behind one guest's card: a gateway that ends the guest's connections and takes them up again as the host's. A state machine: no threads, no
/// sockets, no clock. Calls come one at a time; each batch of them ends with <see cref="Flush"/>.
/// </summary>
internal sealed class UserStack : IDisposable
{
    public const ushort DnsPort = 53;

    private readonly UserNetOptions _options;
    private readonly GuestWire _wire;
    private readonly Reassembly _reassembly;
    private readonly DhcpServer _dhcp;
    private readonly UdpNat _udp;
    private readonly UdpForwards _forwards;
    private readonly TcpEngine _tcp;

    /// <param name="random">Initial sequence numbers.</param>
    /// <param name="now">Milliseconds of a monotonic clock.</param>
    public UserStack(UserNetOptions options, NetworkLimits limits, IFrameSink sink, IHostNetwork host, Random random, long now)
    {
        _options = options;
        _wire = new GuestWire(options, limits, sink);
        _reassembly = new Reassembly(limits);
        _dhcp = new DhcpServer(options);
        _udp = new UdpNat(options, limits, _wire, host);
        _forwards = new UdpForwards(options, limits, _wire);
        _tcp = new TcpEngine(limits.Tcp, _wire, random, connection => Target(connection.Path.Remote) is { } target ? host.Connect(connection, target) : null) { Now = now };
    }

    public UdpNat Udp => _udp;

    public UdpForwards UdpForwards => _forwards;

    public int TcpConnections => _tcp.Count;

    public long Now
    {
        get => _tcp.Now;
        set => _tcp.Now = value;
    }

    /// <summary>When <see cref="Expire"/> has something to do, milliseconds; may be too early.</summary>
    public long Deadline => Math.Min(_tcp.Deadline, _udp.Deadline);

    /// <summary>A frame from the guest. Whatever it is, it is answered, passed on or dropped.</summary>
    public void Receive(ReadOnlySpan<byte> frame)
    {
        if (!EthernetHeader.TryRead(frame, out var ethernet)) return;
        var payload = frame[EthernetHeader.Bytes..];
        if (ethernet.Type == EtherType.Arp)
        {
            if (ArpPacket.TryRead(payload, out var arp)) _wire.ReceiveArp(arp);
        }
        else if (ethernet.Type == EtherType.Ipv4) ReceiveIpv4(ethernet, payload);
    }

    /// <summary>A connection from the host's side to a listener of the guest.</summary>
    /// <returns>Null when there are too many.</returns>
    public TcpConnection? OpenForward(Ipv4Endpoint guest, Ipv4Endpoint client, Func<TcpConnection, ITcpHost> host)
    {
        var remote = AsGuestSees(_options, client);
        // Two of the host's loopback addresses may use the same port.
        for (int attempt = 0; attempt < 16; attempt++)
        {
            if (_tcp.Open(new TcpPath(guest, remote), host) is { } connection) return connection;
            remote = remote with { Port = (ushort)(remote.Port == ushort.MaxValue ? 1024 : remote.Port + 1) };
        }
        return null;
    }

    public void Expire()
    {
        _tcp.Expire();
        _udp.Expire(Now);
    }

    public void Flush() => _tcp.Flush();

    /// <summary>Something waits for the guest to take frames.</summary>
    public bool IsBlocked => _tcp.IsBlocked;

    /// <summary>Resets all connections and closes all ports.</summary>
    public void Dispose()
    {
        _tcp.AbortAll();
        _udp.Dispose();
    }

    /// <summary>The host's own loopback addresses, and any that the guest would take for its own network, are the gateway to the guest.</summary>
    public static Ipv4Endpoint AsGuestSees(UserNetOptions options, Ipv4Endpoint endpoint) =>
        endpoint.Address.IsLoopback || options.IsLocal(endpoint.Address) ? endpoint with { Address = options.Gateway } : endpoint;

    private void ReceiveIpv4(in EthernetHeader ethernet, ReadOnlySpan<byte> packet)
    {
        if (!Ipv4Header.TryRead(packet, out var ip, out var payload)) return;
        if (ip.Source != Ipv4Address.Any)
        {
            // Nobody outside the network has business on this link.
            if (!_options.IsLocal(ip.Source) || ip.Source == _options.Gateway || ip.Source == _options.NameServer || ip.Source == _options.NetworkBroadcast) return;
            _wire.Learn(ip.Source, ethernet.Source);
        }
        if (ip.IsFragment && !_reassembly.TryComplete(ref ip, ref payload, Now)) return;
        switch (ip.Protocol)
        {
            case IpProtocol.Udp: ReceiveUdp(ip, payload); break;
            // Before DHCP there is no address to answer to.
            case IpProtocol.Tcp when ip.Source != Ipv4Address.Any: ReceiveTcp(ip, payload); break;
            case IpProtocol.Icmp when ip.Source != Ipv4Address.Any: ReceiveIcmp(ip, payload, packet); break;
        }
    }

    private void ReceiveUdp(in Ipv4Header ip, ReadOnlySpan<byte> datagram)
    {
        if (!UdpHeader.TryRead(ip, datagram, out var udp, out var payload)) return;
        if (udp.DestinationPort == DhcpServer.ServerPort && (ip.Destination == Ipv4Address.Broadcast || ip.Destination == _options.Gateway))
        {
            _dhcp.Receive(payload, _wire);
            return;
        }
        var guest = new Ipv4Endpoint(ip.Source, udp.SourcePort);
        var remote = new Ipv4Endpoint(ip.Destination, udp.DestinationPort);
        if (ip.Source == Ipv4Address.Any || remote.Port == 0 || _forwards.TryAnswer(guest, remote, payload, Now)) return;
        if (Target(remote) is { } target) _udp.Receive(guest, target, payload, Now);
    }

    private void ReceiveTcp(in Ipv4Header ip, ReadOnlySpan<byte> segment)
    {
        if (!TcpHeader.TryRead(ip, segment, out var tcp, out var payload) || !ip.Destination.IsOrdinary) return;
        _tcp.Receive(new TcpPath(new(ip.Source, tcp.SourcePort), new(ip.Destination, tcp.DestinationPort)), tcp, payload);
    }

    private void ReceiveIcmp(in Ipv4Header ip, ReadOnlySpan<byte> message, ReadOnlySpan<byte> packet)
    {
        if (message.Length < IcmpMessage.HeaderBytes || message[0] != IcmpMessage.EchoRequest || message[1] != 0) return;
        if (!InternetChecksum.IsValid(InternetChecksum.Add(0, message))) return;
        if (ip.Destination == _options.Gateway || ip.Destination == _options.NameServer)
        {
            message.CopyTo(_wire.Payload);
            IcmpMessage.Write(IcmpMessage.EchoReply, 0, _wire.Payload[..message.Length]);
            _wire.SendIpv4(ip.Destination, ip.Source, IpProtocol.Icmp, message.Length);
        }
        else if (ip.Destination.IsOrdinary && !_options.IsLocal(ip.Destination))
        {
            // Raw sockets would need root. The error carries the header and the first eight bytes of what it is about.
            int length = Math.Min(packet.Length, (packet[0] & 15) * 4 + 8);
            var error = _wire.Payload[..(IcmpMessage.HeaderBytes + length)];
            error[..IcmpMessage.HeaderBytes].Clear();
            packet[..length].CopyTo(error[IcmpMessage.HeaderBytes..]);
            IcmpMessage.Write(IcmpMessage.Unreachable, IcmpMessage.Prohibited, error);
            _wire.SendIpv4(_options.Gateway, ip.Source, IpProtocol.Icmp, error.Length);
        }
    }

    /// <summary>Where the guest may get to; null: nowhere.</summary>
    private HostTarget? Target(Ipv4Endpoint remote)
    {
        if (_options.Restrict || !remote.Address.IsOrdinary) return null;
        if (remote.Address == _options.Gateway) return new HostTarget(remote with { Address = Ipv4Address.Loopback }, false);
        if (remote == new Ipv4Endpoint(_options.NameServer, DnsPort)) return new HostTarget(remote, true);
        return _options.IsLocal(remote.Address) ? null : new HostTarget(remote, false);
    }
}

using Tcg.Mttcg.Machine.Net.Packets;
using Tcg.Mttcg.Machine.Net.User.Tcp;

namespace Tcg.Mttcg.Machine.Net.User;

/// <summary>Takes frames for the guest.</summary>
internal interface IFrameSink
{
    bool HasRoom { get; }

    /// <summary>Copies the frame; drops it when there is no room.</summary>
    void Send(ReadOnlySpan<byte> frame);
}

/// <summary>Puts IPv4 and Ethernet around what the network sends to the guest, and finds the guest's Ethernet addresses.</summary>
internal sealed class GuestWire(UserNetOptions options, NetworkLimits limits, IFrameSink sink) : ITcpWire
{
    public const int Mtu = 1500;

    private const int PayloadAt = EthernetHeader.Bytes + Ipv4Header.Bytes;

    // 52:55 and the IPv4 address, as QEMU's gateway has it.
    private readonly MacAddress _mac = new(0x5255_0000_0000UL | options.Gateway.Value);
    private readonly Dictionary<Ipv4Address, MacAddress> _neighbours = [];
    private readonly Dictionary<Ipv4Address, byte[]> _held = [];
    private readonly byte[] _frame = new byte[PayloadAt + Ipv4Header.LargestPayload];
    private readonly byte[] _fragment = new byte[EthernetHeader.Bytes + Mtu];
    private ushort _identification;

    public bool HasRoom => sink.HasRoom;

    /// <summary>Where to put the next IPv4 payload; valid until it is sent.</summary>
    public Span<byte> Payload => _frame.AsSpan(PayloadAt);

    /// <summary>A guest's packet told its address. Sends what waited for that.</summary>
    public void Learn(Ipv4Address address, MacAddress mac)
    {
        if (!options.IsLocal(address) || address == options.Gateway || address == options.NameServer || mac.IsGroup) return;
        if (_neighbours.TryGetValue(address, out var known) ? known == mac : _neighbours.Count >= limits.Neighbours) return;
        _neighbours[address] = mac;
        if (!_held.Remove(address, out var frame)) return;
        mac.Write(frame);
        sink.Send(frame);
    }

    /// <summary>Sends the first bytes of <see cref="Payload"/>, in fragments when they are too many for one frame.</summary>
    /// <param name="to">Null: by the destination's address.</param>
    public void SendIpv4(Ipv4Address source, Ipv4Address destination, IpProtocol protocol, int length, MacAddress? to = null)
    {
        var mac = to ?? Find(destination);
        ushort identification = ++_identification;
        const int most = Mtu - Ipv4Header.Bytes & ~7;
        if (length <= Mtu - Ipv4Header.Bytes)
        {
            SendFrame(_frame.AsSpan(0, PayloadAt + length), new Ipv4Header(source, destination, protocol, length, identification, false, 0), mac);
            return;
        }
        if (mac is null)
        {
            // Only a whole datagram can be held back.
            RequestAddress(destination);
            return;
        }
        for (int at = 0; at < length; at += most)
        {
            int part = Math.Min(most, length - at);
            Payload.Slice(at, part).CopyTo(_fragment.AsSpan(PayloadAt));
            SendFrame(_fragment.AsSpan(0, PayloadAt + part), new Ipv4Header(source, destination, protocol, part, identification, at + part < length, at), mac);
        }
    }

    public void Send(in TcpPath path, in TcpHeader header, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        int headerBytes = header.Length, length = headerBytes + first.Length + second.Length;
        var segment = Payload[..length];
        first.CopyTo(segment[headerBytes..]);
        second.CopyTo(segment[(headerBytes + first.Length)..]);
        header.Write(path.Remote.Address, path.Guest.Address, segment);
        SendIpv4(path.Remote.Address, path.Guest.Address, IpProtocol.Tcp, length);
    }

    public void SendUdp(Ipv4Endpoint source, Ipv4Endpoint destination, ReadOnlySpan<byte> payload, MacAddress? to = null)
    {
        if (payload.Length > UdpHeader.LargestPayload) return;
        var datagram = Payload[..(UdpHeader.Bytes + payload.Length)];
        payload.CopyTo(datagram[UdpHeader.Bytes..]);
        new UdpHeader(source.Port, destination.Port).Write(source.Address, destination.Address, datagram);
        SendIpv4(source.Address, destination.Address, IpProtocol.Udp, datagram.Length, to);
    }

    /// <summary>Answers requests for the gateway's and the name server's address.</summary>
    public void ReceiveArp(in ArpPacket packet)
    {
        Learn(packet.SenderIp, packet.SenderMac);
        if (packet.Operation != ArpPacket.Request || (packet.TargetIp != options.Gateway && packet.TargetIp != options.NameServer)) return;
        SendArp(new ArpPacket(ArpPacket.Reply, _mac, packet.TargetIp, packet.SenderMac, packet.SenderIp), packet.SenderMac);
    }

    private MacAddress? Find(Ipv4Address destination)
    {
        if (destination == Ipv4Address.Broadcast || destination == options.NetworkBroadcast) return MacAddress.Broadcast;
        return _neighbours.TryGetValue(destination, out var mac) ? mac : null;
    }

    private void SendFrame(Span<byte> frame, in Ipv4Header header, MacAddress? to)
    {
        new EthernetHeader(to ?? default, _mac, EtherType.Ipv4).Write(frame);
        header.Write(frame[EthernetHeader.Bytes..]);
        if (to is not null) sink.Send(frame);
        else Hold(header.Destination, frame);
    }

    // The newest frame for an unknown neighbour waits for its answer; older ones are lost, as on a real network.
    private void Hold(Ipv4Address destination, ReadOnlySpan<byte> frame)
    {
        if (!options.IsLocal(destination)) return;
        if (_held.Count < limits.Neighbours || _held.ContainsKey(destination)) _held[destination] = frame.ToArray();
        RequestAddress(destination);
    }

    private void RequestAddress(Ipv4Address destination)
    {
        if (options.IsLocal(destination)) SendArp(new ArpPacket(ArpPacket.Request, _mac, options.Gateway, default, destination), MacAddress.Broadcast);
    }

    private void SendArp(in ArpPacket packet, MacAddress to)
    {
        Span<byte> frame = stackalloc byte[EthernetHeader.Bytes + ArpPacket.Bytes];
        new EthernetHeader(to, _mac, EtherType.Arp).Write(frame);
        packet.Write(frame[EthernetHeader.Bytes..]);
        sink.Send(frame);
    }
}

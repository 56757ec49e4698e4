using System.Buffers.Binary;
using Tcg.Mttcg.Machine.Net.Packets;
using Tcg.Mttcg.Machine.Net.User;
using Tcg.Mttcg.Machine.Net.User.Tcp;

namespace Tcg.Mttcg.Machine.Tests.Net.User;

/// <summary>A guest that speaks in single packets to a network whose host is scripted.</summary>
internal sealed class StackBench : IFrameSink, IHostNetwork
{
    public static readonly MacAddress Mac = MacAddress.Parse("52:54:00:12:34:56");
    public static readonly Ipv4Address Guest = Ipv4Address.Parse("10.0.2.15"), Gateway = Ipv4Address.Parse("10.0.2.2"), Dns = Ipv4Address.Parse("10.0.2.3");

    private readonly byte[] _scratch = new byte[65536];

    public StackBench(UserNetOptions? options = null, NetworkLimits? limits = null) =>
        Stack = new UserStack(options ?? new UserNetOptions(), limits ?? new NetworkLimits(), this, this, new Random(1), 0);

    public UserStack Stack { get; }

    public List<byte[]> Frames { get; } = [];

    public bool HasRoom { get; set; } = true;

    public List<(TcpConnection Connection, HostTarget Target, ScriptedHost Host)> Connects { get; } = [];

    public List<ScriptedUdp> Sockets { get; } = [];

    public bool RefusesSockets { get; set; }

    public void Send(ReadOnlySpan<byte> frame)
    {
        Assert.InRange(frame.Length, 14, 1514);
        if (HasRoom) Frames.Add(frame.ToArray());
    }

    public ITcpHost? Connect(TcpConnection connection, HostTarget target)
    {
        if (RefusesSockets) return null;
        var host = new ScriptedHost();
        Connects.Add((connection, target, host));
        return host;
    }

    public IUdpHost? OpenUdp(UdpFlow flow)
    {
        if (RefusesSockets) return null;
        Sockets.Add(new ScriptedUdp(flow));
        return Sockets[^1];
    }

    /// <summary>The time moves on.</summary>
    public void At(long now)
    {
        Stack.Now = now;
        Stack.Expire();
        Stack.Flush();
    }

    public void SendFrame(ReadOnlySpan<byte> frame)
    {
        Stack.Receive(frame);
        Stack.Flush();
    }

    public void SendArp(in ArpPacket packet)
    {
        var frame = new byte[60];
        new EthernetHeader(MacAddress.Broadcast, Mac, EtherType.Arp).Write(frame);
        packet.Write(frame.AsSpan(14));
        SendFrame(frame);
    }

    public void SendIpv4(Ipv4Address to, IpProtocol protocol, ReadOnlySpan<byte> payload, Ipv4Address? from = null, ushort identification = 7, bool more = false, int offset = 0)
    {
        var frame = _scratch.AsSpan(0, 34 + payload.Length);
        new EthernetHeader(MacAddress.Broadcast, Mac, EtherType.Ipv4).Write(frame);
        new Ipv4Header(from ?? Guest, to, protocol, payload.Length, identification, more, offset).Write(frame[14..]);
        payload.CopyTo(frame[34..]);
        SendFrame(frame);
    }

    public static byte[] Udp(Ipv4Endpoint from, Ipv4Endpoint to, ReadOnlySpan<byte> payload)
    {
        var datagram = new byte[8 + payload.Length];
        payload.CopyTo(datagram.AsSpan(8));
        new UdpHeader(from.Port, to.Port).Write(from.Address, to.Address, datagram);
        return datagram;
    }

    public void SendUdp(ushort from, Ipv4Endpoint to, ReadOnlySpan<byte> payload) => SendIpv4(to.Address, IpProtocol.Udp, Udp(new(Guest, from), to, payload));

    public void SendTcp(Ipv4Endpoint to, in TcpHeader header, ReadOnlySpan<byte> payload = default)
    {
        var segment = new byte[header.Length + payload.Length];
        payload.CopyTo(segment.AsSpan(header.Length));
        header.Write(Guest, to.Address, segment);
        SendIpv4(to.Address, IpProtocol.Tcp, segment);
    }

    /// <summary>Tells the network where the guest is, so that it asks no more.</summary>
    public void Announce()
    {
        SendArp(new ArpPacket(ArpPacket.Request, Mac, Guest, default, Gateway));
        Frames.Clear();
    }

    /// <summary>The oldest frame for the guest, which must be IPv4 and whole.</summary>
    public (Ipv4Header Ip, byte[] Payload) TakeIpv4()
    {
        var frame = TakeFrame();
        Assert.True(EthernetHeader.TryRead(frame, out var ethernet));
        Assert.Equal(EtherType.Ipv4, ethernet.Type);
        Assert.Equal(Mac, ethernet.Destination);
        Assert.True(Ipv4Header.TryRead(frame.AsSpan(14), out var ip, out var payload));
        return (ip, payload.ToArray());
    }

    public (TcpHeader Tcp, byte[] Payload) TakeTcp()
    {
        var (ip, bytes) = TakeIpv4();
        Assert.True(TcpHeader.TryRead(ip, bytes, out var tcp, out var payload));
        return (tcp, payload.ToArray());
    }

    /// <summary>The newest segment; it stays there.</summary>
    public TcpHeader LastTcp()
    {
        Assert.True(Ipv4Header.TryRead(Frames[^1].AsSpan(14), out var ip, out var bytes));
        Assert.True(TcpHeader.TryRead(ip, bytes, out var tcp, out _));
        return tcp;
    }

    public List<(TcpHeader Tcp, byte[] Payload)> TakeAllTcp()
    {
        var all = new List<(TcpHeader, byte[])>();
        while (Frames.Count > 0) all.Add(TakeTcp());
        return all;
    }

    public (Ipv4Endpoint From, Ipv4Endpoint To, byte[] Payload) TakeUdp()
    {
        var (ip, bytes) = TakeIpv4();
        Assert.True(UdpHeader.TryRead(ip, bytes, out var udp, out var payload));
        return (new(ip.Source, udp.SourcePort), new(ip.Destination, udp.DestinationPort), payload.ToArray());
    }

    public byte[] TakeFrame()
    {
        Assert.NotEmpty(Frames);
        var frame = Frames[0];
        Frames.RemoveAt(0);
        return frame;
    }

    public static ushort Word(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt16BigEndian(bytes);
}

internal sealed class ScriptedHost : ITcpHost
{
    public int Rooms { get; private set; }

    public bool? ClosedByReset { get; private set; }

    public void DataReady() { }

    public void RoomReady() => Rooms++;

    public void Closed(bool reset)
    {
        Assert.Null(ClosedByReset);
        ClosedByReset = reset;
    }
}

internal sealed class ScriptedUdp(UdpFlow? flow) : IUdpHost
{
    public UdpFlow? Flow => flow;

    public List<(HostTarget To, byte[] Payload)> Sent { get; } = [];

    public bool IsClosed { get; private set; }

    public void Send(HostTarget to, ReadOnlySpan<byte> payload) => Sent.Add((to, payload.ToArray()));

    public void Dispose() => IsClosed = true;
}

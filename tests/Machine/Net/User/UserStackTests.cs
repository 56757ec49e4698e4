using Tcg.Mttcg.Machine.Net.Packets;
using Tcg.Mttcg.Machine.Net.User;

namespace Tcg.Mttcg.Machine.Tests.Net.User;

public sealed class UserStackTests
{
    private static readonly Ipv4Endpoint Outside = new(Ipv4Address.Parse("192.0.2.7"), 1234);

    private readonly StackBench _bench = new();

    private static byte[] Dhcp(byte kind, Ipv4Address? wanted = null, Ipv4Address? server = null, uint mac = 0x123456)
    {
        var message = new byte[300];
        message[0] = message[1] = 1;
        message[2] = 6;
        new MacAddress(0x5254_0000_0000UL | mac).Write(message.AsSpan(28));
        byte[] options = [0x63, 0x82, 0x53, 0x63, 53, 1, kind];
        if (wanted is { } address) options = [.. options, 50, 4, (byte)(address.Value >> 24), (byte)(address.Value >> 16), (byte)(address.Value >> 8), (byte)address.Value];
        if (server is { } id) options = [.. options, 54, 4, (byte)(id.Value >> 24), (byte)(id.Value >> 16), (byte)(id.Value >> 8), (byte)id.Value];
        options.CopyTo(message, 236);
        message[236 + options.Length] = 255;
        return message;
    }

    private static (byte Kind, Ipv4Address Given, string Options) Ask(StackBench bench, byte[] message)
    {
        bench.SendIpv4(Ipv4Address.Broadcast, IpProtocol.Udp, StackBench.Udp(new(Ipv4Address.Any, 68), new(Ipv4Address.Broadcast, 67), message), from: Ipv4Address.Any);
        var frame = bench.TakeFrame();
        Assert.True(Ipv4Header.TryRead(frame.AsSpan(14), out var ip, out var bytes));
        Assert.True(UdpHeader.TryRead(ip, bytes, out var udp, out var reply));
        Assert.Equal((67, 68), (udp.SourcePort, udp.DestinationPort));
        Assert.Equal(53, reply[240]);
        return (reply[242], Ipv4Address.Read(reply[16..]), Convert.ToHexStringLower(reply[243..]));
    }

    [Fact]
    public void Requests_for_the_gateway_and_the_name_server_are_answered_and_no_others()
    {
        foreach (var (target, answered) in new[] { (StackBench.Gateway, true), (StackBench.Dns, true), (Ipv4Address.Parse("10.0.2.9"), false) })
        {
            _bench.SendArp(new ArpPacket(ArpPacket.Request, StackBench.Mac, StackBench.Guest, default, target));
            Assert.Equal(answered ? 1 : 0, _bench.Frames.Count);
            if (!answered) continue;
            Assert.True(ArpPacket.TryRead(_bench.TakeFrame().AsSpan(14), out var reply));
            Assert.Equal((ArpPacket.Reply, target, StackBench.Mac), (reply.Operation, reply.SenderIp, reply.TargetMac));
            Assert.Equal("52:55:0a:00:02:02", reply.SenderMac.ToString());
        }
    }

    [Fact]
    public void Dhcp_gives_an_address_a_mask_a_router_and_a_name_server()
    {
        var bench = new StackBench(new UserNetOptions { HostName = "box" });
        var (kind, given, options) = Ask(bench, Dhcp(1));
        Assert.Equal((2, StackBench.Guest), (kind, given));
        Assert.Contains("0104ffffff00", options);
        Assert.Contains("03040a000202", options);
        Assert.Contains("06040a000203", options);
        Assert.Contains("0c03626f78", options);
        Assert.Equal((5, StackBench.Guest), Short(Ask(bench, Dhcp(3, StackBench.Guest, StackBench.Gateway))));
        Assert.Equal((6, Ipv4Address.Any), Short(Ask(bench, Dhcp(3, Ipv4Address.Parse("10.0.2.77")))));
        static (byte, Ipv4Address) Short((byte Kind, Ipv4Address Given, string) reply) => (reply.Kind, reply.Given);
    }

    [Fact]
    public void Dhcp_remembers_machines_and_runs_out_of_addresses_quietly()
    {
        for (uint mac = 0; mac < UserNetOptions.Leases; mac++) Assert.Equal(StackBench.Guest.Value + mac, Ask(_bench, Dhcp(1, mac: mac)).Given.Value);
        Assert.Equal(StackBench.Guest.Value + 3, Ask(_bench, Dhcp(1, mac: 3)).Given.Value);
        _bench.SendUdp(68, new(Ipv4Address.Broadcast, 67), Dhcp(1, mac: 99));
        Assert.Empty(_bench.Frames);
    }

    [Fact]
    public void A_restricted_network_tells_of_no_router_and_leads_nowhere()
    {
        var bench = new StackBench(new UserNetOptions { Restrict = true });
        Assert.DoesNotContain("03040a000202", Ask(bench, Dhcp(1)).Options);
        bench.Announce();
        bench.SendUdp(5000, Outside, "x"u8);
        bench.SendUdp(5000, new(StackBench.Gateway, 80), "x"u8);
        bench.SendUdp(5000, new(StackBench.Dns, 53), "x"u8);
        Assert.Empty(bench.Sockets);
        bench.SendTcp(Outside, new TcpHeader(5000, Outside.Port, 1, 0, TcpFlags.Syn, 1000));
        Assert.Empty(bench.Connects);
        Assert.True(bench.TakeTcp().Tcp.Has(TcpFlags.Rst));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(56)]
    [InlineData(1472)]
    [InlineData(1473)]
    [InlineData(40_001)]
    public void The_gateway_echoes_whole_and_fragmented_pings(int length)
    {
        _bench.Announce();
        var message = new byte[8 + length];
        new Random(length).NextBytes(message);
        IcmpMessage.Write(IcmpMessage.EchoRequest, 0, message);
        for (int at = 0; at < message.Length; at += 1480)
            _bench.SendIpv4(StackBench.Gateway, IpProtocol.Icmp, message.AsSpan(at, Math.Min(1480, message.Length - at)), more: at + 1480 < message.Length, offset: at);
        var reply = new byte[message.Length];
        int end = 0;
        while (_bench.Frames.Count > 0)
        {
            var (ip, part) = _bench.TakeIpv4();
            part.CopyTo(reply, ip.FragmentOffset);
            end = Math.Max(end, ip.FragmentOffset + part.Length);
        }
        Assert.Equal(message.Length, end);
        Assert.Equal(0, reply[0]);
        Assert.Equal(message.AsSpan(4).ToArray(), reply.AsSpan(4).ToArray());
        Assert.True(InternetChecksum.IsValid(InternetChecksum.Add(0, reply)));
    }

    [Fact]
    public void A_ping_to_the_outside_is_refused_by_name()
    {
        _bench.Announce();
        var message = new byte[16];
        IcmpMessage.Write(IcmpMessage.EchoRequest, 0, message);
        _bench.SendIpv4(Outside.Address, IpProtocol.Icmp, message);
        var (ip, error) = _bench.TakeIpv4();
        Assert.Equal((StackBench.Gateway, IpProtocol.Icmp), (ip.Source, ip.Protocol));
        Assert.Equal((IcmpMessage.Unreachable, IcmpMessage.Prohibited), (error[0], error[1]));
        Assert.Equal(Outside.Address, Ipv4Address.Read(error.AsSpan(8 + 16)));
    }

    [Fact]
    public void Overlapping_fragments_end_their_datagram()
    {
        _bench.Announce();
        var message = new byte[24];
        IcmpMessage.Write(IcmpMessage.EchoRequest, 0, message);
        _bench.SendIpv4(StackBench.Gateway, IpProtocol.Icmp, message.AsSpan(0, 16), more: true);
        _bench.SendIpv4(StackBench.Gateway, IpProtocol.Icmp, message.AsSpan(8, 8), more: true, offset: 8);
        _bench.SendIpv4(StackBench.Gateway, IpProtocol.Icmp, message.AsSpan(16, 8), offset: 16);
        Assert.Empty(_bench.Frames);
    }

    [Fact]
    public void Unfinished_datagrams_are_few_and_do_not_wait_for_ever()
    {
        var bench = new StackBench(limits: new NetworkLimits { Reassemblies = 2 });
        bench.Announce();
        var message = new byte[16];
        IcmpMessage.Write(IcmpMessage.EchoRequest, 0, message);
        for (ushort id = 1; id <= 3; id++) bench.SendIpv4(StackBench.Gateway, IpProtocol.Icmp, message.AsSpan(0, 8), identification: id, more: true);
        bench.SendIpv4(StackBench.Gateway, IpProtocol.Icmp, message.AsSpan(8, 8), identification: 3, offset: 8);
        Assert.Empty(bench.Frames);
        bench.At(20_000);
        bench.SendIpv4(StackBench.Gateway, IpProtocol.Icmp, message.AsSpan(0, 8), identification: 4, more: true);
        bench.SendIpv4(StackBench.Gateway, IpProtocol.Icmp, message.AsSpan(8, 8), identification: 4, offset: 8);
        Assert.Single(bench.Frames);
    }

    [Fact]
    public void A_datagram_to_the_gateway_reaches_the_hosts_loopback_and_its_answer_comes_from_the_gateway()
    {
        _bench.Announce();
        _bench.SendUdp(5000, new(StackBench.Gateway, 1234), "question"u8);
        var socket = Assert.Single(_bench.Sockets);
        var (to, payload) = Assert.Single(socket.Sent);
        Assert.Equal(new Ipv4Endpoint(Ipv4Address.Loopback, 1234), to.Endpoint);
        Assert.Equal("question"u8.ToArray(), payload);
        _bench.Stack.Udp.Deliver(socket.Flow!, new(Ipv4Address.Loopback, 1234), "answer"u8, 0);
        var (from, guest, answer) = _bench.TakeUdp();
        Assert.Equal((new(StackBench.Gateway, 1234), new(StackBench.Guest, 5000)), (from, guest));
        Assert.Equal("answer"u8.ToArray(), answer);
    }

    [Fact]
    public void A_large_answer_comes_in_fragments()
    {
        _bench.Announce();
        _bench.SendUdp(5000, Outside, "x"u8);
        var payload = new byte[5000];
        new Random(5).NextBytes(payload);
        _bench.Stack.Udp.Deliver(_bench.Sockets[0].Flow!, Outside, payload, 0);
        var whole = new byte[5008];
        Assert.Equal(4, _bench.Frames.Count);
        while (_bench.Frames.Count > 0)
        {
            var (ip, part) = _bench.TakeIpv4();
            part.CopyTo(whole, ip.FragmentOffset);
        }
        Assert.Equal(payload, whole[8..]);
    }

    [Fact]
    public void The_name_server_is_the_hosts_and_answers_under_its_own_address()
    {
        _bench.Announce();
        _bench.SendUdp(5000, new(StackBench.Dns, 53), "name?"u8);
        var socket = Assert.Single(_bench.Sockets);
        Assert.True(socket.Sent[0].To.IsNameServer);
        _bench.Stack.Udp.Deliver(socket.Flow!, default, "address"u8, 0);
        Assert.Equal(new Ipv4Endpoint(StackBench.Dns, 53), _bench.TakeUdp().From);
        _bench.SendUdp(5000, new(StackBench.Dns, 54), "x"u8);
        Assert.Single(_bench.Sockets);
    }

    [Fact]
    public void Silent_ports_are_forgotten_and_the_silent_longest_gives_way()
    {
        var bench = new StackBench(limits: new NetworkLimits { UdpFlows = 2 });
        bench.Announce();
        bench.SendUdp(1, Outside, "x"u8);
        bench.At(1000);
        bench.SendUdp(2, Outside, "x"u8);
        bench.At(2000);
        bench.SendUdp(1, Outside, "x"u8);
        bench.SendUdp(3, Outside, "x"u8);
        Assert.Equal([false, true, false], bench.Sockets.Select(s => s.IsClosed));
        bench.At(bench.Stack.Deadline);
        Assert.Equal(2, bench.Stack.Udp.Count);
        bench.At(242_000);
        Assert.Equal(0, bench.Stack.Udp.Count);
        Assert.True(bench.Sockets.TrueForAll(s => s.IsClosed));
    }

    [Fact]
    public void A_restricted_guest_answers_those_who_come_through_a_forward_and_nobody_else()
    {
        var bench = new StackBench(new UserNetOptions { Restrict = true });
        bench.Announce();
        var socket = new ScriptedUdp(null);
        var client = new Ipv4Endpoint(Ipv4Address.Loopback, 4000);
        bench.Stack.UdpForwards.Deliver(socket, new(StackBench.Guest, 69), client, "get"u8, 0);
        Assert.Equal(new Ipv4Endpoint(StackBench.Gateway, 4000), bench.TakeUdp().From);
        bench.SendUdp(69, new(StackBench.Gateway, 4000), "data"u8);
        bench.SendUdp(69, new(StackBench.Gateway, 4001), "data"u8);
        bench.SendUdp(70, new(StackBench.Gateway, 4000), "data"u8);
        Assert.Equal(client, Assert.Single(socket.Sent).To.Endpoint);
        Assert.Empty(bench.Sockets);
    }

    [Fact]
    public void What_waits_for_an_ethernet_address_is_sent_when_it_is_known()
    {
        _bench.Stack.UdpForwards.Deliver(new ScriptedUdp(null), new(StackBench.Guest, 69), Outside, "first"u8, 0);
        Assert.True(ArpPacket.TryRead(_bench.TakeFrame().AsSpan(14), out var request));
        Assert.Equal((ArpPacket.Request, StackBench.Guest), (request.Operation, request.TargetIp));
        _bench.SendArp(new ArpPacket(ArpPacket.Reply, StackBench.Mac, StackBench.Guest, request.SenderMac, request.SenderIp));
        Assert.Equal("first"u8.ToArray(), _bench.TakeUdp().Payload);
    }

    [Theory]
    [InlineData("224.0.0.1")]
    [InlineData("255.255.255.255")]
    [InlineData("127.0.0.1")]
    [InlineData("0.0.0.0")]
    [InlineData("10.0.2.255")]
    [InlineData("10.0.2.99")]
    public void Addresses_that_lead_nowhere_open_nothing(string address)
    {
        _bench.SendUdp(5000, new(Ipv4Address.Parse(address), 80), "x"u8);
        _bench.SendTcp(new(Ipv4Address.Parse(address), 80), new TcpHeader(5000, 80, 1, 0, TcpFlags.Syn, 1000));
        Assert.Empty(_bench.Sockets);
        Assert.Empty(_bench.Connects);
    }

    [Fact]
    public void A_host_without_sockets_is_an_unlucky_guest_and_no_more()
    {
        _bench.Announce();
        _bench.RefusesSockets = true;
        _bench.SendUdp(5000, Outside, "x"u8);
        _bench.SendTcp(Outside, new TcpHeader(5000, Outside.Port, 1, 0, TcpFlags.Syn, 1000));
        Assert.True(_bench.TakeTcp().Tcp.Has(TcpFlags.Rst));
        Assert.Equal((0, 0), (_bench.Stack.Udp.Count, _bench.Stack.TcpConnections));
    }

    [Theory]
    [InlineData("10.0.2.1", 24, null, null, null)]
    [InlineData("10.0.2.0", 30, null, null, null)]
    [InlineData("10.0.2.0", 24, "10.0.3.2", null, null)]
    [InlineData("10.0.2.0", 24, "10.0.2.3", null, null)]
    [InlineData("10.0.2.0", 24, "10.0.2.20", null, null)]
    [InlineData("10.0.2.0", 24, null, "10.0.2.255", null)]
    [InlineData("10.0.2.0", 24, null, null, "10.0.2.250")]
    public void Addresses_that_do_not_fit_together_are_refused(string network, int prefix, string? host, string? dns, string? dhcp)
    {
        var options = new UserNetOptions { Network = Ipv4Address.Parse(network), PrefixLength = prefix, Host = Parse(host), Dns = Parse(dns), DhcpStart = Parse(dhcp) };
        Assert.Throws<ArgumentException>(options.Check);
        new UserNetOptions().Check();
        static Ipv4Address? Parse(string? text) => text is null ? null : Ipv4Address.Parse(text);
    }
}
